"""Pure readers of what others assert: signed messages, launch data, authenticators' answers."""

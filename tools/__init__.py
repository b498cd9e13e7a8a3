"""Commands for people who work on Fairhouse; nothing in the platform imports them."""

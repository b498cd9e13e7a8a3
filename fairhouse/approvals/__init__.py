"""Four eyes: what one person wishes, another approves."""

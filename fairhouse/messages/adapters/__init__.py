"""Ways for mail to leave the house."""

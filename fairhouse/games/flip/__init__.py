"""Flip: call the coin, again and again, and stop in time."""

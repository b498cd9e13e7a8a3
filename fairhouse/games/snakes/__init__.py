"""Snakes: two dice, up to five rolls, and snakes in the middle of the board."""

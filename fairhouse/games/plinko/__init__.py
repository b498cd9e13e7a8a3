"""Plinko: a ball falls through rows of pins into a bucket."""

"""Scarab: a slot of five reels, twenty lines, and free rounds."""

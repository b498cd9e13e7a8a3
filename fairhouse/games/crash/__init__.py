"""Crash and slide: everybody plays the same round at the same time."""

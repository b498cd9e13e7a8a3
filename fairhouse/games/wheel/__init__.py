"""Wheel: it turns, and stops at a segment with a multiplier on it."""

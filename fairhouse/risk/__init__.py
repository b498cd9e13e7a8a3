"""Verdicts before money leaves: limits, velocity, known addresses, freezes."""

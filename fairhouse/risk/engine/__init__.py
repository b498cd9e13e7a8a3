"""Observing, deciding, testing on history, linking."""

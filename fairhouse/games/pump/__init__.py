"""Pump: one breath more, before the balloon pops."""

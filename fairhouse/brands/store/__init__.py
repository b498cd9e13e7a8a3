"""All SQL of the brands module."""

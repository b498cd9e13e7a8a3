"""All SQL of schema risk, by theme."""

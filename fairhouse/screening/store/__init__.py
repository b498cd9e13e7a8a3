"""All SQL of schema screening."""

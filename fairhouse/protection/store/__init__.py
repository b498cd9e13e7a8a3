"""All SQL of schema protection."""

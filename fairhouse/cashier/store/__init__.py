"""All SQL of schema cashier."""

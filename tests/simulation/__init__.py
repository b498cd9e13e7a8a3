"""A seeded simulation of the whole platform, with invariants after every step."""

"""The demo: one supervisor that prepares a data folder and runs every process on it."""

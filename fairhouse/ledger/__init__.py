"""Accounts, transfers and holds: double entry with PostgreSQL as the authority."""

"""Addresses and people against sanctions lists, and what an analysis provider says of coins."""

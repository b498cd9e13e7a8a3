"""Chains: what a node saw, contiguous by block hash. Knows no player and no ledger."""

"""Custody: addresses, vaults, nonce lanes, transaction families, sweeps, reconciliation."""

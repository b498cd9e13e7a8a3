"""Contracts of the devnet: Solidity sources, and what they compile to."""

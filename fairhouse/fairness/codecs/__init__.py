"""Formats of proofs that others define."""

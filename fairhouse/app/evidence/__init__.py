"""What a regulator, a court or a stranger is shown: events, digests, exports, and their proofs."""

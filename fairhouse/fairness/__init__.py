"""Provably fair: seed pairs, commitments, streams and their verification."""

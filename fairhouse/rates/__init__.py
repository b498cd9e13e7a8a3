"""Prices: signed snapshots, exact ratios, and a refusal where there is no trustworthy one."""

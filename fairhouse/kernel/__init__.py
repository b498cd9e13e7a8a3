"""The pure core: money, ids, refusals. No IO, clock or randomness."""

"""Bars of the field: not offered to bet on, told for those who check bets made elsewhere."""

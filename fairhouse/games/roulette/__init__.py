"""Roulette: European, one zero, the whole betting layout, many bets in one round."""

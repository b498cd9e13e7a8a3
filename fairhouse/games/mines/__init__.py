"""Mines: a field of 25 tiles, some of them mines; reveal, or take the winnings."""

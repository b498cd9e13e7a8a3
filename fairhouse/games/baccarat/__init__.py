"""Baccarat: player, banker, tie, from an endless shoe."""

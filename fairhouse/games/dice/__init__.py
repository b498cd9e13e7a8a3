"""Dice: one roll from 0.00 to 100.00, over or under a target."""

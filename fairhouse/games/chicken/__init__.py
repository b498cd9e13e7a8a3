"""Chicken: one lane more, before the car comes."""

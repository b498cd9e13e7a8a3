"""Diamonds: five gems of seven kinds; the more alike, the better."""

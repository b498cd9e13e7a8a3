"""Blackjack: an endless deck, a dealer that stands on 17 and peeks."""

"""Deposits and withdrawals: the two state machines between a chain and a balance."""

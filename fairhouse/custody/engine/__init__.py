"""What the worker runs: it orders, signs, sends and follows transactions, and sweeps deposits.

Every step claims its work from tables and may be run by several workers at once; the outside world
is asked outside of transactions, and everything said to it may be said again.
"""

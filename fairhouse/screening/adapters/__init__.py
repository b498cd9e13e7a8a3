"""Adapters of the port in `screening.ports`."""

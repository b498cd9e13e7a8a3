"""Adapters of the port in `kyc.ports`."""

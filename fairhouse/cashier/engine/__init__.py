"""What moves deposits and withdrawals on; every step is one transaction and may be repeated."""

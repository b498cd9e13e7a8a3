"""Cases: one case is opened; its multiplier is paid."""

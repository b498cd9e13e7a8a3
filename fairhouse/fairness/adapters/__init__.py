"""Where public randomness comes from."""

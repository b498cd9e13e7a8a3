"""Video poker: jacks or better, hold and draw."""

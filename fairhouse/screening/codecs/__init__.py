"""What comes from outside, read into our own types."""

"""What stands between custody and the outside."""

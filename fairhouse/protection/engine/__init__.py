"""What runs behind the use cases."""

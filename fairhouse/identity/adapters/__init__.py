"""Ways in that ask somebody outside."""

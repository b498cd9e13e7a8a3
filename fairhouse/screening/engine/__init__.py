"""What runs by itself: checks at the provider, imports, rescans."""

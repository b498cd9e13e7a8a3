"""What a process knows of brands, in memory."""

"""What comes from outside: documents."""

"""What the platform tells people: mail, and stored notifications behind the bell."""

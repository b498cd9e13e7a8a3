"""Player protection: limits a player sets, exclusions, time played."""

"""What happens after a word about a player."""

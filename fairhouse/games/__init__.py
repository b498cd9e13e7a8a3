"""The house's own games, one small package each."""

"""Other houses' published schemes, so that bets made elsewhere can be checked here too. Pure."""

"""`fairhouse fairness`: bets, chains and whole histories verified on the command line."""

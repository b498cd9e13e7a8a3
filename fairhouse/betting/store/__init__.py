"""All SQL of betting: the batch statement, lanes, hot players, reads, and the account index."""

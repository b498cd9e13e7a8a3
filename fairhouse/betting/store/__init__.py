"""All SQL of betting: the batch statement, lanes, hot players and reads."""

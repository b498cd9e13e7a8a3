"""Rock, paper, scissors against the stream."""

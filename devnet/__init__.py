"""Real local chains, demo bank and explorer for demo, development and tests."""

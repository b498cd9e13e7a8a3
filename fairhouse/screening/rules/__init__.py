"""Pure decisions: canonical addresses, the decision table, names."""

"""All SQL of schema kyc."""

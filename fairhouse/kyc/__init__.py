"""Who players are: tiers of verification, documents, the vendor, the review."""

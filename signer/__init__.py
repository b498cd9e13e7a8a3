"""The signer: a separate process that holds keys and judges what it signs."""

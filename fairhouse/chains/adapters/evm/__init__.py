"""The ChainNode port over an EVM node's JSON-RPC."""

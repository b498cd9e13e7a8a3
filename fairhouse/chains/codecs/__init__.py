"""Pure encoders and decoders, one per chain family; shared with the signer."""

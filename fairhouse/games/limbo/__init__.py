"""Limbo: a multiplier comes out of the stream; reach your target and the target is paid."""

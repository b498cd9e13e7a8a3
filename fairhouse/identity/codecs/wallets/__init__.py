"""Signing in with a wallet: EIP-4361 and its Solana twin, their messages and signatures."""

from fairhouse.identity.codecs.wallets.message import (
    Chain,
    Expected,
    MessageRefused,
    SignIn,
    check,
    parse,
    write,
)
from fairhouse.identity.codecs.wallets.signatures import (
    digest_191,
    is_ethereum_address,
    is_solana_address,
    recovers_to,
    signed_by_solana,
    with_checksum,
)

__all__ = [
    "Chain",
    "Expected",
    "MessageRefused",
    "SignIn",
    "check",
    "digest_191",
    "is_ethereum_address",
    "is_solana_address",
    "parse",
    "recovers_to",
    "signed_by_solana",
    "with_checksum",
    "write",
]

"""Public randomness in rounds: who signs it, when, and whether a signature is theirs. Pure.

Source: drand's quicknet (scheme bls-unchained-g1-rfc9380, drand.love/docs): round n is published at
genesis + (n - 1) * period, its signature is a short BLS signature over SHA-256 of n as 8 bytes, big
end first. Nobody, not even the signers one by one, knows it earlier. Our local beacon speaks the
same format under a key of its own, so that whatever verifies one verifies the other; but its holder
can know its signatures before they are published, hence every round says which beacon it took.
"""

import hashlib
from typing import Final

from fairhouse.fairness.codecs import bls
from fairhouse.fairness.types import BeaconInfo

SCHEME: Final = "bls-unchained-g1-rfc9380"
SIGNATURE_BYTES: Final = 48
ROUND_MAX: Final = 1 << 63


QUICKNET: Final = BeaconInfo(
    name="quicknet",
    public_key=bytes.fromhex(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
        "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
        "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis_s=1_692_803_367,
    period_s=3,
    chain_hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
)
"""The League of Entropy's chain of 3 seconds."""


def message_of(number: int) -> bytes:
    """What a beacon signs in a round."""
    assert 0 < number < ROUND_MAX
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def verifies(info: BeaconInfo, number: int, signature: bytes) -> bool:
    """Whether this is the beacon's signature of round `number`."""
    return bls.verifies_short(info.public_key, message_of(number), signature)

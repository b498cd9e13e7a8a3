"""Commitments, and seeds in their right form."""

import hashlib
import re
from typing import Final

from fairhouse.fairness.types import (
    InvalidClientSeed,
    InvalidServerSeed,
    SeedHashPasted,
    Stream,
)

CLIENT_SEED_CHARS_MAX: Final = 64
SERVER_SEED_BYTES: Final = 32

_SERVER_SEED: Final = re.compile(r"[0-9a-f]{64}")


def commitment(server_seed: str) -> str:
    """What is shown before the first bet: the SHA-256 of the seed's text, in hexadecimal."""
    return hashlib.sha256(server_seed.encode()).hexdigest()


def server_seed_from(random: bytes) -> str:
    """32 random bytes as the 64 hexadecimal characters that are the seed."""
    assert len(random) == SERVER_SEED_BYTES
    return random.hex()


def check_client_seed(text: str, *, param: str = "client_seed") -> str:
    """The text, used exactly as given. Refuses with InvalidClientSeed."""
    if not 1 <= len(text) <= CLIENT_SEED_CHARS_MAX or not text.isprintable():
        raise InvalidClientSeed(
            f"{param} must be 1 to {CLIENT_SEED_CHARS_MAX} printable characters.",
            param=param,
            max=CLIENT_SEED_CHARS_MAX,
        )
    return text


def check_server_seed(text: str, *, expected_hash: str | None = None) -> str:
    """A revealed server seed in its right form, and, when given, the one of `expected_hash`.

    Refuses with InvalidServerSeed, or with SeedHashPasted when the commitment itself was given:
    it looks just like a seed, and every result computed from it would look like a fraud.
    """
    if _SERVER_SEED.fullmatch(text) is None:
        raise InvalidServerSeed(
            "server_seed must be 64 characters 0-9 and a-f, as revealed after rotation.",
            param="server_seed",
        )
    if expected_hash is not None and text == expected_hash:
        raise hash_pasted()
    if expected_hash is not None and commitment(text) != expected_hash:
        raise InvalidServerSeed(
            "server_seed does not hash to the commitment of this bet; paste the seed that was "
            "revealed for the same seed pair.",
            param="server_seed",
        )
    return text


def hash_pasted() -> SeedHashPasted:
    """The refusal that says what the text really is."""
    return SeedHashPasted(
        "server_seed is the hash of the seed, not the seed: the hash was shown before the bet, "
        "the seed is revealed when you rotate the seed pair. Rotate, then paste the seed.",
        param="server_seed",
    )


def stream(server_seed: str, client_seed: str, nonce: int) -> Stream:
    """The numbers of one bet; see `Stream`."""
    assert nonce >= 0
    return Stream(server_seed, client_seed, nonce)

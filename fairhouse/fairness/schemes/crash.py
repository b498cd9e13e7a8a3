"""Crash points from hashes: our own scheme and the published ones of the field. Pure.

A *chain* is made from its last game to its first: each hash is the SHA-256 of the next game's, so
that hashing a game's hash walks back towards the end that was published before game 1. A *crash
point* is counted in hundredths; every floor is an integer division, no float is anywhere.

Sources: bustabit/v1-gameserver (v1), bustabit/verifier (v2, v3, Vx), Stake's provably-fair pages
(crash and slide), as the vectors of `tests/vectors/fairness` record them; ours is published in
`games/crash/README.md`.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from fairhouse.fairness.codecs import bls

E52: Final = 1 << 52
E32: Final = 1 << 32
ONE: Final = 100
"""1.00x in hundredths."""
HASH_BYTES: Final = 32

V1_INSTANT_ONE_IN: Final = 101


class Scheme(StrEnum):
    """How a hash becomes a crash point, and the next hash of its chain."""

    OURS_CRASH = "fairhouse_crash"
    OURS_SLIDE = "fairhouse_slide"
    BUSTABIT_V1 = "bustabit_v1"
    BUSTABIT_V2 = "bustabit_v2"
    BUSTABIT_V3 = "bustabit_v3"
    BUSTABIT_VX = "bustabit_vx"
    STAKE_CRASH = "crash_stake"
    STAKE_SLIDE = "slide_stake"


RETURN_BP: Final[Mapping[Scheme, int]] = {
    Scheme.OURS_CRASH: 9_900,
    Scheme.OURS_SLIDE: 9_800,
    Scheme.STAKE_CRASH: 9_900,
    Scheme.STAKE_SLIDE: 9_800,
}
"""Return in basis points of the schemes that have it as a parameter."""


def parent_raw(game_hash: bytes) -> bytes:
    """The hash of the game before: SHA-256 of the bytes (ours, bustabit v3 and Vx)."""
    return hashlib.sha256(game_hash).digest()


def parent_text(game_hash: bytes) -> bytes:
    """The hash of the game before: SHA-256 of the hexadecimal text (bustabit v1, v2, Stake)."""
    return hashlib.sha256(game_hash.hex().encode()).digest()


PARENTS: Final[Mapping[Scheme, Callable[[bytes], bytes]]] = {
    Scheme.OURS_CRASH: parent_raw,
    Scheme.OURS_SLIDE: parent_raw,
    Scheme.BUSTABIT_V1: parent_text,
    Scheme.BUSTABIT_V2: parent_text,
    Scheme.BUSTABIT_V3: parent_raw,
    Scheme.BUSTABIT_VX: parent_raw,
    Scheme.STAKE_CRASH: parent_text,
    Scheme.STAKE_SLIDE: parent_text,
}


def back(scheme: Scheme, game_hash: bytes) -> Iterator[bytes]:
    """The hash itself, then those of the games before it, without end."""
    parent = PARENTS[scheme]
    while True:
        yield game_hash
        game_hash = parent(game_hash)


def games_since(scheme: Scheme, game_hash: bytes, end: bytes, most: int) -> int | None:
    """How many games lie between a chain's published end and a hash: its number in the chain.

    None when the end is not met within `most` steps: the hash is not of this chain.
    """
    for number, found in enumerate(back(scheme, game_hash)):
        if found == end:
            return number
        if number == most:
            break
    return None


def point_52(digest: bytes, return_bp: int) -> int:
    """floor(return / (1 - X)) in hundredths, at least 1.00, X = the digest's first 52 bits / 2^52.

    Any target t is reached with a chance of floor(2^52 * return / t) / 2^52: the same return at
    every target, but for a grain below 2^-52 of it.
    """
    left = E52 - (int.from_bytes(digest[:7], "big") >> 4)
    return max(ONE, return_bp * E52 // (100 * left))


def point_32(digest: bytes, return_bp: int) -> int:
    """floor(return * 2^32 / (v + 1)) in hundredths, at least 1.00, v = the first 32 bits."""
    value = int.from_bytes(digest[:4], "big")
    return max(ONE, return_bp * E32 // (100 * (value + 1)))


def ours(game_hash: bytes, signature: bytes, return_bp: int) -> int:
    """Our crash and slide: `HMAC_SHA256(key=game hash, message=beacon signature)`, both raw bytes.

    The hash is fixed before betting opens, the signature is published after betting closed.
    """
    return point_52(hmac.digest(game_hash, signature, "sha256"), return_bp)


def bustabit_v1(game_hash: bytes, salt: str) -> int:
    """0 (lost at once) for one digest in 101, else floor((100e - h) / (e - h)) hundredths."""
    digest = hmac.digest(game_hash.hex().encode(), salt.encode(), "sha256")
    if int.from_bytes(digest, "big") % V1_INSTANT_ONE_IN == 0:
        return 0
    first = int.from_bytes(digest[:7], "big") >> 4
    return (100 * E52 - first) // (E52 - first)


def bustabit_v2(game_hash: bytes, salt: str) -> int:
    """`HMAC_SHA256(key=salt text, message=hash)`, 99 %; v3 differs in its chain alone."""
    return point_52(hmac.digest(salt.encode(), game_hash, "sha256"), 9_900)


def bustabit_vx(game_hash: bytes, signature: bytes) -> int:
    """`HMAC_SHA256(key=signature, message=hash)`, 99 %."""
    return point_52(hmac.digest(signature, game_hash, "sha256"), 9_900)


def vx_verifies(game_hash: bytes, salt: str, public_key: bytes, signature: bytes) -> bool:
    """Whether the signature is the oracle's over SHA-256(hash) and the salt's text."""
    message = hashlib.sha256(game_hash).digest() + salt.encode()
    return bls.verifies_long(public_key, message, signature)


def stake(game_hash: bytes, salt: str, return_bp: int) -> int:
    """`HMAC_SHA256(key=hash text, message=salt text)`, 32 bits."""
    return point_32(hmac.digest(game_hash.hex().encode(), salt.encode(), "sha256"), return_bp)


@dataclass(frozen=True, slots=True)
class Mixed:
    """What a scheme mixes into a hash; which of them it takes follows from the scheme."""

    salt: str = ""
    """Bustabit and Stake: a block hash, as text."""
    signature: bytes = b""
    """Ours: the beacon's; Vx: the oracle's."""


def point(scheme: Scheme, game_hash: bytes, mixed: Mixed) -> int:
    """The crash point in hundredths; 0 is a loss at once, which only bustabit v1 knows."""
    match scheme:
        case Scheme.OURS_CRASH | Scheme.OURS_SLIDE:
            return ours(game_hash, mixed.signature, RETURN_BP[scheme])
        case Scheme.BUSTABIT_V1:
            return bustabit_v1(game_hash, mixed.salt)
        case Scheme.BUSTABIT_V2 | Scheme.BUSTABIT_V3:
            return bustabit_v2(game_hash, mixed.salt)
        case Scheme.BUSTABIT_VX:
            return bustabit_vx(game_hash, mixed.signature)
        case Scheme.STAKE_CRASH | Scheme.STAKE_SLIDE:
            return stake(game_hash, mixed.salt, RETURN_BP[scheme])


def facts(
    scheme: Scheme, game_hash: bytes, mixed: Mixed, public_key: bytes = b""
) -> Mapping[str, object]:
    """The outcome in the names and formats of the field's vectors."""
    found = point(scheme, game_hash, mixed)
    if scheme is Scheme.BUSTABIT_V1:
        return {"crashPointX100": found}
    shown = Decimal(found).scaleb(-2)
    if scheme is Scheme.BUSTABIT_VX:
        is_verified = vx_verifies(game_hash, mixed.salt, public_key, mixed.signature)
        return {"verified": is_verified, "bust": shown}
    if scheme in {Scheme.BUSTABIT_V2, Scheme.BUSTABIT_V3}:
        return {"bust": shown}
    return {"result": shown}


def chance_52(target: int, return_bp: int) -> tuple[int, int]:
    """How many of 2^52 digests reach a target in hundredths, at least 1.01; and 2^52."""
    assert target > ONE
    return min(E52, return_bp * E52 // (100 * target)), E52

"""Seed pairs, the stream of random numbers they make, and what can be wrong with them."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from struct import unpack_from
from typing import Final, NewType
from uuid import UUID

import msgspec

from fairhouse.kernel.refusals import Malformed, NotFound, Refusal

SeedPairId = NewType("SeedPairId", UUID)

U32_RANGE: Final = 1 << 32
"""Each number of a stream is one of this many, all equally likely."""

_DIGEST_BYTES: Final = 32


class InvalidClientSeed(Malformed):
    """A client seed is 1 to 64 printable characters."""

    code = "invalid_client_seed"


class InvalidServerSeed(Malformed):
    """A server seed is 64 lower-case hexadecimal characters."""

    code = "invalid_server_seed"


class SeedHashPasted(Malformed):
    """The hash of a seed was given where the seed itself belongs."""

    code = "seed_hash_pasted"


class SeedNotRevealed(Refusal):
    """The seed is still in use, or still to come: it is revealed by rotation."""

    code = "seed_not_revealed"
    status = 409


class UnknownSeed(NotFound):
    """No seed pair of ours has this hash or id."""

    code = "unknown_seed"


class Stream(msgspec.Struct, frozen=True, gc=False):
    """The numbers that one server seed, client seed and nonce stand for.

    The field's de-facto standard: the concatenated digests
    `HMAC_SHA256(key=utf8(server_seed), msg="{client_seed}:{nonce}:{round}")`, round 0, 1, 2 …,
    read as big-endian 32-bit numbers; where others write the float f, here stands `f * 2**32`.
    The key is the hexadecimal *text* of the server seed, not the bytes it spells.
    """

    server_seed: str
    client_seed: str
    nonce: int

    def digest(self, round_number: int) -> bytes:
        """The 32 bytes of one round."""
        message = f"{self.client_seed}:{self.nonce}:{round_number}"
        return hmac.digest(self.server_seed.encode(), message.encode(), "sha256")

    def u32s(self, count: int) -> list[int]:
        """The first `count` numbers, each 0 to 2**32 - 1; a pure function, it consumes nothing."""
        if count == 1:
            return [int.from_bytes(self.digest(0)[:4], "big")]
        rounds = -(-count * 4 // _DIGEST_BYTES)
        joined = b"".join([self.digest(number) for number in range(rounds)])
        return list(unpack_from(f">{count}I", joined))

    def choices(self, count: int, of: int) -> list[int]:
        """`count` independent choices, each 0 to `of` - 1: see `choose`."""
        return [choose(number, of) for number in self.u32s(count)]

    def drawn(self, count: int, size: int) -> list[int]:
        """`count` of 0 to `size` - 1 without replacement, in the order drawn.

        Fisher–Yates by splice, as the field does it: each number picks a place among those left.
        """
        left = list(range(size))
        return [left.pop(choose(number, len(left))) for number in self.u32s(count)]


def choose(u32: int, of: int) -> int:
    """0 to `of` - 1 by multiply and floor: `floor(f * of)` without a float, without a modulo."""
    return u32 * of >> 32


def weight(choice: int, of: int) -> int:
    """How many of the 2**32 numbers choose `choice`: for exact probabilities."""
    first = -(-choice * U32_RANGE // of)
    after = -(-(choice + 1) * U32_RANGE // of)
    return after - first


@dataclass(frozen=True, slots=True)
class SeedPair:
    """What a player may know of a seed pair."""

    id: SeedPairId
    player_id: UUID
    server_seed_hash: str
    """The commitment: SHA-256 of the server seed's text, lower-case hexadecimal."""
    client_seed: str
    nonce: int
    """Bets made with the pair: the nonce of the next one while active, the count afterwards."""
    next_server_seed_hash: str | None
    """The commitment to the server seed that the next rotation makes active."""
    server_seed: str | None
    """Revealed after rotation, never before."""
    created_at: datetime
    rotated_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class ActiveSeeds:
    """The secret half as the lane owner holds it in memory; has no repr so that no log shows it."""

    id: SeedPairId
    player_id: UUID
    server_seed: str
    server_seed_hash: str
    client_seed: str

    def stream(self, nonce: int) -> Stream:
        """The stream of one bet."""
        return Stream(self.server_seed, self.client_seed, nonce)


@dataclass(frozen=True, slots=True)
class Rotation:
    """The pair that was closed and revealed, and the one that took its place."""

    revealed: SeedPair
    active: SeedPair


@dataclass(frozen=True, slots=True)
class BeaconInfo:
    """All that anybody needs to verify a beacon's rounds."""

    name: str
    """quicknet, or local."""
    public_key: bytes
    genesis_s: int
    """Unix seconds of round 1."""
    period_s: int
    chain_hash: str
    """What drand relays call the beacon; empty for ours."""

    def published_ms(self, number: int) -> int:
        """When round `number` becomes known, in Unix milliseconds."""
        return (self.genesis_s + (number - 1) * self.period_s) * 1000

    def first_round_at(self, unix_ms: int) -> int:
        """The first round that is published at this time or later."""
        since_ms = unix_ms - self.genesis_s * 1000
        return max(-(-since_ms // (self.period_s * 1000)) + 1, 1)


class UnknownReceiptKey(NotFound):
    """No receipt key of ours has this id."""

    code = "unknown_receipt_key"


class ReceiptKeyRevoked(Refusal):
    """The key was revoked before."""

    code = "receipt_key_revoked"


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A key that signs receipts, as everybody may know it."""

    id: str
    public_key: bytes
    created_at: datetime
    active_from: datetime
    """It signs for bets that closed from here on, until the next key's time."""
    revoked_at: datetime | None
    revoked_because: str | None

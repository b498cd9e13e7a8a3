"""Rounds as they cross the wire: multipliers, amounts and times as text, bytes in hexadecimal."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.betting.types import Round as OpenBet
from fairhouse.fairness.api import QUICKNET, Chain
from fairhouse.games.crash import rules
from fairhouse.games.crash.types import CHAIN_PREFIX, ROUND_PREFIX, Entrant, Round
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import format_units

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as everybody sees it."""

    id: str
    game: str
    number: int
    state: str
    """betting, locked, running, crashed, settled or void."""
    opened_at: str
    closes_at: str
    """Bets are taken until here."""
    beacon: str
    """quicknet, or local: whose signature is mixed in."""
    beacon_round: int
    """Fixed when betting opened."""
    beacon_at: str
    """When the beacon publishes that round: after betting closed."""
    started_at: str | None
    """Millisecond 0 of the run."""
    entrants: int
    caps: Mapping[str, str]
    """Currency to the multiplier where everybody is cashed out."""
    crashed_at: str | None
    """The point, as text."""
    ended_at: str | None
    reason: str | None
    """Why it is void."""


@dataclass(frozen=True, slots=True)
class HashChainView:
    """A hash chain that was committed to."""

    id: str
    end_hash: str
    """c(0)."""
    length: int
    committed_at: str


@dataclass(frozen=True, slots=True)
class ProofView:
    """All that proves a round; secret parts come when it is over."""

    chain_id: str
    chain_end_hash: str
    """c(0): published before the chain's first game."""
    chain_committed_at: str
    chain_number: int
    """n: hashing the round's hash n times with SHA-256 gives the end hash."""
    hash: str | None
    """c(n)."""
    beacon: str
    beacon_public_key: str
    beacon_round: int
    signature: str | None
    """BLS over SHA-256 of the beacon's round as 8 bytes, scheme bls-unchained-g1-rfc9380."""
    digest: str | None
    """HMAC-SHA256(key = hash, message = signature), all raw bytes."""
    return_bp: int
    point: str | None


@dataclass(frozen=True, slots=True)
class SeatView:
    """A bet in a round as the other players see it."""

    player: str
    """The same for all bets of one player, and tells nothing of them."""
    currency: str
    stake: str
    auto_cash_out: str | None
    cash_out: str | None
    """Where they left."""
    payout: str | None


def round_view(found: Round, brand_id: int) -> RoundView:
    """A round for the players of a brand."""
    prefix = rules.cap_key(brand_id, "")
    return RoundView(
        id=to_wire(ROUND_PREFIX, found.id),
        game=found.game,
        number=found.number,
        state=found.state.value,
        opened_at=_time(found.opened_at),
        closes_at=_time(found.closes_at),
        beacon=found.beacon,
        beacon_round=found.beacon_round,
        beacon_at=_time(_EPOCH + timedelta(milliseconds=QUICKNET.published_ms(found.beacon_round))),
        started_at=_time(found.started_at) if found.started_at else None,
        entrants=found.entrants,
        caps={
            key.removeprefix(prefix): rules.shown(cap)
            for key, cap in found.caps.items()
            if key.startswith(prefix)
        },
        crashed_at=None if found.point is None else rules.shown(found.point),
        ended_at=_time(found.ended_at) if found.ended_at else None,
        reason=found.reason,
    )


def proof_view(found: Round, chain: Chain) -> ProofView:
    """What proves a round, as far as it may be told by now."""
    hash_, signature = found.hash, found.signature
    digest = None
    if hash_ is not None and signature is not None:
        digest = hmac.digest(hash_, signature, "sha256").hex()
    return ProofView(
        chain_id=to_wire(CHAIN_PREFIX, chain.id),
        chain_end_hash=chain.end_hash,
        chain_committed_at=_time(chain.committed_at),
        chain_number=found.chain_number,
        hash=None if hash_ is None else hash_.hex(),
        beacon=found.beacon,
        beacon_public_key=found.beacon_key.hex(),
        beacon_round=found.beacon_round,
        signature=None if signature is None else signature.hex(),
        digest=digest,
        return_bp=rules.RETURN_BP[found.game],
        point=None if found.point is None else rules.shown(found.point),
    )


def chain_view(chain: Chain) -> HashChainView:
    """A chain's commitment."""
    return HashChainView(
        id=to_wire(CHAIN_PREFIX, chain.id),
        end_hash=chain.end_hash,
        length=chain.length,
        committed_at=_time(chain.committed_at),
    )


def seat_of_bet(bet: OpenBet) -> SeatView:
    """A bet while the round takes bets."""
    order = bet.params["auto_cash_out"]
    return SeatView(
        player=alias(bet.player_id),
        currency=bet.currency,
        stake=_amount(bet.stake, bet.currency),
        auto_cash_out=None if order is None else str(order),
        cash_out=None,
        payout=None,
    )


def seat_of(entrant: Entrant, multiplier: int | None) -> SeatView:
    """A bet that is in, or that left at a multiplier."""
    paid = None
    if multiplier is not None:
        paid = _amount(rules.payout_units(entrant.stake, multiplier), entrant.currency)
    return SeatView(
        player=alias(entrant.player_id),
        currency=entrant.currency,
        stake=_amount(entrant.stake, entrant.currency),
        auto_cash_out=None if entrant.auto is None else rules.shown(entrant.auto),
        cash_out=None if multiplier is None else rules.shown(multiplier),
        payout=paid,
    )


def alias(player_id: UUID) -> str:
    """What other players see of somebody: stable, and worth nothing beyond this page."""
    return hashlib.blake2b(player_id.bytes, digest_size=4, person=b"crash alias").hexdigest()


def _amount(units: int, of: CurrencyCode) -> str:
    return format_units(units, currency(of).scale)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

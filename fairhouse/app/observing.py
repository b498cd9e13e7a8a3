"""What follows what, for risk: news and play, translated into its observations.

Runs in the worker. An observation's key names the fact at its source, so that a repeated event, or
one told twice on two ways, changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fairhouse.betting import api as betting
from fairhouse.betting.types import LANES
from fairhouse.cashier.types import WITHDRAWAL_PREFIX, Withdrawal
from fairhouse.identity import api as identity
from fairhouse.identity.types import PlayerId
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import parse_units
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.geo import NOWHERE, Geo
from fairhouse.platform.outbox import News, OutboxReader
from fairhouse.risk import api as risk
from fairhouse.risk.types import VALUE_SCALE
from fairhouse.risk.types.observations import Kind, Observation, Place

CONSUMER: Final = "risk"
BATCH: Final = 100
NEWS_EVERY_S: Final = 1.0
PLAY_EVERY_S: Final = 5.0
_INDEX: Final = "risk"

Parts = dict[str, Any]


class Observing:
    """The worker's part in what risk remembers."""

    def __init__(self, db: Database, sealer: Sealer, geo: Geo) -> None:
        self._db = db
        self._sealer = sealer
        self._geo = geo
        self._reader = OutboxReader(db, CONSUMER, batch=BATCH)

    async def install(self) -> None:
        """The rules that we ship, and months to write into."""
        async with self._db.tx() as tx:
            await risk.keep_partitions(tx, now=tx.now)
            await risk.install_built_in(tx)

    async def step_news(self) -> int:
        """One batch of the outbox."""
        return await self._reader.step(self._on_news)

    async def step_play(self) -> int:
        """What was played since the last step, lane by lane."""
        total = 0
        for lane in range(LANES):
            async with self._db.tx() as tx:
                total += await risk.observe_play(tx, lane=lane, read=_play)
        return total

    async def step_partitions(self) -> int:
        """Months ahead; for a slow loop."""
        async with self._db.tx() as tx:
            await risk.keep_partitions(tx, now=tx.now)
        return 0

    async def before_verdict(self, tx: Tx, withdrawal: Withdrawal) -> None:
        """Judge a request before it may pass, not when its news arrives."""
        fact = _withdrawal_fact(
            self._sealer,
            Kind.WITHDRAWAL_REQUESTED,
            brand_id=withdrawal.brand_id,
            player_id=withdrawal.player_id,
            id_=to_wire(WITHDRAWAL_PREFIX, withdrawal.id),
            at=withdrawal.requested_at,
            value=withdrawal.value,
            address=withdrawal.destination,
            asset=withdrawal.asset,
        )
        await risk.observe(tx, facts=[fact])

    async def _on_news(self, tx: Tx, news: News) -> None:
        translate = _TRANSLATIONS.get(news.kind)
        if translate is None:
            return
        fact = await self._completed(tx, translate(self._sealer, news), news)
        await risk.observe(tx, facts=[fact])

    async def _completed(self, tx: Tx, fact: Observation, news: News) -> Observation:
        """A login knows where it came from; news carry no personal data, so it is asked for."""
        if fact.kind is not Kind.LOGIN:
            return fact
        origin = await identity.session_origin(
            tx, sealer=self._sealer, session_id=UUID(str(news.payload["session_id"]))
        )
        device = news.payload.get("device")
        place = self._geo.place(origin.ip) if origin else NOWHERE
        return replace(
            fact,
            device=_blind(self._sealer, "device", str(device)) if device else None,
            ip=_blind(self._sealer, "ip", origin.ip) if origin else None,
            network=_blind(self._sealer, "network", origin.network) if origin else None,
            # Behind a VPN, Tor or a hosting range the country says nothing of the person.
            country=place.country if place.kind is None else None,
        )


async def _play(tx: Tx, lane: int, place: Place) -> tuple[Place, Sequence[Observation]]:
    found = await betting.play_sums(tx, lane=lane, after=place.lane_seq, since=place.at)
    if not found:
        return place, []
    newest = max(found, key=lambda one: one.last_seq)
    facts = [
        Observation(
            key=f"bets:{lane}:{one.first_seq}:{one.player_id}",
            kind=Kind.BET,
            at=one.at,
            brand_id=one.brand_id,
            player_id=one.player_id,
            count=one.bets,
            value=one.staked,
            moved=one.moved,
            returned=one.returned,
        )
        for one in found
        if one.bets
    ]
    return Place(newest.last_seq, newest.at), facts


def _blind(sealer: Sealer, kind: str, text: str | None) -> bytes | None:
    """A keyed hash: found again, never read back."""
    return sealer.blind_index(f"{kind}:{text}", purpose=_INDEX)[:16] if text else None


def _plain(news: News, kind: Kind, key: str) -> Observation:
    return Observation(
        key=key,
        kind=kind,
        at=news.at,
        brand_id=news.brand_id,
        player_id=PlayerId(UUID(str(news.payload["player_id"]))),
    )


def _simple(kind: Kind) -> Callable[[Sealer, News], Observation]:
    def translate(sealer: Sealer, news: News) -> Observation:
        return _plain(news, kind, f"{kind}:{news.id}")

    return translate


def _deposit(kind: Kind) -> Callable[[Sealer, News], Observation]:
    def translate(sealer: Sealer, news: News) -> Observation:
        seen: Mapping[str, Any] = news.payload["deposit"]
        return Observation(
            key=f"{kind}:{seen['id']}",
            kind=kind,
            at=_time(seen["credited_at"]) or news.at,
            brand_id=news.brand_id,
            player_id=UUID(str(news.payload["player_id"])),
            value=_value(seen["value"]),
            asset=seen["asset"],
            ref=str(seen["id"]),
        )

    return translate


def _withdrawal(kind: Kind) -> Callable[[Sealer, News], Observation]:
    def translate(sealer: Sealer, news: News) -> Observation:
        asked: Mapping[str, Any] = news.payload["withdrawal"]
        is_request = kind is Kind.WITHDRAWAL_REQUESTED
        return _withdrawal_fact(
            sealer,
            kind,
            brand_id=news.brand_id,
            player_id=UUID(str(news.payload["player_id"])),
            id_=str(asked["id"]),
            at=(_time(asked["requested_at"]) if is_request else None) or news.at,
            value=_value(asked["value"]),
            address=str(asked["destination"]),
            asset=str(asked["asset"]),
        )

    return translate


def _withdrawal_fact(
    sealer: Sealer,
    kind: Kind,
    *,
    brand_id: int,
    player_id: UUID,
    id_: str,
    at: datetime,
    value: int,
    address: str,
    asset: str,
) -> Observation:
    return Observation(
        key=f"{kind}:{id_}",
        kind=kind,
        at=at,
        brand_id=brand_id,
        player_id=player_id,
        value=value,
        address=_blind(sealer, "address", address.lower()),
        asset=asset,
        ref=id_,
    )


def _value(text: object) -> int:
    return parse_units(str(text), VALUE_SCALE, param="value") if text else 0


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None


_TRANSLATIONS: Final[Mapping[str, Callable[[Sealer, News], Observation]]] = {
    "identity.player_registered": _simple(Kind.REGISTRATION),
    "identity.login_failed": _simple(Kind.LOGIN_FAILED),
    "identity.session_started": _simple(Kind.LOGIN),
    "identity.credentials_changed": _simple(Kind.CREDENTIAL_CHANGED),
    "cashier.deposit_credited": _deposit(Kind.DEPOSIT),
    "cashier.deposit_orphaned": _deposit(Kind.DEPOSIT_FAILED),
    "cashier.deposit_unrecognised": _deposit(Kind.DEPOSIT_FAILED),
    "cashier.deposit_reversed": _deposit(Kind.DEPOSIT_REVERSED),
    "cashier.withdrawal_requested": _withdrawal(Kind.WITHDRAWAL_REQUESTED),
    "cashier.withdrawal_confirmed": _withdrawal(Kind.WITHDRAWAL_PAID),
    "cashier.withdrawal_cancelled": _withdrawal(Kind.WITHDRAWAL_ENDED),
    "cashier.withdrawal_rejected": _withdrawal(Kind.WITHDRAWAL_ENDED),
    "cashier.withdrawal_failed": _withdrawal(Kind.WITHDRAWAL_ENDED),
}

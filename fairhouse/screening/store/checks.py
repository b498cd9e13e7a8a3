"""Checks of movements: asked, polled, decided, told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.platform.database import Record, Tx
from fairhouse.screening.types import AddressCheck, Judgement, Movement, Subject, Verdict


async def find(tx: Tx, id_: UUID) -> AddressCheck | None:
    """Of a movement."""
    row = await tx.fetchrow("select * from screening.address_check where id = $1", id_)
    return _check(row) if row else None


async def insert(tx: Tx, movement: Movement, *, canonical: str) -> None:
    """Asked for; a second time changes nothing."""
    await tx.execute(
        "insert into screening.address_check (id, subject, brand_id, player_id, chain, currency,"
        " address, canonical, tx_hash, own_address, amount, at, verdict, asked_at, next_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'waiting', $13, $13)"
        " on conflict do nothing",
        movement.id,
        movement.subject,
        movement.brand_id,
        movement.player_id,
        movement.chain,
        movement.currency,
        movement.address,
        canonical,
        movement.tx_hash,
        movement.own_address,
        movement.amount,
        movement.at,
        tx.now,
    )


async def claim(tx: Tx, *, leased_until: datetime, limit: int) -> list[AddressCheck]:
    """What is to be asked now, ours until then."""
    rows = await tx.fetch(
        "update screening.address_check set next_at = $2 where id in ("
        "select id from screening.address_check where verdict = 'waiting' and next_at <= $1"
        " order by next_at limit $3 for update skip locked) returning *",
        tx.now,
        leased_until,
        limit,
    )
    return [_check(row) for row in rows]


async def set_registered(
    tx: Tx, id_: UUID, *, provider: str, external_id: str, next_at: datetime
) -> None:
    """The provider knows of it."""
    await tx.execute(
        "update screening.address_check set provider = $2, external_id = $3, next_at = $4,"
        " last_error = '' where id = $1 and verdict = 'waiting'",
        id_,
        provider,
        external_id,
        next_at,
    )


async def set_polled(tx: Tx, id_: UUID, *, next_at: datetime, error: str = "") -> None:
    """Not answered yet."""
    await tx.execute(
        "update screening.address_check set polls = polls + 1, next_at = $2, last_error = $3"
        " where id = $1 and verdict = 'waiting'",
        id_,
        next_at,
        error[:300],
    )


async def decide(
    tx: Tx,
    id_: UUID,
    judged: Judgement,
    *,
    provider: str,
    expires_at: datetime | None,
    overrules: bool = False,
) -> bool:
    """The answer; False when somebody else had it first.

    `overrules`: also what was clear until now, because a list names it.
    """
    return bool(
        await tx.execute(
            "update screening.address_check set verdict = $2, score = $3, reasons = $4,"
            " policy_version = $5, provider = $6, decided_at = $7, expires_at = $8,"
            " told_at = null, last_error = '' where id = $1"
            " and (verdict = 'waiting' or verdict = 'clear' and $9)",
            id_,
            judged.verdict,
            judged.score,
            list(judged.reasons),
            judged.policy_version,
            provider,
            tx.now,
            expires_at,
            overrules,
        )
    )


async def ask_again(tx: Tx, id_: UUID) -> None:
    """The answer is too old, or the lists changed: as if it were new."""
    await tx.execute(
        "update screening.address_check set verdict = 'waiting', external_id = '', polls = 0,"
        " decided_at = null, expires_at = null, next_at = $2 where id = $1"
        " and verdict = 'clear'",
        id_,
        tx.now,
    )


async def clear(tx: Tx, id_: UUID) -> None:
    """Two people have decided that it may pass."""
    await tx.execute(
        "update screening.address_check set verdict = 'clear', told_at = null,"
        " decided_at = $2, expires_at = null,"
        " reasons = array_append(reasons, 'cleared_by_staff') where id = $1",
        id_,
        tx.now,
    )


async def take_news(tx: Tx, subject: Subject, *, limit: int) -> list[UUID]:
    """Movements whose answer nobody has taken yet."""
    rows = await tx.fetch(
        "update screening.address_check set told_at = $2 where id in ("
        "select id from screening.address_check where subject = $1 and told_at is null"
        " and verdict <> 'waiting' order by decided_at limit $3 for update skip locked)"
        " returning id",
        subject,
        tx.now,
        limit,
    )
    return [row["id"] for row in rows]


async def of_player(tx: Tx, player_id: PlayerId, *, limit: int) -> list[AddressCheck]:
    """A player's, the newest first."""
    rows = await tx.fetch(
        "select * from screening.address_check where player_id = $1 order by id desc limit $2",
        player_id,
        limit,
    )
    return [_check(row) for row in rows]


async def with_addresses(tx: Tx, canonical: Sequence[str]) -> list[AddressCheck]:
    """Every movement from or to one of these."""
    rows = await tx.fetch(
        "select * from screening.address_check where canonical = any($1) order by id",
        list(canonical),
    )
    return [_check(row) for row in rows]


async def waiting(tx: Tx) -> tuple[int, datetime | None]:
    """How many wait for an answer, and since when the oldest does."""
    row = await tx.fetchrow(
        "select count(*) n, min(asked_at) oldest from screening.address_check"
        " where verdict = 'waiting'"
    )
    assert row is not None
    return row["n"], row["oldest"]


def _check(row: Record) -> AddressCheck:
    movement = Movement(
        id=row["id"],
        subject=Subject(row["subject"]),
        brand_id=row["brand_id"],
        player_id=PlayerId(row["player_id"]),
        chain=row["chain"],
        currency=row["currency"],
        address=row["address"],
        tx_hash=row["tx_hash"],
        own_address=row["own_address"],
        amount=row["amount"],
        at=row["at"],
    )
    return AddressCheck(
        movement=movement,
        canonical=row["canonical"],
        verdict=Verdict(row["verdict"]),
        score=row["score"],
        reasons=tuple(row["reasons"]),
        policy_version=row["policy_version"],
        provider=row["provider"],
        external_id=row["external_id"],
        asked_at=row["asked_at"],
        decided_at=row["decided_at"],
        expires_at=row["expires_at"],
        polls=row["polls"],
        last_error=row["last_error"],
    )

"""All SQL of the rates module."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Record, Tx
from fairhouse.rates.tables import JudgedRate, StoredSnapshot
from fairhouse.rates.types import PriceList, Rate, SignedPrices


async def add(tx: Tx, prices: PriceList, signed: SignedPrices, rates: Sequence[JudgedRate]) -> bool:
    """Record a snapshot and its rates; False when this id is there already."""
    row = await tx.fetchrow(
        """
        insert into rates.snapshot (id, at, source, quote, payload, signature, key_id, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing returning 1
        """,
        prices.id,
        prices.at,
        prices.source,
        prices.quote,
        signed.payload,
        signed.signature,
        signed.key_id,
        tx.now,
    )
    if row is None:
        return False
    await tx.execute(
        """
        insert into rates.rate (snapshot_id, base, quote, at, numerator, denominator, held)
        select $1::uuid, base, $2::text, $3::timestamptz, numerator, denominator, held
        from unnest($4::text[], $5::numeric[], $6::numeric[], $7::boolean[])
            as r (base, numerator, denominator, held)
        """,
        prices.id,
        prices.quote,
        prices.at,
        [item.rate.base for item in rates],
        [item.rate.numerator for item in rates],
        [item.rate.denominator for item in rates],
        [item.held for item in rates],
    )
    return True


async def newest_snapshot(tx: Tx) -> StoredSnapshot | None:
    """The newest recorded snapshot, whatever its age."""
    row = await tx.fetchrow(
        """
        select s.id, s.payload, s.signature, s.key_id, s.at,
               array(select r.base from rates.rate r
                     where r.snapshot_id = s.id and r.held
                       and not exists (select from rates.confirmation c
                                       where c.snapshot_id = s.id)
                     order by r.base) as held
        from rates.snapshot s order by s.at desc limit 1
        """
    )
    return None if row is None else _snapshot(row)


async def snapshot(tx: Tx, snapshot_id: UUID) -> StoredSnapshot | None:
    """One recorded snapshot."""
    row = await tx.fetchrow(
        """
        select id, payload, signature, key_id, at, array[]::text[] as held
        from rates.snapshot where id = $1
        """,
        snapshot_id,
    )
    return None if row is None else _snapshot(row)


async def newest_rate(tx: Tx, base: str, quote: str) -> JudgedRate | None:
    """The newest rate of a currency; held unless its snapshot was confirmed."""
    row = await tx.fetchrow(
        """
        select r.*, s.source,
               r.held and not exists (select from rates.confirmation c
                                      where c.snapshot_id = r.snapshot_id) as is_held
        from rates.rate r join rates.snapshot s on s.id = r.snapshot_id
        where r.base = $1 and r.quote = $2 order by r.at desc limit 1
        """,
        base,
        quote,
    )
    return None if row is None else JudgedRate(_rate(row), held=row["is_held"])


async def last_good_rates(
    tx: Tx, bases: Sequence[CurrencyCode], quote: str
) -> dict[CurrencyCode, Rate]:
    """The newest rate of each currency that is not held, or was confirmed."""
    rows = await tx.fetch(
        """
        select distinct on (r.base) r.*, s.source
        from unnest($1::text[]) as wanted (base)
        cross join lateral (
            select * from rates.rate r
            where r.base = wanted.base and r.quote = $2
              and (not r.held or exists (select from rates.confirmation c
                                         where c.snapshot_id = r.snapshot_id))
            order by r.at desc limit 1
        ) r
        join rates.snapshot s on s.id = r.snapshot_id
        """,
        list(bases),
        quote,
    )
    return {CurrencyCode(row["base"]): _rate(row) for row in rows}


async def rate_of(tx: Tx, snapshot_id: UUID, base: str) -> Rate | None:
    """The rate of a currency in one snapshot."""
    row = await tx.fetchrow(
        """
        select r.*, s.source from rates.rate r join rates.snapshot s on s.id = r.snapshot_id
        where r.snapshot_id = $1 and r.base = $2
        """,
        snapshot_id,
        base,
    )
    return None if row is None else _rate(row)


async def confirm(tx: Tx, snapshot_id: UUID, actor: str, reason: str) -> bool:
    """A person vouches for the held rates of a snapshot; False when somebody did before."""
    count = await tx.execute(
        """
        insert into rates.confirmation (snapshot_id, actor, reason, at)
        values ($1, $2, $3, $4) on conflict (snapshot_id) do nothing
        """,
        snapshot_id,
        actor,
        reason,
        tx.now,
    )
    return count == 1


def _snapshot(row: Record) -> StoredSnapshot:
    return StoredSnapshot(
        row["id"],
        row["at"],
        SignedPrices(bytes(row["payload"]), bytes(row["signature"]), row["key_id"]),
        frozenset(CurrencyCode(base) for base in row["held"]),
    )


def _rate(row: Record) -> Rate:
    return Rate(
        id=row["snapshot_id"],
        base=CurrencyCode(row["base"]),
        quote=row["quote"],
        numerator=int(row["numerator"]),
        denominator=int(row["denominator"]),
        at=row["at"],
        source=row["source"],
    )

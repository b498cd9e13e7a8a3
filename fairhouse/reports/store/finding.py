"""Where an id, an address or a hash leads. Each is one look-up by index."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Record, Tx
from fairhouse.reports.types import Hit, HitKind


async def by_id(tx: Tx, prefix: str, id_: UUID) -> list[Hit]:
    """What a wire id leads to; several kinds lead to the thing they belong to."""
    sql = _BY_PREFIX.get(prefix)
    if sql is None:
        return []
    rows = await tx.fetch(sql, id_)
    return [
        Hit(HitKind(row["kind"]), _key(HitKind(row["kind"]), row["key"]), prefix, row["brand_id"])
        for row in rows
    ]


_PREFIX_OF = {
    HitKind.PLAYER: "ply",
    HitKind.BET: "bet",
    HitKind.DEPOSIT: "dep",
    HitKind.WITHDRAWAL: "wdr",
    HitKind.FAMILY: "fam",
    HitKind.STAFF: "stf",
}


def _key(kind: HitKind, key: str) -> str:
    prefix = _PREFIX_OF.get(kind)
    return key if prefix is None else to_wire(prefix, UUID(key))


_BY_PREFIX = {
    "ply": "select 'player' as kind, id::text as key, brand_id from reports.player where id = $1",
    "bet": "select 'bet' as kind, id::text as key, brand_id from reports.bet where id = $1",
    "dep": "select 'deposit' as kind, id::text as key, brand_id from reports.deposit where id = $1",
    "wdr": "select 'withdrawal' as kind, id::text as key, brand_id from reports.withdrawal"
    " where id = $1",
    "fam": "select 'family' as kind, id::text as key, brand_id from reports.family where id = $1",
    "ses": "select 'player' as kind, player_id::text as key, brand_id from reports.session"
    " where id = $1",
    "sed": "select 'player' as kind, player_id::text as key, brand_id from reports.seed_pair"
    " where id = $1",
    "trf": "select 'ledger' as kind, ref as key, brand_id from reports.transfer where id = $1",
    "ord": "select 'family' as kind, f.id::text as key, f.brand_id from reports.member m"
    " join reports.family f on f.id = m.family_id where m.order_id = $1",
    "stf": "select 'staff' as kind, id::text as key, null::integer as brand_id from reports.staff"
    " where id = $1",
}


async def by_hash(tx: Tx, brands: Sequence[int], tx_hash: str) -> list[Hit]:
    """Deposits, withdrawals and families that a transaction belongs to."""
    rows = await tx.fetch(
        """
        select 'deposit' as kind, id::text as key, brand_id from reports.deposit
        where tx_hash = $1
        union
        select 'withdrawal', id::text, brand_id from reports.withdrawal where tx_hash = $1
        union
        select 'family', f.id::text, f.brand_id from reports.member m
        join reports.family f on f.id = m.family_id where m.tx_hash = $1
        limit 50
        """,
        tx_hash,
    )
    return _hits(rows, brands, tx_hash)


async def by_address(tx: Tx, brands: Sequence[int], address: str) -> list[Hit]:
    """Whose deposit address it is, whether it is a vault's, and who asked to be paid there.

    `address` is in canonical form.
    """
    rows = await tx.fetch(
        """
        select case place when 'deposit' then 'player' else 'treasury' end as kind,
               coalesce(player_id::text, place) as key, brand_id
        from reports.own_address where address = $1
        union
        select 'withdrawal', id::text, brand_id from (
            select id, brand_id from reports.withdrawal where destination = $1
            order by id desc limit 20) as w
        """,
        address,
    )
    return _hits(rows, brands, address)


def _hits(rows: Sequence[Record], brands: Sequence[int], label: str) -> list[Hit]:
    found: list[Hit] = []
    for row in rows:
        kind = HitKind(row["kind"])
        if row["brand_id"] in brands:
            found.append(Hit(kind, _key(kind, row["key"]), label, row["brand_id"]))
    return found

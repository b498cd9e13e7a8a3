"""Coins that reach vaults from outside, and custody's place among the observations."""

from dataclasses import dataclass

from fairhouse.custody.types import Place
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.platform.database import Record, Tx


@dataclass(frozen=True, slots=True)
class Funding:
    """One movement to a vault that is none of our own transactions."""

    chain: ChainId
    tx_hash: str
    idx: str
    brand_id: int
    place: Place
    asset: AssetId
    base_units: int
    block_height: int | None
    """None while it is in no block."""
    is_booked: bool
    round: int
    """How often it was booked."""


async def lock_cursor(tx: Tx, *, chain: ChainId) -> int | None:
    """The last change taken in, locked; None while another worker reads."""
    await tx.execute("insert into custody.cursor (chain) values ($1) on conflict do nothing", chain)
    row = await tx.fetchrow(
        "select after_seq from custody.cursor where chain = $1 for update skip locked", chain
    )
    return None if row is None else int(row["after_seq"])


async def move_cursor(tx: Tx, *, chain: ChainId, after_seq: int) -> None:
    """Everything up to this change has been taken in."""
    await tx.execute("update custody.cursor set after_seq = $2 where chain = $1", chain, after_seq)


async def see(tx: Tx, funding: Funding) -> None:
    """Keep a movement, or where it stands now."""
    await tx.execute(
        """
        insert into custody.funding
            (chain, tx_hash, idx, brand_id, place, asset, base_units, block_height)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (chain, tx_hash, idx) do update set block_height = excluded.block_height
        """,
        funding.chain,
        funding.tx_hash,
        funding.idx,
        funding.brand_id,
        funding.place.value,
        funding.asset,
        funding.base_units,
        funding.block_height,
    )


async def to_settle(tx: Tx, *, chain: ChainId, final_height: int) -> list[Funding]:
    """Unbooked ones that are final, and booked ones that have left the chain; locked."""
    rows = await tx.fetch(
        """
        select * from custody.funding
        where chain = $1
          and ((not is_booked and block_height <= $2) or (is_booked and block_height is null))
        order by block_height, tx_hash, idx limit 200
        for update skip locked
        """,
        chain,
        final_height,
    )
    return [_funding(row) for row in rows]


async def around(tx: Tx, *, chain: ChainId, brand_id: int, height: int) -> list[Funding]:
    """Those that the books and the chain at a height count differently."""
    rows = await tx.fetch(
        """
        select * from custody.funding
        where chain = $1 and brand_id = $2
          and is_booked <> coalesce(block_height <= $3, false)
        """,
        chain,
        brand_id,
        height,
    )
    return [_funding(row) for row in rows]


async def set_booked(tx: Tx, funding: Funding, *, is_booked: bool) -> None:
    """The books have it, or have it no more."""
    await tx.execute(
        """
        update custody.funding set is_booked = $4, round = round + $5
        where chain = $1 and tx_hash = $2 and idx = $3
        """,
        funding.chain,
        funding.tx_hash,
        funding.idx,
        is_booked,
        0 if is_booked else 1,
    )


def _funding(row: Record) -> Funding:
    return Funding(
        chain=ChainId(row["chain"]),
        tx_hash=row["tx_hash"],
        idx=row["idx"],
        brand_id=row["brand_id"],
        place=Place(row["place"]),
        asset=AssetId(row["asset"]),
        base_units=int(row["base_units"]),
        block_height=row["block_height"],
        is_booked=row["is_booked"],
        round=row["round"],
    )

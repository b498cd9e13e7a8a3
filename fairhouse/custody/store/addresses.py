"""Vaults, deposit addresses, own addresses, and what arrived at them."""

from uuid import UUID

from fairhouse.chains.codecs.vaults import SignedVault
from fairhouse.chains.types import Address
from fairhouse.custody.types import (
    DepositAddress,
    OwnAddress,
    Place,
    Vault,
)
from fairhouse.kernel.currencies import ChainId
from fairhouse.platform.database import Record, Tx

_OWN = """
select brand_id, address, place, index from (
    select brand_id, hot_address as address, 'hot' as place, 0 as index
    from custody.vault where chain = $1 and hot_address = any($2)
    union all
    select brand_id, gas_address, 'gas_tank', 0
    from custody.vault where chain = $1 and gas_address = any($2)
    union all
    select brand_id, address, 'deposit_addresses', index
    from custody.deposit_address where chain = $1 and address = any($2)
) own
"""


async def vault(tx: Tx, *, brand_id: int, chain: ChainId) -> Vault | None:
    """A brand's vault on a chain."""
    row = await tx.fetchrow(
        "select * from custody.vault where brand_id = $1 and chain = $2", brand_id, chain
    )
    return None if row is None else _vault(row)


async def vaults(tx: Tx, *, chain: ChainId) -> list[Vault]:
    """All vaults of a chain."""
    rows = await tx.fetch("select * from custody.vault where chain = $1 order by brand_id", chain)
    return [_vault(row) for row in rows]


def _vault(row: Record) -> Vault:
    return Vault(
        brand_id=row["brand_id"],
        chain=ChainId(row["chain"]),
        deposit_xpub=row["deposit_xpub"],
        hot_address=Address(row["hot_address"]),
        gas_address=Address(row["gas_address"]),
    )


async def add_vault(tx: Tx, signed: SignedVault) -> None:
    """Keep a verified record; the caller has seen that there is none yet."""
    record = signed.record
    await tx.execute(
        "insert into custody.vault values ($1, $2, $3, $4, $5, $6, $7, $8)",
        record.brand_id,
        record.chain,
        record.deposit_xpub,
        record.hot_address,
        record.gas_address,
        signed.identity_key,
        signed.signature,
        tx.now,
    )
    await tx.execute(
        "insert into custody.address_sequence (brand_id, chain) values ($1, $2)",
        record.brand_id,
        record.chain,
    )


async def address_of(
    tx: Tx, *, brand_id: int, chain: ChainId, player_id: UUID
) -> DepositAddress | None:
    """The address a player was given."""
    row = await tx.fetchrow(
        """
        select * from custody.deposit_address
        where brand_id = $1 and chain = $2 and player_id = $3
        """,
        brand_id,
        chain,
        player_id,
    )
    return None if row is None else _deposit_address(row)


async def by_address(tx: Tx, *, chain: ChainId, address: str) -> DepositAddress | None:
    """The deposit address with this text."""
    row = await tx.fetchrow(
        "select * from custody.deposit_address where chain = $1 and address = $2", chain, address
    )
    return None if row is None else _deposit_address(row)


def _deposit_address(row: Record) -> DepositAddress:
    return DepositAddress(
        brand_id=row["brand_id"],
        player_id=row["player_id"],
        chain=ChainId(row["chain"]),
        index=row["index"],
        address=Address(row["address"]),
    )


async def take_index(tx: Tx, *, brand_id: int, chain: ChainId) -> int:
    """The next index. Locks the sequence: one new address of a brand at a time."""
    index = await tx.fetchval(
        """
        update custody.address_sequence set next_index = next_index + 1
        where brand_id = $1 and chain = $2 returning next_index - 1
        """,
        brand_id,
        chain,
    )
    assert index is not None, "a vault has a sequence"
    return int(index)


async def lock_sequence(tx: Tx, *, brand_id: int, chain: ChainId) -> None:
    """Wait until nobody else makes an address of this brand."""
    await tx.lock("custody.address_sequence", brand_id, chain)


async def add_address(tx: Tx, address: DepositAddress) -> None:
    """Keep a new address."""
    await tx.execute(
        """
        insert into custody.deposit_address
            (chain, address, brand_id, player_id, index, created_at)
        values ($1, $2, $3, $4, $5, $6)
        """,
        address.chain,
        address.address,
        address.brand_id,
        address.player_id,
        address.index,
        tx.now,
    )


async def own(tx: Tx, *, chain: ChainId, addresses: list[str]) -> dict[str, OwnAddress]:
    """Which of the addresses are ours, and what they are."""
    rows = await tx.fetch(_OWN, chain, addresses)
    return {
        row["address"]: OwnAddress(
            row["brand_id"], chain, Address(row["address"]), Place(row["place"]), row["index"]
        )
        for row in rows
    }


# --- What arrived


async def touch(tx: Tx, *, chain: ChainId, address: str, height: int) -> None:
    """Something arrived or left at a deposit address: the sweeper should look again."""
    await tx.execute(
        """
        insert into custody.touched (chain, address, height) values ($1, $2, $3)
        on conflict (chain, address) do update
            set is_dirty = true, height = greatest(touched.height, excluded.height)
        """,
        chain,
        address,
        height,
    )


async def dirty(tx: Tx, *, chain: ChainId, up_to: int, limit: int) -> list[DepositAddress]:
    """Deposit addresses to look at whose news is at most at this height."""
    rows = await tx.fetch(
        """
        select a.* from custody.touched t
        join custody.deposit_address a on a.chain = t.chain and a.address = t.address
        where t.chain = $1 and t.is_dirty and t.height <= $2
        order by t.height, t.address limit $3
        """,
        chain,
        up_to,
        limit,
    )
    return [_deposit_address(row) for row in rows]


async def clean(tx: Tx, *, chain: ChainId, address: str, up_to: int) -> None:
    """Nothing more to sweep, as far as this height."""
    await tx.execute(
        """
        update custody.touched set is_dirty = false
        where chain = $1 and address = $2 and height <= $3
        """,
        chain,
        address,
        up_to,
    )


async def touched(tx: Tx, *, chain: ChainId, brand_id: int) -> list[Address]:
    """Every deposit address of a brand that anything ever arrived at."""
    rows = await tx.fetch(
        """
        select t.address from custody.touched t
        join custody.deposit_address a on a.chain = t.chain and a.address = t.address
        where t.chain = $1 and a.brand_id = $2 order by a.index
        """,
        chain,
        brand_id,
    )
    return [Address(row["address"]) for row in rows]

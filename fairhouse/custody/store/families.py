"""Families, their members and lanes."""

from uuid import UUID

from fairhouse.chains.codecs.orders import Approval
from fairhouse.chains.types import Address, TxHash
from fairhouse.custody.types import (
    Family,
    FamilyId,
    FamilyKind,
    FamilyState,
    Lane,
    Member,
    MemberState,
    Purpose,
)
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.platform.database import Record, Tx


async def add(tx: Tx, family: Family) -> bool:
    """Keep a planned family; False when its id, sweep or gas filling is there already."""
    touched = await tx.execute(
        """
        insert into custody.family
            (id, brand_id, kind, chain, asset, source, source_path, destination,
             destination_path, base_units, ref, state, approvals, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'planned', $12, $13, $13)
        on conflict do nothing
        """,
        family.id,
        family.brand_id,
        family.kind.value,
        family.chain,
        family.asset,
        family.source,
        family.source_path,
        family.destination,
        family.destination_path,
        family.base_units,
        family.ref,
        _approvals(family.approvals),
        tx.now,
    )
    if touched:
        await _note(tx, family.id, FamilyState.PLANNED, family.kind)
    return touched == 1


def _approvals(approvals: tuple[Approval, ...]) -> list[list[object]]:
    return [[item.approver, item.expires_at, item.signature.hex()] for item in approvals]


async def set_approvals(tx: Tx, family_id: FamilyId, approvals: tuple[Approval, ...]) -> None:
    """Replace the approvals of a locked family, and try it at once."""
    await update(tx, family_id, approvals=_approvals(approvals), retry_at=None)


async def by_id(tx: Tx, family_id: FamilyId, *, lock: bool = False) -> Family | None:
    """A family with its members; `lock` holds it until the transaction ends."""
    suffix = " for update" if lock else ""
    row = await tx.fetchrow(f"select * from custody.family where id = $1{suffix}", family_id)
    if row is None:
        return None
    members = await tx.fetch(
        "select * from custody.member where family_id = $1 order by seq", family_id
    )
    return _family(row, [_member(item) for item in members])


async def live(tx: Tx, *, chain: ChainId, states: tuple[FamilyState, ...]) -> list[Family]:
    """Families in these states with their members, by sender and nonce, oldest first."""
    rows = await tx.fetch(
        """
        select * from custody.family where chain = $1 and state = any($2)
        order by source, nonce, created_at, id limit 500
        """,
        chain,
        [state.value for state in states],
    )
    return await _with_members(tx, rows)


async def due(tx: Tx, *, chain: ChainId, limit: int) -> list[Family]:
    """Planned families that may be tried now: the untried first, then the oldest."""
    rows = await tx.fetch(
        """
        select * from custody.family
        where chain = $1 and state = 'planned' and (retry_at is null or retry_at <= $2)
        order by retry_at nulls first, created_at, id limit $3
        """,
        chain,
        tx.now,
        limit,
    )
    return [_family(row, []) for row in rows]


async def settled_since(
    tx: Tx, *, chain: ChainId, height: int, limit: int | None = None
) -> list[Family]:
    """Families settled by a block above a height, the lowest first."""
    rows = await tx.fetch(
        """
        select * from custody.family where chain = $1 and block_height > $2
        order by block_height limit $3
        """,
        chain,
        height,
        limit,
    )
    return await _with_members(tx, rows)


async def fees_to_come(tx: Tx, *, chain: ChainId, address: Address) -> int:
    """The most that everything ordered from an address and not settled yet may cost in fees."""
    total = await tx.fetchval(
        """
        select coalesce(sum(dearest), 0) from (
            select max(m.gas_limit * m.max_fee_wei) as dearest
            from custody.family f join custody.member m on m.family_id = f.id
            where f.chain = $1 and f.source = $2
              and f.state in ('ordered', 'signed', 'broadcast', 'stranded')
              and m.state <> 'refused'
            group by f.id
        ) live
        """,
        chain,
        address,
    )
    return int(total)


async def of_address(tx: Tx, *, chain: ChainId, address: Address) -> list[Family]:
    """Sweeps from, and gas fillings to, a deposit address that are not settled."""
    rows = await tx.fetch(
        """
        select * from custody.family
        where chain = $1 and state in ('planned', 'ordered', 'signed', 'broadcast', 'stranded')
          and ((kind = 'sweep' and source = $2) or (kind = 'gas' and destination = $2))
        """,
        chain,
        address,
    )
    return [_family(row, []) for row in rows]


async def planned_units(tx: Tx, *, brand_id: int, asset: AssetId) -> int:
    """Withdrawals of an asset that are asked for and have not left the hot account yet."""
    total = await tx.fetchval(
        """
        select coalesce(sum(base_units), 0) from custody.family
        where brand_id = $1 and asset = $2 and kind = 'withdrawal' and state = 'planned'
        """,
        brand_id,
        asset,
    )
    return int(total)


async def in_transit(tx: Tx, *, brand_id: int, asset: AssetId) -> int:
    """What own transfers between custody accounts hold in transit."""
    total = await tx.fetchval(
        """
        select coalesce(sum(base_units), 0) from custody.family
        where brand_id = $1 and asset = $2 and kind <> 'withdrawal'
          and state in ('ordered', 'signed', 'broadcast', 'stranded')
        """,
        brand_id,
        asset,
    )
    return int(total)


async def _with_members(tx: Tx, rows: list[Record]) -> list[Family]:
    members = await tx.fetch(
        "select * from custody.member where family_id = any($1) order by family_id, seq",
        [row["id"] for row in rows],
    )
    of: dict[UUID, list[Member]] = {}
    for item in members:
        of.setdefault(item["family_id"], []).append(_member(item))
    return [_family(row, of.get(row["id"], [])) for row in rows]


async def move(tx: Tx, family: Family, to: FamilyState, note: str, **columns: object) -> None:
    """Change the state of a locked family, and note why; `engine.steps.move` keeps the machine."""
    await update(tx, family.id, state=to.value, **columns)
    await _note(tx, family.id, to, note)


async def settled_again(
    tx: Tx, family: Family, *, winner_seq: int, block_height: int, fee_base_units: int
) -> None:
    """A locked, settled family was mined elsewhere after a reorg."""
    await update(
        tx,
        family.id,
        winner_seq=winner_seq,
        block_height=block_height,
        fee_base_units=fee_base_units,
    )
    await _note(tx, family.id, family.state, f"mined again in block {block_height}")


async def steps(tx: Tx, family_id: FamilyId) -> int:
    """How many steps a family has made."""
    sql = "select count(*) from custody.family_step where family_id = $1"
    return int(await tx.fetchval(sql, family_id))


async def update(tx: Tx, family_id: FamilyId, **columns: object) -> None:
    """Set columns of a family; names are constants of our own code."""
    names = [*columns, "updated_at"]
    settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, start=2))
    touched = await tx.execute(
        f"update custody.family set {settings} where id = $1", family_id, *columns.values(), tx.now
    )
    assert touched == 1


async def _note(tx: Tx, family_id: FamilyId, state: FamilyState, note: str) -> None:
    await tx.execute(
        "insert into custody.family_step (family_id, state, note, at) values ($1, $2, $3, $4)",
        family_id,
        state.value,
        note,
        tx.now,
    )


# --- Members


async def add_member(tx: Tx, family_id: FamilyId, member: Member, order_id: UUID) -> None:
    """Keep an order before it is sent."""
    await tx.execute(
        """
        insert into custody.member
            (family_id, seq, purpose, state, base_units, gas_limit, max_fee_wei,
             priority_fee_wei, raw_unsigned, order_id, order_bytes, order_signature, created_at)
        values ($1, $2, $3, 'ordered', $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        family_id,
        member.seq,
        member.purpose.value,
        member.base_units,
        member.gas_limit,
        member.max_fee_wei,
        member.priority_fee_wei,
        member.raw_unsigned,
        order_id,
        member.order,
        member.order_signature,
        tx.now,
    )


async def set_signed(
    tx: Tx, family_id: FamilyId, seq: int, *, raw_signed: bytes, tx_hash: TxHash
) -> bool:
    """Keep the signed bytes; False when they are kept already."""
    touched = await tx.execute(
        """
        update custody.member set state = 'signed', raw_signed = $3, tx_hash = $4
        where family_id = $1 and seq = $2 and state = 'ordered'
        """,
        family_id,
        seq,
        raw_signed,
        tx_hash,
    )
    return touched == 1


async def set_refused(tx: Tx, family_id: FamilyId, seq: int, *, refusal: str) -> bool:
    """The signer will never sign this order; False when that is known already."""
    touched = await tx.execute(
        """
        update custody.member set state = 'refused', refusal = $3
        where family_id = $1 and seq = $2 and state = 'ordered'
        """,
        family_id,
        seq,
        refusal,
    )
    return touched == 1


async def set_broadcast(tx: Tx, family_id: FamilyId, seq: int) -> None:
    """A node has taken the bytes; the first time counts."""
    await tx.execute(
        """
        update custody.member set broadcast_at = $3
        where family_id = $1 and seq = $2 and broadcast_at is null
        """,
        family_id,
        seq,
        tx.now,
    )


# --- Lanes


async def open_lane(
    tx: Tx, *, chain: ChainId, address: Address, brand_id: int, next_nonce: int
) -> None:
    """A lane for an address, beginning where the chain is; nothing if there is one."""
    await tx.execute(
        """
        insert into custody.lane (chain, address, brand_id, next_nonce) values ($1, $2, $3, $4)
        on conflict do nothing
        """,
        chain,
        address,
        brand_id,
        next_nonce,
    )


async def lock_lane(tx: Tx, *, chain: ChainId, address: Address) -> Lane | None:
    """The lane, held until the transaction ends."""
    row = await tx.fetchrow(
        "select * from custody.lane where chain = $1 and address = $2 for update", chain, address
    )
    return None if row is None else _lane(row)


async def has_unsigned(tx: Tx, *, chain: ChainId, address: Address) -> bool:
    """Whether a family of the lane is between its nonce and its first signature."""
    found = await tx.fetchval(
        """
        select exists (
            select from custody.family where chain = $1 and source = $2 and state = 'ordered'
        )
        """,
        chain,
        address,
    )
    return bool(found)


async def set_nonce(tx: Tx, lane: Lane, *, next_nonce: int) -> None:
    """Move a locked lane."""
    touched = await tx.execute(
        """
        update custody.lane set next_nonce = $4
        where chain = $1 and address = $2 and next_nonce = $3
        """,
        lane.chain,
        lane.address,
        lane.next_nonce,
        next_nonce,
    )
    assert touched == 1


async def set_halted(tx: Tx, *, chain: ChainId, address: Address, reason: str | None) -> None:
    """Stop a lane, or let it go on."""
    await tx.execute(
        "update custody.lane set halted = $3 where chain = $1 and address = $2",
        chain,
        address,
        reason,
    )


async def halted_lanes(tx: Tx) -> list[Lane]:
    """Lanes that a person must look at."""
    rows = await tx.fetch("select * from custody.lane where halted is not null order by address")
    return [_lane(row) for row in rows]


async def vault_lanes(tx: Tx, *, chain: ChainId) -> list[Lane]:
    """The lanes of hot wallets and gas tanks."""
    rows = await tx.fetch(
        """
        select l.* from custody.lane l
        join custody.vault v on v.chain = l.chain and l.address in (v.hot_address, v.gas_address)
        where l.chain = $1 order by l.address
        """,
        chain,
    )
    return [_lane(row) for row in rows]


def _lane(row: Record) -> Lane:
    return Lane(
        ChainId(row["chain"]),
        Address(row["address"]),
        row["brand_id"],
        row["next_nonce"],
        row["halted"],
    )


# --- Rows


def _family(row: Record, members: list[Member]) -> Family:
    fee = row["fee_base_units"]
    return Family(
        id=FamilyId(row["id"]),
        brand_id=row["brand_id"],
        kind=FamilyKind(row["kind"]),
        chain=ChainId(row["chain"]),
        asset=AssetId(row["asset"]),
        source=Address(row["source"]),
        source_path=row["source_path"],
        destination=Address(row["destination"]),
        destination_path=row["destination_path"],
        base_units=int(row["base_units"]),
        ref=row["ref"],
        state=FamilyState(row["state"]),
        nonce=row["nonce"],
        failure=row["failure"],
        cancel_requested=row["cancel_requested"],
        approvals=tuple(
            Approval(name, expires_at, bytes.fromhex(signature))
            for name, expires_at, signature in row["approvals"]
        ),
        winner_seq=row["winner_seq"],
        block_height=row["block_height"],
        fee_base_units=None if fee is None else int(fee),
        retry_at=row["retry_at"],
        nonce_gone_since=row["nonce_gone_since"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        members=tuple(members),
    )


def _member(row: Record) -> Member:
    return Member(
        seq=row["seq"],
        purpose=Purpose(row["purpose"]),
        state=MemberState(row["state"]),
        base_units=int(row["base_units"]),
        gas_limit=row["gas_limit"],
        max_fee_wei=int(row["max_fee_wei"]),
        priority_fee_wei=int(row["priority_fee_wei"]),
        raw_unsigned=row["raw_unsigned"],
        order=row["order_bytes"],
        order_signature=row["order_signature"],
        raw_signed=row["raw_signed"],
        tx_hash=None if row["tx_hash"] is None else TxHash(row["tx_hash"]),
        refusal=row["refusal"],
        created_at=row["created_at"],
        broadcast_at=row["broadcast_at"],
    )

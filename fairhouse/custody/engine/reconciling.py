"""The books against the chain at one block, to the last unit.

The books run ahead of the chain (an amount departs when it is ordered) or behind it (it is settled
some blocks after it was mined). For every transaction that the two count differently at the block,
what lies between them is known exactly; nothing else may lie between them.
"""

from collections import defaultdict
from collections.abc import Mapping

from fairhouse.chains.types import Address, Included
from fairhouse.custody import rules
from fairhouse.custody.ports import Node
from fairhouse.custody.store import addresses, families, funding
from fairhouse.custody.types import (
    CustodyPolicy,
    Family,
    FamilyState,
    Member,
    Purpose,
    Reconciled,
    Vault,
)
from fairhouse.kernel.currencies import AssetId, native_asset
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.database import Tx

Place = tuple[int, AssetId, AccountCode]
Sums = dict[Place, int]

_UNSETTLED = (
    FamilyState.ORDERED,
    FamilyState.SIGNED,
    FamilyState.BROADCAST,
    FamilyState.STRANDED,
)


async def reconcile(
    tx: Tx,
    node: Node,
    policy: CustodyPolicy,
    *,
    height: int,
    uncredited: Mapping[tuple[int, AssetId], int],
) -> list[Reconciled]:
    """Every custody account of every brand on the chain against the chain at `height`.

    `tx` is one snapshot. `uncredited`: by brand and asset, what is at deposit addresses at that
    height and not booked by the cashier yet (less what it booked from later blocks). Raises
    NodeUnavailable.
    """
    chain = policy.spec.chain
    between = await _between(tx, node, policy, height)
    rows: list[Reconciled] = []
    for vault in await addresses.vaults(tx, chain=chain):
        for item in await funding.around(tx, chain=chain, brand_id=vault.brand_id, height=height):
            sign = -1 if item.is_booked else 1
            between[vault.brand_id, item.asset, item.place.account] += sign * item.base_units
        rows += await _rows(tx, node, policy, vault, height, between, uncredited)
    return rows


async def _rows(
    tx: Tx,
    node: Node,
    policy: CustodyPolicy,
    vault: Vault,
    height: int,
    between: Sums,
    uncredited: Mapping[tuple[int, AssetId], int],
) -> list[Reconciled]:
    spec = policy.spec
    deposits = await addresses.touched(tx, chain=spec.chain, brand_id=vault.brand_id)
    places: tuple[tuple[AccountCode, list[Address]], ...] = (
        (AccountCode.DEPOSIT_ADDRESSES, deposits),
        (AccountCode.HOT, [vault.hot_address]),
        (AccountCode.GAS_TANK, [vault.gas_address]),
    )
    rows: list[Reconciled] = []
    for asset_id in (spec.native, *(token.asset for token in spec.tokens)):
        contract = None if asset_id == spec.native else rules.contract_of(policy, asset_id)
        for account, held_at in places:
            at_addresses = account is AccountCode.DEPOSIT_ADDRESSES
            rows.append(
                Reconciled(
                    brand_id=vault.brand_id,
                    asset=asset_id,
                    account=account,
                    addresses=tuple(held_at),
                    ledger=await _booked(tx, vault.brand_id, account, asset_id),
                    in_flight=between[vault.brand_id, asset_id, account],
                    uncredited=uncredited.get((vault.brand_id, asset_id), 0) if at_addresses else 0,
                    chain=sum([await node.balance(item, contract, height) for item in held_at]),
                )
            )
        rows.append(await _transit(tx, vault.brand_id, asset_id))
    return rows


async def _transit(tx: Tx, brand_id: int, asset_id: AssetId) -> Reconciled:
    """What is between own accounts is the sum of the families that are on their way."""
    expected = await families.in_transit(tx, brand_id=brand_id, asset=asset_id)
    booked = await _booked(tx, brand_id, AccountCode.IN_TRANSIT, asset_id)
    return Reconciled(
        brand_id, asset_id, AccountCode.IN_TRANSIT, (), booked, 0, uncredited=0, chain=expected
    )


async def _booked(tx: Tx, brand_id: int, account: AccountCode, asset_id: AssetId) -> int:
    return (await ledger.balance(tx, key=AccountKey(brand_id, account, asset_id))).posted


async def _between(tx: Tx, node: Node, policy: CustodyPolicy, height: int) -> Sums:
    """What own transactions put between the books and the chain at the height."""
    chain = policy.spec.chain
    sums: Sums = defaultdict(int)
    for family in await families.live(tx, chain=chain, states=_UNSETTLED):
        mined = await _mined(node, family, height)
        _add(sums, family, rules.source_account(family.kind), family.base_units)
        if mined is not None:
            _apply(sums, family, *mined)
    # Settled lately: the block may be above the height, or a reorg may have moved it.
    since = height - policy.recheck_blocks
    for family in await families.settled_since(tx, chain=chain, height=since):
        winner = next(item for item in family.members if item.seq == family.winner_seq)
        success = family.state is FamilyState.CONFIRMED
        assert family.fee_base_units is not None
        _apply(sums, family, winner, success=success, fee=family.fee_base_units, sign=-1)
        mined = await _mined(node, family, height)
        if mined is not None:
            _apply(sums, family, *mined)
    return sums


async def _mined(node: Node, family: Family, height: int) -> tuple[Member, bool, int] | None:
    for member in family.signed_members:
        assert member.tx_hash is not None
        state = await node.transaction(member.tx_hash)
        if isinstance(state, Included) and state.block_height <= height:
            return member, state.success, state.fee_base_units
    return None


def _apply(
    sums: Sums, family: Family, winner: Member, success: bool, fee: int, sign: int = 1
) -> None:
    """What the chain did with a mined member, as if the books had not: or, with -1, undone."""
    source = rules.source_account(family.kind)
    moved = winner.base_units if success and winner.purpose is not Purpose.CANCEL else 0
    _add(sums, family, source, -sign * moved)
    destination = rules.destination_account(family.kind)
    if destination is not None:
        _add(sums, family, destination, sign * moved)
    native = native_asset(family.chain).id
    sums[family.brand_id, native, source] -= sign * fee


def _add(sums: Sums, family: Family, account: AccountCode, base_units: int) -> None:
    sums[family.brand_id, family.asset, account] += base_units

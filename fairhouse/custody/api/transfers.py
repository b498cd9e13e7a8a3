"""Payments from the hot wallet, each a transaction family."""

from collections.abc import Sequence

from fairhouse.chains.codecs.orders import Approval
from fairhouse.chains.types import Address
from fairhouse.custody.store import addresses, families
from fairhouse.custody.types import (
    Family,
    FamilyConflict,
    FamilyId,
    FamilyKind,
    FamilyState,
    NoVault,
    UnknownFamily,
    hot_path,
)
from fairhouse.kernel.currencies import AssetId
from fairhouse.kernel.currencies import asset as asset_by_id
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.database import Tx


async def request_transfer(
    tx: Tx,
    *,
    family_id: FamilyId,
    brand_id: int,
    asset: AssetId,
    destination: Address,
    base_units: int,
    ref: str,
    approvals: Sequence[Approval] = (),
) -> None:
    """Have a withdrawal paid from the brand's hot wallet, once. Worker only.

    The id is the payment: asked again with the same id nothing more happens. Refuses with
    FamilyConflict when the id stands for another payment, and with NoVault.
    """
    # CHECK
    assert base_units > 0
    chain = asset_by_id(asset).chain
    known = await families.by_id(tx, family_id)
    if known is not None:
        _check_same(known, brand_id, asset, destination, base_units)
        return
    vault = await addresses.vault(tx, brand_id=brand_id, chain=chain)
    if vault is None:
        raise NoVault("The brand has no hot wallet on this chain.")
    # RECORD
    family = Family(
        id=family_id,
        brand_id=brand_id,
        kind=FamilyKind.WITHDRAWAL,
        chain=chain,
        asset=asset,
        source=vault.hot_address,
        source_path=hot_path(brand_id),
        destination=destination,
        destination_path=None,
        base_units=base_units,
        ref=ref,
        state=FamilyState.PLANNED,
        nonce=None,
        failure=None,
        cancel_requested=False,
        approvals=tuple(approvals),
        winner_seq=None,
        block_height=None,
        fee_base_units=None,
        retry_at=None,
        nonce_gone_since=None,
        created_at=tx.now,
        updated_at=tx.now,
    )
    if not await families.add(tx, family):
        again = await families.by_id(tx, family_id)
        assert again is not None
        _check_same(again, brand_id, asset, destination, base_units)


def _check_same(
    known: Family, brand_id: int, asset: AssetId, destination: Address, base_units: int
) -> None:
    asked = (brand_id, asset, destination, base_units)
    if asked != (known.brand_id, known.asset, known.destination, known.base_units):
        raise FamilyConflict("This transfer id was used for another payment.", param="family_id")


async def family(tx: Tx, *, family_id: FamilyId) -> Family:
    """A family with its members. Refuses with UnknownFamily."""
    found = await families.by_id(tx, family_id)
    if found is None:
        raise UnknownFamily("No such transfer.", param="family_id")
    return found


async def approve(tx: Tx, *, family_id: FamilyId, approval: Approval) -> None:
    """Add a named approver's signature for the signer; it judges it, we only carry it. Worker only.

    Refuses with UnknownFamily.
    """
    found = await families.by_id(tx, family_id, lock=True)
    if found is None:
        raise UnknownFamily("No such transfer.", param="family_id")
    others = tuple(item for item in found.approvals if item.approver != approval.approver)
    await families.set_approvals(tx, family_id, (*others, approval))


async def request_cancellation(tx: Tx, *, family_id: FamilyId) -> Family:
    """Give a payment up: before any signature at once, afterwards by taking its nonce on the chain.

    Worker only. Afterwards the chain decides: the payment may still be mined first. Refuses with
    UnknownFamily. A family that is settled stays what it is.
    """
    # CHECK
    found = await families.by_id(tx, family_id, lock=True)
    if found is None:
        raise UnknownFamily("No such transfer.", param="family_id")
    # RECORD
    if found.state in {FamilyState.SIGNED, FamilyState.BROADCAST, FamilyState.ORDERED}:
        await families.update(tx, found.id, cancel_requested=True)
    elif found.state is FamilyState.PLANNED:
        await families.move(
            tx, found, FamilyState.CANCELLED_UNSIGNED, "given up by an operator",
            failure="cancelled",
        )  # fmt: skip
    return await family(tx, family_id=family_id)


async def hot_balance(tx: Tx, *, brand_id: int, asset: AssetId) -> int:
    """Base units that the hot wallet can still pay: what it has, less what was asked of it."""
    key = AccountKey(brand_id, AccountCode.HOT, asset)
    booked = await ledger.balance(tx, key=key)
    return booked.available - await families.planned_units(tx, brand_id=brand_id, asset=asset)

"""The use cases of custody. Engines (worker only) are in `custody.engine`."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairhouse.chains import api as chains
from fairhouse.chains.codecs.orders import Approval
from fairhouse.chains.codecs.vaults import SignedVault, VaultRecord, vault_message
from fairhouse.chains.types import Address
from fairhouse.custody import rules
from fairhouse.custody.store import addresses, families, health_rows
from fairhouse.custody.types import (
    DepositAddress,
    Family,
    FamilyConflict,
    FamilyId,
    FamilyKind,
    FamilyState,
    Health,
    NoVault,
    UnknownFamily,
    UntrustedVault,
    Vault,
    hot_path,
)
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.kernel.currencies import asset as asset_by_id
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.database import Tx

_log = structlog.get_logger("custody")


async def import_vault(tx: Tx, *, signed: SignedVault, identity_key: str) -> Vault:
    """Take a brand's public keys from the signer. Worker only; again with the same record: no-op.

    `identity_key` is the signer's Ed25519 public key (hex) from the settings. Refuses with
    UntrustedVault when another key signed, the signature is wrong, or a vault with other keys is
    there already.
    """
    # CHECK
    record = signed.record
    if signed.identity_key != identity_key or not _is_signed(signed):
        raise UntrustedVault("The vault record is not signed by the signer named in the settings.")
    known = await addresses.vault(tx, brand_id=record.brand_id, chain=record.chain_id)
    if known is not None:
        if known != _vault_of(record):
            raise UntrustedVault(
                "The brand has a vault with other keys; follow the key-compromise runbook."
            )
        return known
    # RECORD
    await addresses.add_vault(tx, signed)
    for address in (record.hot_address, record.gas_address):
        await chains.watch_address(tx, chain=record.chain_id, address=Address(address))
    return _vault_of(record)


def _is_signed(signed: SignedVault) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.identity_key))
        key.verify(bytes.fromhex(signed.signature), vault_message(signed.record))
    except (InvalidSignature, ValueError):
        return False
    return True


def _vault_of(record: VaultRecord) -> Vault:
    return Vault(
        brand_id=record.brand_id,
        chain=record.chain_id,
        deposit_xpub=record.deposit_xpub,
        hot_address=Address(record.hot_address),
        gas_address=Address(record.gas_address),
    )


async def deposit_address(
    tx: Tx, *, player_id: UUID, brand_id: int, asset: AssetId
) -> DepositAddress:
    """The player's address on the asset's chain, made and watched on first use.

    One address serves all assets of a chain. Refuses with NoVault.
    """
    # CHECK
    chain = asset_by_id(asset).chain
    known = await addresses.address_of(tx, brand_id=brand_id, chain=chain, player_id=player_id)
    if known is not None:
        return known
    vault = await addresses.vault(tx, brand_id=brand_id, chain=chain)
    if vault is None:
        raise NoVault("No deposit addresses can be made on this chain yet. Try again later.")
    await addresses.lock_sequence(tx, brand_id=brand_id, chain=chain)
    known = await addresses.address_of(tx, brand_id=brand_id, chain=chain, player_id=player_id)
    if known is not None:
        return known
    # DECIDE
    index = await addresses.take_index(tx, brand_id=brand_id, chain=chain)
    address = DepositAddress(
        brand_id=brand_id,
        player_id=player_id,
        chain=chain,
        index=index,
        address=rules.derived_address(vault.deposit_xpub, index),
    )
    # RECORD
    await addresses.add_address(tx, address)
    await chains.watch_address(tx, chain=chain, address=address.address)
    return address


async def owner_of(tx: Tx, *, chain: ChainId, address: str) -> DepositAddress | None:
    """Whose deposit address this is; None for everything else, vaults included.

    The address is derived again from the brand's signed public key: a row that somebody wrote with
    an address of their own choice owns nothing.
    """
    found = await addresses.by_address(tx, chain=chain, address=address)
    if found is None:
        return None
    vault = await addresses.vault(tx, brand_id=found.brand_id, chain=chain)
    if vault is None or rules.derived_address(vault.deposit_xpub, found.index) != found.address:
        _log.error("a deposit address is not derived from our keys", address=address)
        return None
    return found


async def is_ours(tx: Tx, *, chain: ChainId, address: str) -> bool:
    """Whether the signer holds the address's key: deposit addresses, hot wallets, gas tanks.

    What comes from such an address is our own movement, never a deposit.
    """
    return bool(await addresses.own(tx, chain=chain, addresses=[address]))


async def vaults(tx: Tx, *, chain: ChainId) -> list[Vault]:
    """The vaults of all brands on a chain."""
    return await addresses.vaults(tx, chain=chain)


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


async def health(tx: Tx) -> Health:
    """What stands still and why, and what was last heard of the signer."""
    waiting, oldest_at = await health_rows.waiting(tx)
    return Health(
        signer=await health_rows.signer_state(tx),
        halted_lanes=tuple(await families.halted_lanes(tx)),
        waiting=waiting,
        oldest_at=oldest_at,
    )


async def resume_lane(tx: Tx, *, chain: ChainId, address: Address) -> None:
    """Let a halted lane send again, after somebody has found out what took its nonce."""
    await families.set_halted(tx, chain=chain, address=address, reason=None)

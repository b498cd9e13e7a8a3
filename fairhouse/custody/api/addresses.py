"""Vaults and deposit addresses."""

from uuid import UUID

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairhouse.chains import api as chains
from fairhouse.chains.codecs.vaults import SignedVault, VaultRecord, vault_message
from fairhouse.chains.types import Address
from fairhouse.custody import rules
from fairhouse.custody.store import addresses
from fairhouse.custody.types import DepositAddress, NoVault, UntrustedVault, Vault
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.kernel.currencies import asset as asset_by_id
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

"""What players ask about deposits."""

from uuid import UUID

from fairhouse.brands import api as brands
from fairhouse.cashier.store import deposits as store
from fairhouse.cashier.types import (
    AssetNotOffered,
    AssetPolicy,
    CashierPolicy,
    Deposit,
    DepositId,
    DepositNotFound,
)
from fairhouse.custody import api as custody
from fairhouse.identity.types import Player, PlayerId, PlayerKind, RegistrationRequired
from fairhouse.kernel.currencies import Asset, asset
from fairhouse.platform.database import Tx
from fairhouse.protection import api as protection

PAGE_MAX = 100


def offered(asset_id: str, policy: CashierPolicy) -> tuple[Asset, AssetPolicy]:
    """Refuses with UnknownAsset and AssetNotOffered."""
    of = asset(asset_id)
    found = policy.assets.get(of.id)
    if found is None:
        choice = ", ".join(policy.assets)
        raise AssetNotOffered(f"{of.id} is not offered here; choose {choice}.", param="asset")
    return of, found


async def deposit_address(
    tx: Tx, *, player: Player, asset_id: str, policy: CashierPolicy
) -> tuple[str, AssetPolicy]:
    """The player's own address for an asset, always the same one.

    Refuses with UnknownAsset, AssetNotOffered, RegistrationRequired and Paused, and with Excluded,
    CoolingOff and DepositLimitReached, which show no address: what is sent to one that the player
    knows already is credited all the same.
    """
    # CHECK
    of, asset_policy = offered(asset_id, policy)
    if player.kind is PlayerKind.GUEST:
        raise RegistrationRequired("Guests play with play money; register to deposit.")
    brands.check_open(await brands.paused(tx, brand_id=policy.brand_id), brands.DEPOSITS)
    await protection.check_deposits_open(tx, player_id=player.id)
    # RECORD
    given = await custody.deposit_address(
        tx, player_id=player.id, brand_id=player.brand_id, asset=of.id
    )
    return given.address, asset_policy


async def deposits(
    tx: Tx, *, player_id: PlayerId, before: UUID | None = None, limit: int = 30
) -> list[Deposit]:
    """The player's, newest first, older than the id `before`."""
    size = max(1, min(limit, PAGE_MAX))
    return await store.of_player(tx, player_id=player_id, before=before, limit=size)


async def deposit(tx: Tx, *, deposit_id: DepositId, player_id: PlayerId) -> Deposit:
    """Refuses with DepositNotFound, also when it is another player's."""
    found = await store.find(tx, deposit_id)
    if found is None or found.player_id != player_id:
        raise DepositNotFound("There is no such deposit.", param="id")
    return found


async def suspended_tokens(tx: Tx, *, before: UUID | None = None, limit: int = 50) -> list[Deposit]:
    """What arrived and is none of ours: recorded, never worth anything. Newest first."""
    size = max(1, min(limit, PAGE_MAX))
    return await store.unrecognised(tx, before=before, limit=size)

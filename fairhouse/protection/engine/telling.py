"""After a change: the history, the guard's version, the event, and the player."""

from dataclasses import dataclass

from fairhouse.identity import api as identity
from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.messages import api as messages
from fairhouse.messages.types import Fields
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce
from fairhouse.protection.events import LimitsChanged
from fairhouse.protection.store import guards
from fairhouse.protection.store import limits as store
from fairhouse.protection.types import Actor, Change, LimitKind, Period


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and why."""

    actor: Actor
    staff_id: StaffId | None = None
    reason: str | None = None


PLAYER = By(Actor.PLAYER)


@dataclass(frozen=True, slots=True)
class Whom:
    """The player concerned."""

    player_id: PlayerId
    brand_id: int


async def write_down(
    tx: Tx,
    whom: Whom,
    by: By,
    action: str,
    *,
    kind: LimitKind | None = None,
    period: Period | None = None,
    before: int | None = None,
    after: int | None = None,
) -> None:
    """One line of the history."""
    await store.add_change(
        tx,
        Change(
            id=tx.new_id(),
            player_id=whom.player_id,
            brand_id=whom.brand_id,
            at=tx.now,
            actor=by.actor,
            staff_id=by.staff_id,
            action=action,
            kind=kind,
            period=period,
            from_amount=before,
            to_amount=after,
            reason=by.reason,
        ),
    )


async def limits_changed(
    tx: Tx, whom: Whom, kind: LimitKind, period: Period, amount: int | None
) -> None:
    """Owners of lanes read the guard again, by event or by polling."""
    await guards.touch(tx, player_id=whom.player_id, brand_id=whom.brand_id)
    await announce(tx, LimitsChanged(whom.brand_id, whom.player_id, kind, period, amount))


async def tell(tx: Tx, sealer: Sealer, whom: Whom, kind: str, fields: Fields) -> None:
    """Behind the bell and by mail, under the same name in both catalogues."""
    await messages.notify(
        tx, brand_id=whom.brand_id, player_id=whom.player_id, kind=kind, fields=fields
    )
    await identity.mail_player(
        tx, sealer=sealer, player_id=whom.player_id, template=kind, fields=fields
    )

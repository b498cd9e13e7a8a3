"""What all steps share: their tools, named points where a crash can be tried, state changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fairhouse.custody.events import LaneHalted
from fairhouse.custody.ports import Node, Signer
from fairhouse.custody.rules import TRANSITIONS
from fairhouse.custody.store import families
from fairhouse.custody.types import CustodyPolicy, Family, FamilyState, Lane
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.outbox import announce


class OrderSigner(Protocol):
    """The worker's key, by which the signer knows its orders."""

    def sign_order(self, order: bytes) -> bytes:
        """The signature over an order's canonical bytes."""
        ...


def _go_on(point: str) -> None:
    """Nothing happens between two statements, as a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the engine of one chain works with."""

    db: Database
    node: Node
    signer: Signer
    key: OrderSigner
    policy: CustodyPolicy
    at: Callable[[str], None] = _go_on
    """Called at every edge between the database and the world; tests let it crash there."""


async def move(tx: Tx, family: Family, to: FamilyState, note: str, **columns: object) -> None:
    """Change the state of a locked family along TRANSITIONS."""
    assert to in TRANSITIONS[family.state], f"{family.state} does not become {to}"
    await families.move(tx, family, to, note, **columns)


async def halt_lane(tx: Tx, of: Family | Lane, reason: str) -> None:
    """Send nothing more from an address until a person has looked, and tell everybody."""
    address = of.source if isinstance(of, Family) else of.address
    lane = await families.lock_lane(tx, chain=of.chain, address=address)
    if lane is None or lane.halted is not None:
        return
    await families.set_halted(tx, chain=lane.chain, address=lane.address, reason=reason)
    await announce(
        tx,
        LaneHalted(brand_id=lane.brand_id, subject=lane.address, chain=lane.chain, reason=reason),
    )

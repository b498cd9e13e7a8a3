"""Observations told short, for stories about rules."""

import hashlib
import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from fairhouse.platform.database import Database
from fairhouse.risk import api as risk
from fairhouse.risk.types.checks import usd
from fairhouse.risk.types.observations import Kind, Observation
from fairhouse.risk.types.rules import Decision, RuleVersion
from tests.conftest import SettableClock

_numbers = itertools.count(1)


def player(number: int) -> UUID:
    return UUID(int=number)


class Teller:
    """Tells risk one thing after another, at the clock's time."""

    def __init__(self, db: Database, clock: SettableClock) -> None:
        self._db = db
        self.clock = clock
        self.facts: list[Observation] = []

    async def tell(
        self, who: UUID, kind: Kind, dollars: int = 0, *, ago: timedelta | None = None, **more: Any
    ) -> list[Decision]:
        """One observation; texts of device, address and so on are hashed."""
        hashed: dict[str, Any] = {
            name: hashlib.sha256(value.encode()).digest()[:16] if isinstance(value, str) else value
            for name, value in more.items()
            if name in {"device", "ip", "network", "address"}
        }
        made = Observation(
            key=f"test:{next(_numbers)}",
            kind=kind,
            at=self.clock.time - (ago or timedelta(0)),
            brand_id=more.get("brand_id", 1),
            player_id=who,
            value=more.get("value", usd(dollars)),
            moved=usd(more.get("moved", 0)),
            country=more.get("country"),
            asset=more.get("asset"),
            ref=more.get("ref"),
            **hashed,
        )
        self.facts.append(made)
        async with self._db.tx() as tx:
            found = await risk.observe(tx, facts=[made])
        # Lives of three facts are unusual to the model; it has tests of its own.
        return [one for one in found if one.rule != "anomaly"]

    async def many(self, told: Sequence[tuple[UUID, Kind, int]]) -> list[Decision]:
        found: list[Decision] = []
        for who, kind, dollars in told:
            found += await self.tell(who, kind, dollars)
        return found


async def install(db: Database) -> None:
    async with db.tx() as tx:
        await risk.install_built_in(tx)


async def publish(db: Database, definition: dict[str, Any]) -> RuleVersion:
    """Drafted by one, tested, published by another."""
    async with db.tx() as tx:
        draft = await risk.draft_rule(
            tx, definition=definition, brand_id=None, author="anna", reason="a story"
        )
        await risk.back_test(
            tx,
            version_id=draft.id,
            since=tx.now - timedelta(days=30),
            until=tx.now,
            run_by="anna",
        )
        return await risk.publish_rule(tx, version_id=draft.id, by="bela", reason="a story")


def names(decisions: Sequence[Decision]) -> set[str]:
    return {one.rule for one in decisions}

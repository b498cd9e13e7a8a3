"""The batch result equals the same commands one by one: twins play the same script, one all at
once and one step by step, through the road; then everything that is told and kept is compared.

Poisoned commands are among them: a game that raises or refuses while it decides, text that jsonb
cannot hold, payouts that the journal's checks or the wire cannot take. Each fails alone.
"""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, example, given, settings
from structlog.testing import capture_logs

from devnet.prices import signed_snapshot
from fairhouse.betting.jobs import fold_lanes
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateSettings
from tests.flows.betting_kit import Table, check_books, table_on
from tests.folding import check_fold
from tests.properties.road_twins import Command, Script, World, scripts

EXAMPLES = int(os.environ.get("FAIRHOUSE_EXAMPLES", "30"))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RATES = RateSettings(public_keys=(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),))


async def compare(table: Table, script: Script) -> None:
    with capture_logs():
        await _compare(table, script)


async def _compare(table: Table, script: Script) -> None:
    together, alone = await World.make(table), await World.make(table)
    for part in script.parts:
        told = await together.all_at_once(part)
        meant = await alone.one_by_one(part)
        for command, one, other in zip(part, told, meant, strict=True):
            assert one == other, command
    while await fold_lanes(table.db):
        pass
    assert await together.standing() == await alone.standing()
    await check_books(table.db)
    await check_fold(table.db)


@pytest.fixture
def world(database_urls) -> Iterator[tuple[asyncio.Runner, Table]]:
    with asyncio.Runner() as runner:
        worker = runner.run(Database.connect(database_urls.worker, PoolSettings(size_max=2)))
        runner.run(_quote(worker))
        db = runner.run(Database.connect(database_urls.app, PoolSettings(size_max=8)))
        opened = table_on(db)
        table = runner.run(opened.__aenter__())
        yield runner, table
        runner.run(opened.__aexit__(None, None, None))
        runner.run(db.close())
        runner.run(worker.close())


async def _quote(worker_db: Database) -> None:
    async with worker_db.tx() as tx:
        document = signed_snapshot(datetime.now(UTC), KEY)
        await rates.record_snapshot(tx, document=document, settings=RATES)


def _instant(player: int, id_: int, **changes: object) -> Command:
    return Command("instant", player, id_, **changes)  # type: ignore[arg-type]


POISONED = [
    Script(
        [
            *(_instant(0, id_, times=1) for id_ in range(3)),
            _instant(1, 0, poison=poison, times=1),
            *(_instant(2, id_, times=2) for id_ in range(4)),
            _instant(1, 1, times=3),
        ],
        [Command("instant", 2, 0, of=0), Command("instant", 1, 0, of=1)],
        [_instant(1, 0, poison=poison, times=1), _instant(0, 0, times=1), _instant(0, 0, times=2)],
    )
    for poison in ("raise", "refuse", "nul", "negative", "huge")
]


def test_a_batch_equals_its_commands_one_by_one(world):
    runner, table = world

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(scripts)
    @example(POISONED[0])
    @example(POISONED[1])
    @example(POISONED[2])
    @example(POISONED[3])
    @example(POISONED[4])
    def check(script: Script) -> None:
        runner.run(compare(table, script))

    check()


def test_the_poisoned_one_fails_alone(world):
    """Not only as it would alone: it fails, and the others do not."""
    runner, table = world

    async def play() -> None:
        for script in POISONED:
            one = await World.make(table)
            with capture_logs():
                answers = await one.all_at_once(script.first)
            assert [answer[0] for answer in answers] == [
                *["bet"] * 3,
                "refused" if script.first[3].poison == "refuse" else "failed",
                *["bet"] * 5,
            ], script.first[3].poison

    runner.run(play())

"""A backup is one when it was restored: to an empty server, with the same books and log."""

from dataclasses import replace
from pathlib import Path

from fairhouse.audit import api as audit
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.platform.postgres.roles import DatabaseUrls
from tests.conftest import POOL, SettableClock
from tests.flows.cashier_world import ETH, a_world
from tools.restore_test import RESTORED, dump, empty_server, restore

KEYS = audit.audit_keys(Sealer({1: bytes(range(32))}))


async def test_what_was_dumped_comes_back_to_an_empty_server(
    database_urls: DatabaseUrls,
    db: Database,
    worker_db: Database,
    clock: SettableClock,
    tmp_path: Path,
):
    world = await a_world(db, worker_db)
    await world.give(ETH, 700)
    async with db.tx() as tx:
        await audit.record(
            tx, stream="brand:1", actor="stf_x", deed="switch.pause", subject="x", reason="because"
        )
    before = await dump(database_urls.owner, tmp_path / "dump")
    await world.give(ETH, 5)
    with empty_server() as urls:
        after = await restore(urls, tmp_path / "dump")
        restored = await Database.connect(urls.to(RESTORED).app, POOL, clock=clock)
        try:
            async with restored.read() as tx:
                verdict = await audit.verify(tx, keys=KEYS)
        finally:
            await restored.close()

    assert [] == before.differences(after)
    assert len(before.balances) >= 2
    assert before.rows["ledger.transfer"] == 1, "the dump's own moment, not a later one"
    assert (verdict.entries, verdict.breaks) == (1, ())
    broken = replace(after, balances=after.balances[1:], rows={**after.rows, "audit.entry": 0})
    assert len(before.differences(broken)) == 2

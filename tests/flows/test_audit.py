"""The audit log for whoever records: before and after, order, and what a failure leaves behind."""

import asyncio
import json
import secrets
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from fairhouse.audit import api as audit
from fairhouse.audit import rules
from fairhouse.audit.types import Deed
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.migrate import migration_files, upgrade
from fairhouse.platform.postgres.roles import DatabaseUrls, drop_database, ensure_database
from tests.conftest import POOL, SettableClock

KEYS = audit.audit_keys(Sealer({1: bytes(range(32))}))
ONE = UUID("01890000-0000-7000-8000-000000000001")


async def note(tx: Tx, stream: str = "brand:1", reason: str = "looked at it", **facts: object):
    await audit.record(
        tx,
        stream=stream,
        actor="job:test",
        deed="rule.publish",
        subject="rule:x",
        reason=reason,
        **facts,  # type: ignore[arg-type]
    )


async def read(db: Database, streams: tuple[str, ...] = ("brand:1",)):
    async with db.read() as tx:
        return list(reversed(await audit.entries(tx, streams=streams)))


async def test_an_entry_has_before_after_and_component(db: Database):
    before = {"limit": 5, "since": datetime(2026, 1, 1, tzinfo=UTC), "by": ONE}
    async with db.tx() as tx:
        await note(tx, before=before, after={"limit": 2**60, "of": ["a", 1, None, True]})
    (entry,) = await read(db)

    assert entry.details == {
        "before": {"limit": 5, "since": "2026-01-01T00:00:00.000000+00:00", "by": str(ONE)},
        "after": {"limit": str(2**60), "of": ["a", 1, None, True]},
    }
    assert (entry.component, entry.seq) == ("fairhouse-tests", 1)
    async with db.read() as tx:
        assert (await audit.verify(tx, keys=KEYS)).breaks == ()


async def test_entries_keep_their_order_and_streams(db: Database):
    async with db.tx() as tx:
        for number in range(3):
            await note(tx, "events:1", f"event {number}")
            await note(tx, "brand:1", f"deed {number}")
    found = await read(db, ("brand:1", "events:1"))

    assert [(one.stream, one.seq, one.reason) for one in found] == [
        *(("brand:1", number + 1, f"deed {number}") for number in range(3)),
        *(("events:1", number + 1, f"event {number}") for number in range(3)),
    ]


async def test_what_is_undone_is_not_in_the_log(db: Database):
    with pytest.raises(ZeroDivisionError):
        async with db.tx() as tx:
            await note(tx)
            raise ZeroDivisionError
    async with db.tx() as tx:
        await note(tx, reason="stays")
        with pytest.raises(ZeroDivisionError):
            async with tx.savepoint():
                await note(tx, reason="goes")
                raise ZeroDivisionError

    assert [one.reason for one in await read(db)] == ["stays"]


async def test_many_at_once_never_wait_in_a_circle(db: Database):
    """Each records into the streams of the others, in another order."""

    async def one(number: int) -> None:
        async with db.tx() as tx:
            for part in range(4):
                await note(tx, f"brand:{(number + part * (1 + number % 2)) % 4}")
                await tx.fetchval("select pg_sleep(0.002)")

    await asyncio.gather(*(one(number) for number in range(24)))

    async with db.read() as tx:
        verdict = await audit.verify(tx, keys=KEYS)
    assert (verdict.entries, verdict.breaks) == (96, ())


async def test_texts_that_no_database_takes_are_written_all_the_same(db: Database):
    async with db.tx() as tx:
        await note(tx, reason="a\x00b\ud800c", after="\x00")
        await note(tx, reason="")
    first, second = await read(db)
    assert (first.reason, first.details["after"]) == ("a?b?c", "?")
    assert second.reason == "(no reason)"
    async with db.read() as tx:
        assert (await audit.verify(tx, keys=KEYS)).breaks == ()


async def test_a_stranger_verifies_a_checkpoint_with_the_public_key(db: Database):
    async with db.tx() as tx:
        await note(tx)
    async with db.tx() as tx:
        (made,) = await audit.make_checkpoints(tx, keys=KEYS)

    other = audit.audit_keys(Sealer({1: bytes(32)})).public
    assert rules.is_signed(KEYS.public, made)
    assert not rules.is_signed(other, made)
    assert made.public_key == KEYS.public


async def test_a_chain_begun_in_the_back_office_survives_its_move(
    postgres: DatabaseUrls, clock: SettableClock
):
    name = f"test_move_{secrets.token_hex(4)}"
    ensure_database(postgres.admin, name)
    urls = postgres.to(name)
    files = migration_files()
    upgrade(urls.owner, [file for file in files if file.name < "0038"])
    deed = Deed(
        stream="brand:1",
        actor="stf_x",
        action="switch.pause",
        subject="betting",
        reason="ümlaut",
        details={"before": False, "after": True, "none": None},
    )
    first = rules.linked(deed, seq=1, previous_hash=rules.GENESIS, at=clock.time)
    second = rules.linked(deed, seq=2, previous_hash=first.hash, at=clock.time)
    with psycopg.connect(urls.owner) as connection:
        for one in (first, second):
            connection.execute(
                "insert into backoffice.audit values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    *(one.stream, one.seq, one.at, one.actor, one.action, one.subject, one.reason),
                    *(json.dumps(dict(one.details)), one.previous_hash, one.hash),
                ],
            )
    upgrade(urls.owner, files)
    moved = await Database.connect(urls.app, POOL, clock=clock)
    try:
        async with moved.tx() as tx:
            await note(tx)
        async with moved.read() as tx:
            verdict = await audit.verify(tx, keys=KEYS)
        newest, *_ = reversed(await read(moved))
    finally:
        await moved.close()
        drop_database(postgres.admin, name)
    assert (verdict.entries, verdict.breaks) == (3, ())
    assert newest.previous_hash == second.hash

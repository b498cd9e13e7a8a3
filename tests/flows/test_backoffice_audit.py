"""The audit log against its owner: whatever is done to it is found, with its number."""

import asyncpg
import pytest

from fairhouse.audit import api as audit
from fairhouse.audit.jobs import AuditBroken, watch_audit
from fairhouse.audit.rules import Keys
from fairhouse.audit.types import Flaw
from fairhouse.backoffice import api
from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.backoffice.types import Action, Actor
from fairhouse.identity.types import SessionId, StaffSession
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import House

FORGED_TAIL = " details, decode(repeat('cd', 32), 'hex'), hash from audit.entry where seq = 5"
KEYS = audit.audit_keys(stage.sealer())


@pytest.fixture
async def house(db: Database, worker_db: Database, clock: SettableClock) -> House:
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    return await stage.a_house(db, worker_db, clock, deps)


async def write(house: House, count: int = 5, brand_id: int | None = 1) -> None:
    """So many deeds of anna's."""
    async with house.db.tx() as tx:
        session = StaffSession(SessionId(tx.new_id()), house.staff["anna"], tx.now, tx.now)
        actor = Actor(session, (1, 2))
        for number in range(count):
            await api.record(
                tx,
                actor=actor,
                action=Action.PAUSE,
                brand_id=brand_id,
                subject="betting",
                reason=f"reason {number} – with ümlaut",
                details={"before": False, "after": True, "number": number, "none": None},
            )


async def breaks(house: House, keys: Keys = KEYS) -> list[tuple[str, int, Flaw]]:
    async with house.db.read() as tx:
        verdict = await audit.verify(tx, keys=keys)
    return [(item.stream, item.seq, item.flaw) for item in verdict.breaks]


async def tamper(owner_db: Database, sql: str, *values: object) -> None:
    """As the database's owner, who can switch triggers off."""
    async with owner_db.tx() as tx:
        await tx.execute("alter table audit.entry disable trigger all")
        await tx.execute("alter table audit.checkpoint disable trigger all")
        await tx.execute(sql, *values)
        await tx.execute("alter table audit.entry enable trigger all")
        await tx.execute("alter table audit.checkpoint enable trigger all")


async def test_chains_hold_and_are_apart(house: House):
    await write(house)
    await write(house, 2, brand_id=2)
    await write(house, 1, brand_id=None)
    async with house.db.read() as tx:
        verdict = await audit.verify(tx, keys=KEYS)

    assert (verdict.entries, verdict.streams, verdict.breaks) == (8, 3, ())


@pytest.mark.parametrize(
    ("sql", "seq", "flaw"),
    [
        ("update audit.entry set reason = 'another' where seq = 3", 3, Flaw.ALTERED),
        ("update audit.entry set actor = 'stf_x' where seq = 1", 1, Flaw.ALTERED),
        ("update audit.entry set at = at - interval '1 s' where seq = 5", 5, Flaw.ALTERED),
        (
            """update audit.entry set details = details || '{"number": 9}' where seq = 2""",
            2,
            Flaw.ALTERED,
        ),
        (
            "update audit.entry set hash = decode(repeat('ab', 32), 'hex') where seq = 4",
            4,
            Flaw.ALTERED,
        ),
        ("delete from audit.entry where seq = 2", 2, Flaw.UNLINKED),
        ("delete from audit.entry where seq = 1", 1, Flaw.UNLINKED),
        ("update audit.entry set seq = 9 where seq = 5", 5, Flaw.UNLINKED),
        (
            "insert into audit.entry (stream, seq, at, actor, action, subject, reason, details,"
            " previous_hash, hash) select stream, 6, at, actor, action, subject, reason,"
            + FORGED_TAIL,
            6,
            Flaw.UNLINKED,
        ),
    ],
)
async def test_an_owner_who_tampers_is_found(
    house: House, owner_db: Database, sql: str, seq: int, flaw: Flaw
):
    await write(house)
    await tamper(owner_db, sql)

    assert await breaks(house) == [("brand:1", seq, flaw)]


async def test_a_cut_end_is_found_by_its_checkpoint(house: House, owner_db: Database):
    await write(house)
    await watch_audit(house.db, stage.sealer())
    await tamper(owner_db, "delete from audit.entry where seq > 3")

    assert await breaks(house) == [("brand:1", 4, Flaw.CUT)]


async def test_a_whole_chain_gone_is_found_by_its_checkpoint(house: House, owner_db: Database):
    await write(house)
    await watch_audit(house.db, stage.sealer())
    await tamper(owner_db, "delete from audit.entry")

    assert await breaks(house) == [("brand:1", 1, Flaw.CUT)]


async def test_a_chain_written_anew_is_found_by_its_checkpoint(house: House, owner_db: Database):
    await write(house)
    await watch_audit(house.db, stage.sealer())
    await tamper(owner_db, "delete from audit.entry")
    house.clock.advance(seconds=1)
    await write(house)

    assert await breaks(house) == [("brand:1", 5, Flaw.REWRITTEN)]


async def test_a_forged_checkpoint_is_found(house: House, owner_db: Database):
    await write(house)
    await watch_audit(house.db, Sealer({1: b"\x09" * 32}))

    assert await breaks(house) == [("brand:1", 5, Flaw.FORGED)]


async def test_the_job_is_ill_while_a_chain_is_broken(house: House, owner_db: Database):
    await write(house)
    assert await watch_audit(house.db, stage.sealer()) == 0
    await tamper(owner_db, "update audit.entry set reason = 'another' where seq = 3")

    with pytest.raises(AuditBroken, match="brand:1 #3 altered"):
        await watch_audit(house.db, stage.sealer())


@pytest.mark.parametrize("table", ["audit.entry", "audit.checkpoint", "backoffice.note"])
async def test_the_application_cannot_change_the_past(house: House, table: str):
    for sql in (
        f"update {table} set at = now()",
        f"delete from {table}",
        f"truncate {table}",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with house.db.tx() as tx:
                await tx.execute(sql)


async def test_not_even_an_owner_changes_it_by_mistake(house: House, owner_db: Database):
    await write(house)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with owner_db.tx() as tx:
            await tx.execute("update audit.entry set reason = 'another'")


async def test_a_row_that_joins_nothing_is_refused(house: House):
    await write(house)
    fork = (
        "insert into audit.entry (stream, seq, at, actor, action, subject, reason, details,"
        " previous_hash, hash) select stream, seq + 1, at, actor, action, subject, reason,"
        + FORGED_TAIL
    )
    with pytest.raises(asyncpg.RestrictViolationError):
        async with house.db.tx() as tx:
            await tx.execute(fork)


async def test_pages_name_the_first_broken_entry(house: House, owner_db: Database):
    await write(house, 4)
    async with house.at_work("carl") as carl:
        await carl.get("/admin/audit")
        good = stage.shown(await carl.post("/admin/audit/verify"))
        await tamper(
            owner_db,
            "update audit.entry set subject = 'x' where stream = 'brand:1' and seq = 2",
        )
        bad = stage.shown(await carl.post("/admin/audit/verify"))
        log = await carl.text("/admin/audit?action=audit.verify")

    assert "every link and every checkpoint holds" in good
    assert "Chain brand:1 breaks at entry 2. Its content was altered." in bad
    assert "breaks=brand:1#2" in log

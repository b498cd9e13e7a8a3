"""Four eyes: what one wishes another approves, whatever a process believes."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from fairhouse.approvals import api as approvals
from fairhouse.approvals.types import (
    SecondPersonNeeded,
    UnknownWish,
    Wish,
    WishDecided,
    WishOutdated,
    WishWaits,
)
from fairhouse.audit import api as audit
from fairhouse.platform.database import Database, Tx

ANN = UUID("01890000-0000-7000-8000-00000000000a")
BOB = UUID("01890000-0000-7000-8000-00000000000b")
NOW = {"limit": 5}


async def wish(db: Database, subject: str = "rule:x", brand_id: int | None = 1) -> Wish:
    async with db.tx() as tx:
        return await approvals.propose(
            tx,
            kind="risk.rule",
            brand_id=brand_id,
            subject=subject,
            before=NOW,
            after={"limit": 4},
            staff_id=ANN,
            reason="tighter",
        )


async def decide(
    tx: Tx,
    made: Wish,
    who: UUID = BOB,
    *,
    is_approved: bool = True,
    current: dict[str, int] | None = None,
) -> Wish:
    return await approvals.decide(
        tx,
        wish_id=made.id,
        staff_id=who,
        is_approved=is_approved,
        reason="looked at it",
        current=NOW if current is None else current,
    )


async def test_a_second_person_approves_and_all_of_it_is_in_the_log(db: Database):
    made = await wish(db)
    async with db.tx() as tx:
        done = await decide(tx, made)
    async with db.read() as tx:
        log = await audit.entries(tx, streams=["brand:1"])
        waiting = await approvals.wishes(tx, brand_ids=[1])
        decided = await approvals.wishes(tx, brand_ids=[1], is_open=False)

    assert (done.is_approved, done.decided_by, done.after) == (True, BOB, {"limit": 4})
    assert (waiting, [one.id for one in decided]) == ([], [made.id])
    assert [(one.action, one.details["before"], one.details["after"]) for one in log] == [
        ("risk.rule.approve", NOW, {"limit": 4}),
        ("risk.rule.propose", NOW, {"limit": 4}),
    ]


async def test_nobody_approves_their_own_but_may_take_it_back(db: Database):
    made = await wish(db)
    with pytest.raises(SecondPersonNeeded):
        async with db.tx() as tx:
            await decide(tx, made, ANN)
    async with db.tx() as tx:
        back = await decide(tx, made, ANN, is_approved=False)
    assert back.is_approved is False


async def test_the_database_refuses_what_a_process_believes(db: Database):
    made = await wish(db)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with db.tx() as tx:
            await tx.execute(
                "insert into approvals.decision values ($1, true, $2, 'because', now())",
                made.id,
                ANN,
            )
    for sql in ("update approvals.wish set reason = 'xyz'", "delete from approvals.wish"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.tx() as tx:
                await tx.execute(sql)


async def test_one_wish_about_a_thing_waits_at_a_time(db: Database):
    made = await wish(db)
    await wish(db, "rule:y")
    await wish(db, brand_id=None)
    with pytest.raises(WishWaits):
        await wish(db)
    async with db.tx() as tx:
        await decide(tx, made, is_approved=False)
    assert (await wish(db)).id != made.id


async def test_what_was_changed_meanwhile_is_not_approved(db: Database):
    made = await wish(db)
    with pytest.raises(WishOutdated):
        async with db.tx() as tx:
            await decide(tx, made, current={"limit": 6})
    async with db.tx() as tx:
        assert (await decide(tx, made, is_approved=False, current={"limit": 6})).is_open is False


async def test_of_two_decisions_at_once_one_counts(db: Database):
    made = await wish(db)
    seen = 0

    async def one(who: UUID, is_approved: bool) -> bool:
        nonlocal seen
        async with db.tx() as tx:
            seen += 1
            while seen < 2:
                await asyncio.sleep(0.001)
            return (await decide(tx, made, who, is_approved=is_approved)).is_open

    answers = await asyncio.gather(one(BOB, True), one(ANN, False), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["WishDecided", "bool"]
    with pytest.raises(WishDecided):
        async with db.tx() as tx:
            await decide(tx, made)


async def test_a_brand_sees_its_own_and_the_house_s(db: Database):
    mine, house = await wish(db), await wish(db, brand_id=None)
    await wish(db, brand_id=2)
    async with db.read() as tx:
        seen = await approvals.wishes(tx, brand_ids=[1])
        alone = await approvals.wishes(tx, brand_ids=[1], with_house=False)
        with pytest.raises(UnknownWish):
            await approvals.wish(tx, wish_id=ANN)

    assert {one.id for one in seen} == {mine.id, house.id}
    assert [one.id for one in alone] == [mine.id]

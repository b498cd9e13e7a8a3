"""The books around every round: what was answered is there, once, and no money appeared.

`begin` remembers the balances; `check` compares, account by account, how they moved with what the
round's own entries add up to, counts those entries against what the clients were told, and looks
for gaps in every player's nonces. That is exact and costs in proportion to the round alone; the
full audit (`ledger.imbalances`) runs at the end of each scenario.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fairhouse.betting.store import upkeep
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Database

QUIET_S: Final = 0.4
FOLLOWED_MAX_S: Final = 120

_MOVED = """
with own as materialized (
    select cash_account, house_account, stake, payout from betting.entry where id >= $1
), legs as (
    select account_id, sum(debit) as debit, sum(credit) as credit from (
        select cash_account as account_id, sum(stake) as debit, sum(payout) as credit
        from own group by cash_account
        union all
        select house_account, sum(payout), sum(stake) from own group by house_account
    ) as leg group by account_id
), moved as (
    select b.account_id, b.debits_posted - coalesce(p.debits_posted, 0) as debit,
           b.credits_posted - coalesce(p.credits_posted, 0) as credit
    from ledger.balance b {join} join bench.before p using (account_id)
)
select count(*) from moved full join legs using (account_id)
where (coalesce(moved.debit, 0), coalesce(moved.credit, 0))
   is distinct from (coalesce(legs.debit, 0), coalesce(legs.credit, 0))
"""

_ACTIVE = """ where account_id in (
    select cash_account from bench.player union select house_account from bench.player
)"""

_NONCES = """
select count(*) from (
    select from betting.entry where id >= $1 group by seed_pair_id
    having max(nonce) - min(nonce) + 1 <> count(*) or count(distinct nonce) <> count(*)
) as broken
"""


class BooksBroken(AssertionError):
    """A money delta or a count that does not agree: the run fails."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round under audit."""

    since: UUID
    """No entry of the round has a smaller id."""
    whole: bool
    """All balances are compared; otherwise those of the active players and the house."""


async def quiet(owner: Database) -> None:
    """Wait until nothing moves: load generators leave with requests under way."""
    async with owner.read() as tx:
        house = await tx.fetch("select id from ledger.account where code = 'house_bankroll'")
    before: object = None
    while True:
        async with owner.read() as tx:
            now = await tx.fetchval(
                "select sum(debits_posted + credits_posted) from ledger.balance"
                " where account_id = any($1)",
                [row["id"] for row in house],
            )
        if now == before:
            return
        before = now
        await asyncio.sleep(QUIET_S)


async def followed(owner: Database) -> float:
    """Wait until the fold has caught up with the journal; the seconds that it took.

    What a round leaves to it must not be done in the time of the next one.
    """
    began_s = time.monotonic()
    while True:
        async with owner.read() as tx:
            if not await upkeep.lanes_behind(tx):
                return time.monotonic() - began_s
        if time.monotonic() - began_s > FOLLOWED_MAX_S:
            raise BooksBroken("the fold does not catch up with the journal")
        await asyncio.sleep(0.1)


async def begin(owner: Database, *, whole: bool = True) -> Round:
    """Remember the balances; nothing may be under way.

    With `whole` unset only those that the round may move: one that it moves beside them still
    shows, as an entry whose account's balance was not remembered.
    """
    async with owner.tx() as tx:
        await tx.execute("truncate bench.before")
        await tx.execute(
            "insert into bench.before select account_id, debits_posted, credits_posted"
            " from ledger.balance" + ("" if whole else _ACTIVE)
        )
        await tx.execute("analyze bench.before")
        return Round(await tx.fetchval("select betting.id_floor(clock_timestamp())"), whole)


async def check(
    owner: Database, of: Round, *, answered: int, spare: int = 0, nonces: bool = True
) -> None:
    """`answered` fresh bets were accepted, as the clients counted. Raises BooksBroken.

    `spare` is how many more may be there: requests whose clients left before the answer.
    """
    async with owner.read() as tx:
        stored = await tx.fetchval("select count(*) from betting.entry where id >= $1", of.since)
        if not answered <= stored <= answered + spare:
            raise BooksBroken(f"clients were told of {answered} bets, the journal has {stored}")
        moved = _MOVED.format(join="left" if of.whole else "inner")
        drifted = await tx.fetchval(moved, of.since)
        if drifted:
            raise BooksBroken(f"{drifted} balances are not what the round's entries add up to")
        broken = await tx.fetchval(_NONCES, of.since) if nonces else 0
        if broken:
            raise BooksBroken(f"{broken} seed pairs have a gap or a repetition in their nonces")


async def check_everything(owner: Database) -> int:
    """The ledger's own invariants over everything; returns the bets in the journal."""
    async with owner.read() as tx:
        found = await ledger.imbalances(tx)
        if found:
            raise BooksBroken(f"a money delta: {found[:3]}")
        return await tx.fetchval("select count(*) from betting.entry")

"""One run: actions drawn by the seed, all invariants after every step, rest at the end."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from fairhouse.brands import api as brands
from fairhouse.cashier import api as cashier
from fairhouse.cashier.types import WithdrawalId
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.postgres.roles import DatabaseUrls
from tests.simulation import invariants, money, play
from tests.simulation.entropy import seeded
from tests.simulation.world import (
    BRAND,
    CUSTODY_CONFIRMATIONS,
    STEP_S,
    TREASURERS,
    World,
    a_world,
)

STEPS = 120
PLAYERS_MAX = 6
ROUNDS_TO_REST = 35
ROUNDS_TO_DECIDE = 12
Action = Callable[[World], Awaitable[str]]


@dataclass
class History:
    """What happened, in words that the same seed repeats."""

    seed: int
    lines: list[str] = field(default_factory=list[str])
    counts: Counter[str] = field(default_factory=Counter[str])
    deaths: int = 0
    tell: Callable[[str], None] | None = None
    """Hears each line at once."""
    ends: dict[str, int] = field(default_factory=dict[str, int])
    """How many things ended how, to see what a run has reached."""

    def add(self, name: str, text: str) -> None:
        self.lines.append(f"{len(self.lines)} {name}: {text}")
        if self.tell is not None:
            self.tell(self.lines[-1])
        self.counts[name] += 1

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


async def register(world: World) -> str:
    if len(world.people) >= PLAYERS_MAX:
        return "enough"
    if brands.DEPOSITS in world.board.paused(BRAND):
        return "closed"
    someone = await world.register()
    return f"p{someone.number}"


async def work(world: World) -> str:
    """Some loops of watcher and worker take a step, in any order; one may die on the way."""
    names = [*world.steps()]
    world.rng.shuffle(names)
    told: list[str] = []
    for name in names[: world.rng.randint(1, len(names))]:
        if world.rng.random() < 0.3:
            world.worker_db.fuse.light(world.rng.randint(0, 20))
        told.append(f"{name}={await world.step(name)}")
    return " ".join(told)


async def catch_up(world: World) -> str:
    """Everybody works with good lines; then books and chain must agree."""
    world.heal()
    await world.signer.start()
    for _ in range(2):
        for name in world.steps():
            assert await world.step(name) == "ok", name
    await invariants.check_at_rest(world)
    return "exact"


async def prices(world: World) -> str:
    """The price feed falls silent, or comes back."""
    world.has_prices = world.rng.random() < 0.6
    return "on" if world.has_prices else "off"


async def jump(world: World) -> str:
    seconds = world.rng.choice((61, 400, 3_700, 90_000))
    await world.pass_time(seconds)
    return str(seconds)


ACTIONS: dict[Action, int] = {
    register: 2,
    play.dice: 8,
    play.mines: 10,
    play.bet_again: 4,
    play.race: 5,
    play.lane_death: 2,
    play.rotate: 3,
    play.limit: 3,
    money.deposit_coins: 8,
    money.deposit_tokens: 6,
    money.deposit_many: 3,
    money.mine: 14,
    money.reorg: 8,
    money.send_again: 2,
    money.line_fault: 3,
    money.signer_fault: 4,
    money.withdraw: 12,
    money.withdraw_again: 3,
    money.cancel: 2,
    money.staff: 8,
    money.switch: 2,
    work: 22,
    catch_up: 5,
    prices: 1,
    jump: 2,
}

OPENING: tuple[Action, ...] = (
    *[register] * 2,
    *[money.deposit_coins, money.deposit_tokens] * 4,
    *[money.mine] * 2,
    catch_up,
)
"""Somebody with money to play with."""


async def run(
    seed: int,
    urls: DatabaseUrls,
    *,
    steps: int = STEPS,
    tell: Callable[[str], None] | None = None,
) -> History:
    """A whole run on a fresh database. Raises AssertionError at the first broken invariant."""
    history = History(seed, tell=tell)
    with tempfile.TemporaryDirectory(prefix="fairhouse-simulation-") as folder:
        async with a_world(seed, urls, Path(folder)) as world:
            with seeded(world.entropy):
                await _run(world, history, steps)
                history.ends = await _ends(world)
            history.deaths = world.deaths
    return history


async def _run(world: World, history: History, steps: int) -> None:
    for action in OPENING:
        await _step(world, history, action)
    names, weights = [*ACTIONS], [*ACTIONS.values()]
    for number in range(steps):
        action = world.rng.choices(names, weights)[0]
        world.entropy.begin(f"step {number}")
        await _step(world, history, action)
    await _step(world, history, come_to_rest)


async def _step(world: World, history: History, action: Action) -> None:
    try:
        if action is not come_to_rest:
            await world.pass_time(STEP_S)
        history.add(action.__name__, await action(world))
        await invariants.check(world)
    except BaseException as error:
        error.add_note(f"seed {history.seed}, after: " + "\n".join(history.lines[-12:]))
        error.add_note(f"in {action.__name__}")
        raise


# --- the end


async def come_to_rest(world: World) -> str:
    """No more trouble and no new requests: everything that is under way comes to its end."""
    world.has_prices = True
    for name in (brands.DEPOSITS, brands.WITHDRAWALS, brands.BETTING):
        await money.set_switch(world, name, closes=False)
    rounds = rejected = 0
    await catch_up(world)
    while rounds < ROUNDS_TO_REST and not await _is_at_rest(world):
        rounds += 1
        await world.devnet.mine()
        # A day at once: limits of a day must not hold anything for ever.
        await world.pass_time(90_000 if rounds == ROUNDS_TO_DECIDE // 2 else 30)
        await _approve(world)
        if rounds > ROUNDS_TO_DECIDE:
            rejected += await _reject_held(world)
        await catch_up(world)
        await invariants.check(world)
    await invariants.check_settled(world)
    await invariants.check_at_rest(world)
    for someone in world.people:
        await _finish_rounds(world, someone)
        await play.rotate_seeds(world, someone)
    return f"all is settled, {rejected} held for a reason and rejected"


async def _is_at_rest(world: World) -> bool:
    async with world.owner_db.read() as tx:
        moving = await tx.fetchval(
            "select (select count(*) from cashier.withdrawal where state not in"
            " ('CONFIRMED', 'CANCELLED', 'REJECTED', 'FAILED'))"
            " + (select count(*) from custody.family where state in"
            " ('planned', 'ordered', 'signed', 'broadcast') and failure is null)"
            " + (select count(*) from cashier.deposit where state in ('SEEN', 'CONFIRMING'))"
        )
    newest = max((world.book.height_of(item.tx_hash) or 0 for item in world.sent), default=0)
    return moving == 0 and world.book.height >= newest + CUSTODY_CONFIRMATIONS


async def _approve(world: World) -> None:
    for someone in world.people:
        for id_ in someone.withdrawals:
            for who in TREASURERS:
                await _approve_one(world, WithdrawalId(id_), TREASURERS.index(who))


async def _reject_held(world: World) -> int:
    """Staff give up what waits although everybody approved: each names what it waits for."""
    async with world.app_db.read() as tx:
        held = await tx.fetch("select id, checks from cashier.withdrawal where state = 'WAITING'")
    for row in held:
        reasons = [item["reason"] for item in row["checks"] if item["state"] != "passed"]
        assert reasons, row
        async with world.app_db.tx() as tx:
            await cashier.reject_withdrawal(
                tx,
                withdrawal_id=WithdrawalId(row["id"]),
                staff=TREASURERS[0],
                reason="it will not pass",
                policy=world.policy,
            )
    return len(held)


async def _approve_one(world: World, id_: WithdrawalId, who: int) -> None:
    try:
        async with world.app_db.tx() as tx:
            await cashier.approve_withdrawal(
                tx,
                withdrawal_id=id_,
                staff=TREASURERS[who],
                reason="looked at it",
                policy=world.policy,
            )
    except Refusal:
        return


async def _finish_rounds(world: World, someone: play.Someone) -> None:
    for view in someone.open_rounds():
        if not view.step:
            request = play.a_step(view.id, 0, {"do": "reveal", "tile": 0})
            await play.ask(world, someone, request)
        if someone.bets[view.id].state == "open":
            step = someone.bets[view.id].step
            await play.ask(world, someone, play.a_step(view.id, step, play.CASH_OUT))


async def _ends(world: World) -> dict[str, int]:
    async with world.owner_db.read() as tx:
        rows = await tx.fetch(
            "select 'deposit ' || state as what, count(*) as times from cashier.deposit group by 1"
            " union all select 'taken back', count(*) from cashier.deposit_event"
            " where state = 'REVERSED'"
            " union all select 'withdrawal ' || state, count(*) from cashier.withdrawal group by 1"
            " union all select kind || ' ' || state, count(*) from custody.family group by 1"
            " union all select 'bets', count(*) from betting.entry"
            " union all select 'owed', count(*) from cashier.receivable order by 1"
        )
    return {row["what"]: row["times"] for row in rows}

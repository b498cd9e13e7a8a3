"""What players do at the tables: bets, repetitions, races, rotations, and a lane that dies."""

import asyncio
from typing import Any

from fairhouse.betting import api as betting
from fairhouse.fairness.rules import commitment
from fairhouse.fairness.types import Rotation
from fairhouse.games import catalogue
from fairhouse.games.api import BetView
from fairhouse.games.original import Stake
from fairhouse.games.verification import recompute
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import to_wire, uuid7
from fairhouse.kernel.money import format_units, parse_units
from fairhouse.kernel.refusals import IdempotencyConflict, Refusal, Unavailable
from fairhouse.protection import api as protection
from fairhouse.protection.types import LimitKind, Period
from fairhouse.rates.types import RateUnavailable
from tests.simulation.people import Someone
from tests.simulation.world import SEALER, World

STAKES = {
    "PLAY": (10_000, 40 * 10**6, 300 * 10**6),
    "ETH": (10_000, 5 * 10**7, 10**9),
    "USDT": (10_000, 20 * 10**6, 10**9),
}
Request = dict[str, Any]
CASH_OUT: Request = {"do": "cash_out"}


def new_bet_id(world: World) -> str:
    unix_ms = int(world.clock.time.timestamp() * 1000)
    return to_wire("bet", uuid7(unix_ms, world.rng.randbytes(10)))


def a_stake(world: World) -> tuple[str, str]:
    """A currency and a stake, now and then one that nobody can pay."""
    code = world.rng.choice(("PLAY", "PLAY", "ETH", "USDT"))
    least, most, absurd = STAKES[code]
    units = world.rng.randint(least, most) if world.rng.random() < 0.9 else absurd
    units -= units % (1_000 if code == "ETH" else 100)
    return code, format_units(units, currency(code).scale)


def a_dice_request(world: World) -> Request:
    code, stake = a_stake(world)
    return {
        "kind": "dice",
        "id": new_bet_id(world),
        "currency_code": code,
        "stake": stake,
        "params": {
            "target": f"{world.rng.randint(5, 94)}.{world.rng.randint(0, 99):02}",
            "direction": world.rng.choice(("over", "under")),
        },
    }


def a_mines_request(world: World) -> Request:
    code, stake = a_stake(world)
    return {
        "kind": "mines",
        "id": new_bet_id(world),
        "currency_code": code,
        "stake": stake,
        "params": {"mines": world.rng.randint(1, 20)},
    }


def a_reveal(world: World) -> Request:
    return {"do": "reveal", "tile": world.rng.randint(0, 24)}


def a_step(bet_id: str, step: int, choice: Request) -> Request:
    return {"kind": "step", "id": bet_id, "step": step, "choice": choice}


async def send(world: World, someone: Someone, request: Request) -> BetView:
    """One request on its way over the road."""
    games, rest = world.games, dict(request)
    kind, bet_id = rest.pop("kind"), rest.pop("id")
    if kind == "step":
        return await games.step("mines", bettor=someone.bettor, bet_id=bet_id, **rest)
    return await games.place(kind, bettor=someone.bettor, bet_id=bet_id, **rest)


async def ask(world: World, someone: Someone, request: Request) -> str:
    """The answer, noted in the model; a refusal changes nothing."""
    if request["kind"] != "step":
        someone.requests.setdefault(request["id"], request)
    try:
        view = await send(world, someone, request)
    except Refusal as refusal:
        if isinstance(refusal, Unavailable) and not isinstance(refusal, RateUnavailable):
            raise
        return refusal.code
    someone.note(view)
    return f"{view.state} {view.nonce} {view.payout}"


def someone_of(world: World) -> Someone:
    return world.rng.choice(world.people)


# --- actions


async def dice(world: World) -> str:
    someone = someone_of(world)
    request = a_dice_request(world)
    return f"p{someone.number} {request['stake']} " + await ask(world, someone, request)


async def mines(world: World) -> str:
    """Open a round, or go on with one."""
    someone = someone_of(world)
    rounds = someone.open_rounds()
    if not rounds or world.rng.random() < 0.1:
        return f"p{someone.number} open " + await ask(world, someone, a_mines_request(world))
    view = world.rng.choice(rounds)
    if view.step and world.rng.random() < 0.3:
        return "cash_out " + await ask(world, someone, a_step(view.id, view.step, CASH_OUT))
    step = view.step if world.rng.random() < 0.9 else world.rng.randint(0, 3)
    request = a_step(view.id, step, a_reveal(world))
    return f"p{someone.number} reveal {step} " + await ask(world, someone, request)


async def bet_again(world: World) -> str:
    """The same id: the same bet is answered, another one is refused."""
    someone = someone_of(world)
    accepted = [id_ for id_ in someone.bets if id_ in someone.requests]
    if not accepted:
        return "nothing yet"
    bet_id = world.rng.choice(accepted)
    request = dict(someone.requests[bet_id])
    if world.rng.random() < 0.5:
        return "same " + await ask(world, someone, request)
    request["stake"] = format_units(123_000_000, currency(request["currency_code"]).scale)
    answer = await ask(world, someone, request)
    assert answer in {IdempotencyConflict.code, "bet_id_expired"}, answer
    return "other " + answer


async def race(world: World) -> str:
    """Many bets of several players at once, some of them twice, some too much."""
    asked = _a_race(world)
    answers = await asyncio.gather(*[ask(world, *item) for item in asked])
    return " ".join(answers)


def _a_race(world: World) -> list[tuple[Someone, Request]]:
    asked: list[tuple[Someone, Request]] = []
    for _ in range(world.rng.randint(5, 40)):
        someone = someone_of(world)
        asked.append((someone, a_dice_request(world)))
        if world.rng.random() < 0.15:
            asked.append(asked[-1])
    return asked


async def lane_death(world: World) -> str:
    """The lanes' process dies under load; all that was asked is asked again of the next one."""
    asked = _a_race(world)
    for someone in world.people:
        for view in someone.open_rounds()[:1]:
            asked.append((someone, a_step(view.id, view.step, a_reveal(world))))
    tasks = [asyncio.create_task(send(world, *item)) for item in asked]
    for _ in range(world.rng.randint(0, 60)):
        await asyncio.sleep(0)
    await world.kill_lanes()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    for (someone, request), answer in zip(asked, told, strict=True):
        if isinstance(answer, BetView):
            someone.requests.setdefault(request["id"], request)
            someone.note(answer)
    await world.start_lanes()
    return " ".join([await ask(world, *item) for item in asked])


async def limit(world: World) -> str:
    """A daily wager limit, the first or a lower one: it binds at once."""
    someone = someone_of(world)
    before = someone.wager_limits[-1][1] if someone.wager_limits else 300 * 10**6
    amount = world.rng.randint(before // 2, before)
    today = world.clock.time.date()
    async with world.app_db.tx() as tx:
        await protection.set_limit(
            tx,
            sealer=SEALER,
            player=someone.player,
            kind=LimitKind.WAGER,
            period=Period.DAY,
            amount=amount,
        )
    world.road.refresh_guards([someone.player.id])
    async with world.app_db.read() as tx:
        played = await betting.played(tx, player_id=someone.player.id)
    someone.wager_limits.append((today, amount))
    someone.wager_caps[today] = max(amount, played.wagered_day)
    return f"p{someone.number} {amount}"


async def rotate(world: World) -> str:
    return await rotate_seeds(world, someone_of(world))


async def rotate_seeds(world: World, someone: Someone) -> str:
    """The revealed seed decides every bet of its pair again, as it was told."""
    world.entropy.begin(f"rotation {someone.number} {len(someone.bets)} {world.clock.time}")
    try:
        rotation = await world.road.rotate(
            someone.bettor, client_seed=f"client-{world.rng.randint(0, 99)}"
        )
    except Refusal as refusal:
        if not someone.open_rounds():
            raise
        return refusal.code
    verify(someone, rotation)
    return f"p{someone.number} {rotation.revealed.nonce}"


def verify(someone: Someone, rotation: Rotation) -> None:
    revealed = rotation.revealed
    seed = revealed.server_seed or ""
    found = [
        view for view in someone.bets.values() if view.server_seed_hash == revealed.server_seed_hash
    ]
    assert commitment(seed) == revealed.server_seed_hash
    assert sorted(view.nonce for view in found) == [*range(len(found))]
    for view in found:
        check_replay(seed, view)


def check_replay(seed: str, view: BetView) -> None:
    """The seeds, the parameters and the choices give what was told and paid."""
    if view.outcome.get("ended") == "void":
        return
    scale = currency(CurrencyCode(view.currency)).scale
    again = recompute(
        catalogue.of_bet(view.game, view.table_hash),
        seed,
        view.client_seed,
        view.nonce,
        view.params,
        view.outcome.get("choices", ()),  # pyright: ignore[reportArgumentType]
        Stake(parse_units(view.stake, scale) - parse_units(view.added, scale), scale),
        parse_units(str(view.params.get("payout_max", "1000000000")), scale),
    )
    own = {"choices", *(("multiplier", "ended") if "abandoned" in view.outcome.values() else ())}
    shown = {name: value for name, value in view.outcome.items() if name not in own}
    assert shown == {name: value for name, value in again.outcome.items() if name not in own}

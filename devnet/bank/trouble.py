"""Trouble on demand, each told in the demo's log: what is done here really happens."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any, Final

from devnet.bank.settings import World
from devnet.demo.control import ask
from devnet.demo.logins import LOGINS, Login
from devnet.evm import AnvilFailed
from devnet.player import Api, Refused, log_in, new_id
from devnet.rpc_proxy import Fault
from fairhouse.kernel.ids import to_wire, uuid7
from fairhouse.kernel.refusals import Malformed

DEPTH_MAX: Final = 30
FAULT_S_MAX: Final = 120
DOWN_S_MAX: Final = 60
COPIES: Final = 10
KILLABLE: Final = ("signer", "worker", "watch", "api", "backoffice", "chain")
_DAY_S: Final = 24 * 3600


async def note(world: World, who: str, what: str) -> None:
    """A line in the demo's log, where there is one."""
    with contextlib.suppress(OSError):
        await ask(world.settings.control_socket, do="note", who=who, what=what)


async def reorg(world: World, *, depth: int, keep: bool) -> str:
    """Replace the newest blocks; with `keep` their transactions are mined again in the new ones.

    Refuses with Malformed (depth).
    """
    height = await world.devnet.height()
    possible = min(DEPTH_MAX, height - world.born_height)
    if not 1 <= depth <= possible:
        raise Malformed(f"depth must be between 1 and {max(possible, 1)} now.", param="depth")
    kept = await _kept(world, height, depth) if keep else []
    try:
        await world.devnet.reorg(depth, kept)
    except AnvilFailed as error:
        # Killed and started again, anvil knows no state of the blocks before.
        raise Malformed(f"The chain refused it: {error}", param="depth") from error
    what = f"{len(kept)} transactions mined again" if keep else "their transactions are lost"
    text = f"the last {depth} of {height} blocks were replaced; {what}"
    await note(world, "chain", text)
    return text


async def _kept(world: World, height: int, depth: int) -> list[tuple[str, int]]:
    """Each transaction one block later than it was, where there is room."""
    kept: list[tuple[str, int]] = []
    for place in range(depth):
        at = hex(height - depth + 1 + place)
        block = await world.devnet.rpc("eth_getBlockByNumber", at, False)
        for tx_hash in block["transactions"]:
            raw = await world.devnet.raw_of(tx_hash)
            kept.append((raw, min(place + 1, depth - 1)))
    return kept


async def cut_rpc(world: World, *, fault: str, seconds: int) -> str:
    """Let the road between the platform and its node fail for a while. Refuses with Malformed."""
    known = {each.value: each for each in Fault}
    if fault not in known:
        raise Malformed(f"fault must be one of {', '.join(known)}.", param="fault")
    if not 1 <= seconds <= FAULT_S_MAX:
        raise Malformed(f"seconds must be between 1 and {FAULT_S_MAX}.", param="seconds")
    world.proxy.fault = known[fault]
    until = time.monotonic() + seconds
    world.faulty_until = until
    text = f"the platform's road to its node: {fault} for {seconds} s"
    await note(world, "rpc", text)

    async def mend() -> None:
        await asyncio.sleep(seconds)
        if world.faulty_until == until:
            world.proxy.fault = Fault.NONE
            await note(world, "rpc", "the road to the node works again")

    task = asyncio.create_task(mend())
    world.tasks.add(task)
    task.add_done_callback(world.tasks.discard)
    return text


async def kill(world: World, *, name: str, down_s: int) -> str:
    """kill -9 a process; the supervisor starts it again. Refuses with Malformed."""
    if name not in KILLABLE:
        raise Malformed(f"name must be one of {', '.join(KILLABLE)}.", param="name")
    if not 0 <= down_s <= DOWN_S_MAX:
        raise Malformed(f"down_s must be between 0 and {DOWN_S_MAX}.", param="down_s")
    answer = await ask(world.settings.control_socket, do="kill", name=name, down_s=down_s)
    if "error" in answer:
        raise Malformed(f"{answer['error']}.", param="name")
    return f"{name} was killed"


async def duplicates(world: World) -> str:
    """One bet whose call arrives ten times at once; then the same id with another stake."""
    api = await demo_player(world)
    id_ = new_id("bet")
    params = {"target": "50.50", "direction": "over"}
    bet = {"id": id_, "currency": "PLAY", "stake": "1", "params": params}
    path = "/v1/games/dice/bets"
    before = await _available(api, "PLAY")
    answers = await asyncio.gather(*(api.post(path, bet) for _ in range(COPIES)))
    after = await _available(api, "PLAY")
    same = all(answer == answers[0] for answer in answers)
    again = await _outcome(api, path, {**bet, "stake": "2"})
    text = (
        f"{COPIES} copies of bet {id_} at once: answers {'identical' if same else 'DIFFERENT'}, "
        f"balance {before} → {after} PLAY; same id with another stake: {again}"
    )
    await note(world, "duplicates", text)
    return text


async def late_call(world: World) -> str:
    """A bet whose id was made more than a day ago: only looked up, never played."""
    api = await demo_player(world)
    made_ms = int((time.time() - _DAY_S - 60) * 1000)
    id_ = to_wire("bet", uuid7(made_ms, time.time_ns().to_bytes(10, "big")))
    params = {"target": "50.50", "direction": "over"}
    bet = {"id": id_, "currency": "PLAY", "stake": "1", "params": params}
    before = await _available(api, "PLAY")
    answer = await _outcome(api, "/v1/games/dice/bets", bet)
    after = await _available(api, "PLAY")
    text = f"a call that is a day late: {answer}; balance {before} → {after} PLAY"
    await note(world, "late call", text)
    return text


async def withdraw_repeatedly(world: World) -> str:
    """The demo player asks to be paid once, but the call arrives ten times at once."""
    api = await demo_player(world)
    login = _player_login()
    await api.post("/v1/step-up", {"password": login.password})
    id_ = new_id("wdr")
    wanted = {
        "id": id_,
        "asset": "usdt.ethereum",
        "amount": "10",
        "destination": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    }
    answers = await asyncio.gather(
        *(_outcome(api, "/v1/withdrawals", wanted, key=id_) for _ in range(COPIES))
    )
    found = {answer for answer in answers if answer.startswith("wdr_")}
    refusals = {answer for answer in answers if not answer.startswith("wdr_")}
    text = f"{COPIES} copies of a withdrawal at once: {len(found)} withdrawal {' '.join(found)}"
    if refusals:
        text += f"; refused: {'; '.join(sorted(refusals))}"
    await note(world, "duplicates", text)
    return text


async def demo_player(world: World) -> Api:
    """The session of the demo's first player, kept between calls."""
    if world.player is None:
        login = _player_login()
        api = Api(world.settings.brands[login.where], world.http)
        await log_in(api, email=login.name, password=login.password)
        world.player = api
    try:
        found = await world.player.get("/v1/session")
    except Refused:
        found = {"player": None}
    if found["player"] is None:
        world.player = None
        return await demo_player(world)
    return world.player


def _player_login() -> Login:
    return LOGINS[0]


async def _available(api: Api, code: str) -> str:
    session: Mapping[str, Any] = await api.get("/v1/session")
    found = [row["available"] for row in session["balances"] if row["currency"] == code]
    return found[0] if found else "0"


async def _outcome(api: Api, path: str, body: Mapping[str, Any], *, key: str | None = None) -> str:
    """What the platform said: the id it answered with, or the refusal's code."""
    try:
        answer = await api.post(path, body, key=key)
    except Refused as refused:
        return f"refused ({refused.code})"
    return str(answer["id"])

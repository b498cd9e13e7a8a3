"""The loops that the worker runs for one chain."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from prometheus_client import Gauge

from fairhouse.chains.codecs.orders import Hello
from fairhouse.custody.engine.following import follow_all, guard_lanes
from fairhouse.custody.engine.funding import take_in
from fairhouse.custody.engine.ordering import order_due
from fairhouse.custody.engine.rechecking import recheck_settled
from fairhouse.custody.engine.signing import SignerUnreachable, sign_ordered
from fairhouse.custody.engine.steps import Tools
from fairhouse.custody.engine.sweeping import plan_sweeps
from fairhouse.custody.store import families, health_rows

_log = structlog.get_logger("custody")
_signer_up = Gauge("fairhouse_custody_signer_up", "1 while the signer answers")
_signer_halted = Gauge("fairhouse_custody_signer_halted", "1 while the signer is halted")
_lanes_halted = Gauge("fairhouse_custody_lanes_halted", "Sending addresses that a person must see")
_families = Gauge("fairhouse_custody_families", "Live families by state and failure", ["where"])


def loops(tools: Tools) -> Mapping[str, tuple[int, Callable[[], Awaitable[int]]]]:
    """Name → (seconds between idle steps, step), for `platform.loops.run_loop`.

    A step is safe in several processes at once and to be interrupted anywhere.
    """
    chain = tools.policy.spec.chain
    return {
        f"custody.{chain}.ordering": (1, lambda: order_due(tools)),
        f"custody.{chain}.signing": (1, lambda: sign_ordered(tools)),
        f"custody.{chain}.following": (1, lambda: follow_all(tools)),
        f"custody.{chain}.observations": (1, lambda: take_in(tools)),
        f"custody.{chain}.sweeps": (5, lambda: plan_sweeps(tools)),
        f"custody.{chain}.guard": (10, lambda: guard(tools)),
    }


async def drive(tools: Tools) -> int:
    """Order, sign, send, follow: one round of every family; how many steps were made.

    What is signed is followed whether the signer is there or not.
    """
    done, silence = await order_due(tools), None
    try:
        done += await sign_ordered(tools)
    except SignerUnreachable as error:
        silence = error
    done += await follow_all(tools)
    if silence is not None:
        raise silence
    return done


async def guard(tools: Tools) -> int:
    """Look for what should never be: foreign nonces, settled transactions that left the chain."""
    await hear_signer(tools)
    await guard_lanes(tools)
    return await recheck_settled(tools)


async def hear_signer(tools: Tools) -> None:
    """Ask the signer how it is, and keep the answer for health pages."""
    hello = await tools.signer.hello()
    answer = hello if isinstance(hello, Hello) else None
    async with tools.db.tx() as tx:
        known = await health_rows.signer_state(tx)
        digests = {known and known.policy_digest, answer and answer.policy_digest} - {None}
        if len(digests) > 1:
            _log.warning("the signer has another policy", digests=digests)
        await health_rows.keep_signer_state(tx, answer)
        lanes = await families.halted_lanes(tx)
        waiting, _ = await health_rows.waiting(tx)
    _signer_up.set(answer is not None)
    _signer_halted.set(answer is not None and answer.halted is not None)
    _lanes_halted.set(len(lanes))
    _families.clear()
    for where, count in waiting.items():
        _families.labels(where).set(count)

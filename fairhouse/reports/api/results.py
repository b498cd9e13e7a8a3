"""What tables returned: kept behind the journal, read by the watch over drift and by pages."""

from collections.abc import Iterator
from typing import Final

from fairhouse.audit import api as audit
from fairhouse.audit.types import Significant
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database, Tx
from fairhouse.reports.store import results as store
from fairhouse.reports.store.results import daily as daily_results
from fairhouse.reports.store.results import open_rounds, results
from fairhouse.reports.types import Marks, NotableBet

__all__ = ["daily_results", "fold_results", "open_rounds", "results"]

_JOB: Final = "job:journal"


async def fold_results(db: Database, *, marks: Marks | None = None) -> int:
    """Add what the lanes committed since; returns how many entries were read, 0 at the end.

    Each lane in a transaction of its own with its cursor: a crash repeats nothing and leaves
    nothing out. Bets beyond the marks, and those that were undone, are written down as significant
    events in the same transaction, once each.
    """
    beyond = marks or Marks()
    async with db.read() as tx:
        lanes = await store.lanes(tx)
    done = 0
    for lane in lanes:
        async with db.tx() as tx:
            read, notable = await store.fold_lane(tx, lane, beyond)
            for bet in notable:
                await _note_down(tx, bet, beyond)
            done += read
    return done


def _kinds(bet: NotableBet, marks: Marks) -> Iterator[tuple[Significant, str]]:
    if bet.kind == "void":
        yield Significant.BET_VOIDED, "the bet was undone"
        return
    if bet.staked >= marks.wager:
        yield Significant.LARGE_WAGER, f"staked at least {marks.wager // 10**6}"
    if bet.returned >= marks.win:
        yield Significant.LARGE_WIN, f"won at least {marks.win // 10**6}"


async def _note_down(tx: Tx, bet: NotableBet, marks: Marks) -> None:
    for kind, reason in _kinds(bet, marks):
        await audit.significant(
            tx,
            kind=kind,
            brand_id=bet.brand_id,
            actor=to_wire("ply", bet.player_id) if bet.kind != "void" else _JOB,
            subject=to_wire("bet", bet.round_id),
            reason=reason,
            details={
                "game": bet.game,
                "player": to_wire("ply", bet.player_id),
                "currency": bet.currency,
                "stake": str(bet.stake),
                "payout": str(bet.payout),
                "stake_value": bet.staked,
                "payout_value": bet.returned,
            },
        )

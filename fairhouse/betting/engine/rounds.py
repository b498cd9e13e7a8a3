"""Rounds as a batch opens them and moves them on. Without any IO."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from fairhouse.betting.engine.work import Group, HotPlayer
from fairhouse.betting.tables import Line, Move
from fairhouse.betting.types import (
    ABANDONED_AFTER_DAYS,
    Continues,
    Decision,
    Place,
    Round,
    RoundAlreadyOpen,
    RoundState,
    Settled,
    Voided,
)
from fairhouse.kernel.ids import to_wire

_STATES = {
    Settled: RoundState.SETTLED,
    Continues: RoundState.OPEN,
    Voided: RoundState.VOID,
}


def check_none_open(player: HotPlayer, command: Place) -> None:
    for found in player.rounds.values():
        is_in_the_way = command.alone or found.game == command.game
        if is_in_the_way and found.id != command.bet_id:
            wire = to_wire("bet", found.id)
            raise RoundAlreadyOpen(
                f"A round of {found.game} is open ({wire}): finish it before you start another.",
                param="game",
                round_id=wire,
            )


def opened(
    command: Place,
    player: HotPlayer,
    line: Line,
    decision: Continues,
    rate_id: UUID | None,
    at: datetime,
) -> Round:
    return Round(
        id=command.bet_id,
        brand_id=player.brand_id,
        lane=player.lane,
        player_id=player.player_id,
        currency=command.currency,
        game=command.game,
        game_version=command.game_version,
        table_hash=command.table_hash,
        seed_pair_id=line.seed_pair_id,
        nonce=line.nonce,
        params=command.params,
        stake=command.stake,
        payout=0,
        state=RoundState.OPEN,
        step=0,
        progress=decision.progress,
        rate_id=rate_id,
        stake_value=line.stake_value,
        added=0,
        added_value=0,
        opened_at=at,
        expires_at=at + timedelta(days=ABANDONED_AFTER_DAYS),
        closed_at=None,
        balance_after=line.delta,
    )


def moved_on(
    found: Round, decision: Decision, more: int, more_value: int | None, at: datetime
) -> Round:
    """The round after a step that adds `more` to its stake; the balance is the caller's to say."""
    is_open = type(decision) is Continues
    return msgspec.structs.replace(
        found,
        state=_STATES[type(decision)],
        step=found.step + 1,
        progress=decision.progress if type(decision) is Continues else decision.outcome,
        payout=decision.payout if type(decision) is Settled else 0,
        closed_at=None if is_open else at,
        stake=found.stake + more,
        stake_value=None if more_value is None else (found.stake_value or 0) + more_value,
        added=found.added + more,
        added_value=found.added_value + (more_value or 0),
    )


def move(group: Group, after: Round, step_before: int | None) -> None:
    group.rounds.append(after)
    group.moves.append(
        Move(
            after.id,
            group.cash_account,
            step_before,
            after.step,
            after.state.value,
            after.payout,
            after.progress,
            after.expires_at,
            after.closed_at,
            after.balance_after,
            after.added,
            after.added_value,
        )
    )

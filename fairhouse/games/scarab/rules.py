"""Scarab, a five-reel slot on the field's random numbers.

Source: the public verifiers: five numbers a round, stop = floor(f * stops) per reel; three or more
scatters in the window of three rows add fifteen rounds that go on in the same stream, up to 180
rounds. Reels and payouts are ours (`machine`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.types import Stream, choose
from fairhouse.games import params as reading
from fairhouse.games.instant import Instant, published
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.scarab import machine, maths
from fairhouse.games.scarab.machine import STOPS
from fairhouse.games.types import Multiplier

LINES_MAX: Final = len(machine.LINES)
_REELS: Final = len(STOPS)


@dataclass(frozen=True, slots=True)
class ScarabParams:
    """What the player chose."""

    lines: int
    """The stake is spread evenly over the first so many lines."""


class Scarab(Instant[ScarabParams]):
    """The one version of scarab."""

    slug = "scarab"
    name = "Scarab"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "per round and reel: stop = floor(u32 * stops / 2^32), the middle of three rows",
            machine=machine.TABLE,
            scatters_for_free=machine.SCATTERS_FOR_FREE,
            free_rounds=machine.FREE_ROUNDS,
            rounds_max=machine.ROUNDS_MAX,
            win_max=machine.WIN_MAX,
            payout="floor(stake_units * min(sum of line pays over all rounds / lines, win_max))",
        )

    def read(self, params: Json, stake: Stake) -> ScarabParams:
        """Refuses with InvalidGameParams."""
        reading.only(params, "lines")
        return ScarabParams(reading.whole(params, "lines", 1, LINES_MAX))

    def written(self, params: ScarabParams) -> Json:
        """See `original.Original`."""
        return {"lines": params.lines}

    def stops(self, stream: Stream) -> list[list[int]]:
        """Where the reels stop in every round, the free ones included."""
        played: list[list[int]] = []
        rounds = 1
        numbers: list[int] = []
        while len(played) < rounds:
            if len(numbers) < rounds * _REELS:
                numbers = stream.u32s(rounds * _REELS)
            first = len(played) * _REELS
            played.append(
                [
                    choose(number, stops)
                    for number, stops in zip(numbers[first : first + _REELS], STOPS, strict=True)
                ]
            )
            if machine.scatters(machine.window(played[-1])) >= machine.SCATTERS_FOR_FREE:
                rounds = min(rounds + machine.FREE_ROUNDS, machine.ROUNDS_MAX)
        return played

    def decide(self, stream: Stream, params: ScarabParams) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`; a win's `multiplier` is per bet on its line, exactly."""
        rounds: list[dict[str, object]] = []
        total = 0
        for index, stops in enumerate(self.stops(stream)):
            seen = machine.window(stops)
            wins = line_wins(seen, params.lines)
            total += sum(win.pays for _, win in wins)
            rounds.append(
                {
                    "stops": stops,
                    "window": seen,
                    "wins": [
                        {
                            "line": line,
                            "symbol": win.symbol,
                            "count": win.count,
                            "multiplier": Multiplier(win.pays, 1).shown(),
                        }
                        for line, win in wins
                    ],
                    "scatters": machine.scatters(seen),
                    "free": index > 0,
                }
            )
        paid = min(total, machine.WIN_MAX * params.lines)
        return Multiplier(paid, params.lines), {"rounds": rounds}

    def win(self, params: ScarabParams) -> Multiplier:
        """The least sum of line pays that is more than the stake."""
        return Multiplier(machine.least_profit(params.lines), params.lines)

    def top(self, params: ScarabParams) -> Multiplier:
        """The declared maximum; one round alone pays less, see the sheet."""
        return Multiplier(machine.WIN_MAX, 1)

    def draws(
        self, stream: Stream, params: ScarabParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """Five numbers a round."""
        rounds = len(self.stops(stream))
        return [
            Draw(
                number,
                STOPS[index % _REELS],
                choose(number, STOPS[index % _REELS]),
                f"round {index // _REELS + 1}, reel {index % _REELS + 1}",
            )
            for index, number in enumerate(stream.u32s(rounds * _REELS))
        ]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`centerPositionsPerRound`."""
        reading.only(params, "lines")
        return {"centerPositionsPerRound": self.stops(stream)}

    def maths(self) -> list[Setting]:
        """One, five, ten and twenty lines."""
        return maths.settings()


def line_wins(seen: Sequence[Sequence[str]], lines: int) -> list[tuple[int, machine.LineWin]]:
    """The lines that pay, by their number from 1."""
    found: list[tuple[int, machine.LineWin]] = []
    for line, rows in enumerate(machine.LINES[:lines], 1):
        win = machine.line_win([column[row] for column, row in zip(seen, rows, strict=True)])
        if win:
            found.append((line, win))
    return found

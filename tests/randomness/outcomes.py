"""Every game's final outcomes, sorted into categories whose chances are known exactly.

The chances are worked out here from the published rules of the field, not taken from the games'
own mathematics. Outcomes come from the same answers that `fairhouse fairness batch` gives.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from fairhouse.app.fairness.answers import answer
from fairhouse.fairness.types import U32_RANGE, Stream, weight
from tests.norms import ROOT

Facts = Mapping[str, Any]
HAZARDS = {"easy": 1, "medium": 3, "hard": 5, "expert": 10}
POKER_HANDS = {
    *(("royal flush", 4), ("straight flush", 36), ("four of a kind", 624), ("full house", 3_744)),
    *(("flush", 5_108), ("straight", 10_200), ("three of a kind", 54_912)),
    *(("two pair", 123_552), ("pair", 1_098_240), ("nothing", 1_302_540)),
}
RANKS = ["2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K", "A"]


@dataclass(frozen=True)
class Look:
    """One way to look at a game's outcomes."""

    name: str
    game: str
    sort: Callable[[Facts], Iterable[Any]]
    """The categories that one bet falls into; several only where they are independent."""
    chances: Mapping[Any, float]
    params: Mapping[str, Any] = field(default_factory=dict)

    def categories(self, bet: Stream) -> list[Any]:
        """Of one bet."""
        request = {
            "game": self.game,
            "serverSeed": bet.server_seed,
            "clientSeed": bet.client_seed,
            "nonce": bet.nonce,
            "params": dict(self.params),
        }
        return list(self.sort(answer(request)))


def table(game: str) -> Any:
    """A published payout table."""
    return json.loads((ROOT / "fairhouse/games" / game / "table.json").read_text())


def choices(of: int) -> dict[int, float]:
    """Multiply and floor: each choice's share of the 2^32 numbers."""
    return {choice: weight(choice, of) / U32_RANGE for choice in range(of)}


def cards() -> dict[str, float]:
    """The deck of the field in its order."""
    deck = [rank + suit for rank in RANKS for suit in "dhsc"]
    return {deck[place]: chance for place, chance in choices(52).items()}


def hundredths(value: object) -> int:
    """2.35 is 235."""
    return round(float(str(value)) * 100)


def reaches(targets: Sequence[int], chance: Callable[[int], float]) -> dict[int, float]:
    """Chances of lying between one target and the next, by the chance to reach a target."""
    edges = [*targets, 0]
    found = {
        low: chance(low) - (chance(edges[place + 1]) if edges[place + 1] else 0)
        for place, low in enumerate(targets)
    }
    return {0: 1 - sum(found.values()), **found}


def below(targets: Sequence[int], value: int) -> int:
    """The highest target that a value reaches; 0 for none."""
    return max((target for target in targets if target <= value), default=0)


TARGETS = (101, 110, 125, 150, 200, 300, 500, 1_000, 2_500, 10_000)


def looks() -> Iterator[Look]:
    """All of them."""
    yield from _numbers()
    yield from _draws()
    yield from _cards()
    yield from _ladders()
    yield from _rows()


def _numbers() -> Iterator[Look]:
    rolls: Counter[int] = Counter()
    for roll, chance in choices(10_001).items():
        rolls[roll // 101] += chance  # pyright: ignore[reportArgumentType]
    yield Look("dice roll", "dice", lambda f: [hundredths(f["result"]) // 101], rolls)
    yield Look(
        "limbo result",
        "limbo",
        lambda f: [below(TARGETS, hundredths(f["result"]))],
        reaches(TARGETS, lambda target: (99 * 2**24 // target) / 2**24),
    )
    yield Look("roulette pocket", "roulette", lambda f: [f["pocket"]], choices(37))
    yield Look(
        "drill result",
        "drill",
        lambda f: [below(TARGETS, hundredths(one)) for one in f["multipliersFloor2"]],
        reaches(TARGETS, lambda target: 98 / target),
    )
    tails = (2**31 + 1) / 2**32
    yield Look("coin", "flip", lambda f: f["flips20"], {"T": tails, "H": 1 - tails})
    thirds = choices(3)
    yield Look(
        "throw", "rps", lambda f: f["outcomes20"], dict(zip("RPS", thirds.values(), strict=True))
    )
    faces = {face + 1: chance for face, chance in choices(6).items()}
    yield Look("die", "snakes", lambda f: [die for roll in f["dice"] for die in roll], faces)
    sums: Counter[int] = Counter()
    for one, other in product(faces, faces):
        sums[one + other] += faces[one] * faces[other]  # pyright: ignore[reportArgumentType]
    yield Look("sum of dice", "snakes", lambda f: [sum(roll) for roll in f["dice"]], sums)


def _draws() -> Iterator[Look]:
    yield Look("first keno ball", "keno", lambda f: [f["drawOrder"][0] - 1], choices(40))
    hits = {
        count: math.comb(10, count) * math.comb(30, 10 - count) / math.comb(40, 10)
        for count in range(11)
    }
    yield Look("keno hits", "keno", lambda f: [len({*range(1, 11)} & {*f["numbers"]})], hits)
    yield Look("first mine", "mines", lambda f: [f["drawOrder0"][0]], choices(25), {"mines": 5})
    safe = {
        count: math.comb(20, count) * math.comb(5, 5 - count) / math.comb(25, 5)
        for count in range(6)
    }
    yield Look(
        "mines beyond the first row",
        "mines",
        lambda f: [sum(mine >= 5 for mine in f["minePositions0"])],
        safe,
        {"mines": 5},
    )
    yield Look("mole", "moles", lambda f: [r[0] for r in f["rounds"]], choices(7), {"moles": 1})
    yield Look(
        "first egg",
        "dragontower",
        lambda f: [row[0] for row in f["eggsByRowFromBottom"]],
        choices(4),
        {"difficulty": "easy"},
    )
    for reel, stops in enumerate((30, 30, 30, 30, 41)):
        yield Look(
            f"scarab reel {reel + 1}",
            "slots_scarab",
            lambda f, reel=reel: [f["centerPositionsPerRound"][0][reel]],
            choices(stops),
        )


def _cards() -> Iterator[Look]:
    yield Look("hilo card", "hilo", lambda f: f["cards"], cards())
    yield Look("baccarat card", "baccarat", lambda f: [*f["player"], *f["banker"]], cards())
    yield Look("baccarat winner", "baccarat", lambda f: [_winner(f)], _winners())
    yield Look("blackjack card", "blackjack", lambda f: f["next20"], cards())
    natural = 2 * (4 / 52) * (16 / 52)
    yield Look(
        "blackjack natural",
        "blackjack",
        lambda f: [_is_natural(f["player"]), _is_natural(f["dealer"])],
        {True: natural, False: 1 - natural},
    )
    yield Look("first poker card", "videopoker", lambda f: [f["initial"][0]], cards())
    yield Look(
        "poker hand",
        "videopoker",
        lambda f: [_poker_hand(f["initial"])],
        {name: count / 2_598_960 for name, count in POKER_HANDS},
    )
    gems = ("green", "purple", "yellow", "red", "cyan", "pink", "blue")
    gem_chances = dict(zip(gems, choices(7).values(), strict=True))
    yield Look("gem", "diamonds", lambda f: f["gems"], gem_chances)
    patterns: Counter[tuple[int, ...]] = Counter(_pattern(hand) for hand in product(gems, repeat=5))
    yield Look(
        "diamonds pattern",
        "diamonds",
        lambda f: [_pattern(f["gems"])],
        {pattern: count / 7**5 for pattern, count in patterns.items()},
    )


def _ladders() -> Iterator[Look]:
    # Chicken's vectors show one entry lower than what could be had; see its README.
    for game, places, name, lower in (
        ("pump", 25, "popMultiplier", 0),
        ("chicken", 20, "bestMultiplierBeforeDeath", 1),
    ):
        for difficulty, drawn in HAZARDS.items():
            shown = [hundredths(one) for one in table(game)[difficulty]]
            chances: Counter[int] = Counter()
            for first in range(places - drawn + 1):
                ways = math.comb(places - 1 - first, drawn - 1) / math.comb(places, drawn)
                chances[shown[max(first - lower, 0)]] += ways  # pyright: ignore[reportArgumentType]
            yield Look(
                f"{game} {difficulty}",
                game,
                lambda f, name=name: [hundredths(f[name])],
                chances,
                {"difficulty": difficulty},
            )


def _rows() -> Iterator[Look]:
    for rows in (8, 12, 16):
        yield Look(
            f"plinko bucket of {rows}",
            "plinko",
            lambda f: [f["bucket"]],
            {bucket: math.comb(rows, bucket) / 2**rows for bucket in range(rows + 1)},
            {"rows": rows, "risk": "high"},
        )
    for segments in ("10", "30", "50"):
        paid: Counter[int] = Counter()
        for place, chance in choices(int(segments)).items():
            worth = hundredths(table("wheel")[segments]["medium"][place])
            paid[worth] += chance  # pyright: ignore[reportArgumentType]
        yield Look(
            f"wheel of {segments}",
            "wheel",
            lambda f: [hundredths(f["multiplier"])],
            paid,
            {"segments": int(segments), "risk": "medium"},
        )
    for difficulty, rows in table("cases").items():
        least = [math.ceil(float(row["min"]) * U32_RANGE) for row in rows]
        above = [U32_RANGE, *least]
        chances: Counter[int] = Counter()
        for row, high, low in zip(rows, above, least, strict=False):
            chances[hundredths(row["multiplier"])] += (high - low) / U32_RANGE  # pyright: ignore[reportArgumentType]
        yield Look(
            f"case {difficulty}",
            "cases",
            lambda f: [hundredths(f["multiplier"])],
            chances,
            {"difficulty": difficulty},
        )


def _pattern(gems: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted(Counter(gems).values(), reverse=True))


def _worth(card: str) -> int:
    """As baccarat counts: tens and pictures nothing."""
    rank = card[:-1]
    return 1 if rank == "A" else int(rank) if rank in "23456789" else 0


def _is_natural(hand: Sequence[str]) -> bool:
    ranks = {card[:-1] for card in hand}
    return "A" in ranks and bool(ranks & {"10", "J", "Q", "K"})


def _banker_draws(banker: int, third: int | None) -> bool:
    if third is None:
        return banker <= 5
    if banker == 3:
        return third != 8
    least = {4: 2, 5: 4, 6: 6}.get(banker)
    return banker <= 2 or (least is not None and least <= third <= 7)


def _winner(facts: Facts) -> str:
    player = sum(map(_worth, facts["player"])) % 10
    banker = sum(map(_worth, facts["banker"])) % 10
    thirds = [_worth(card) for card in facts["third"]]
    return _settled(player, banker, thirds)


def _settled(player: int, banker: int, thirds: Sequence[int]) -> str:
    if player < 8 and banker < 8:
        left = list(thirds)
        third = left.pop(0) if player <= 5 else None
        player = (player + (third or 0)) % 10
        if _banker_draws(banker, third):
            banker = (banker + left.pop(0)) % 10
    return "player" if player > banker else "banker" if banker > player else "tie"


def _winners() -> dict[str, float]:
    worths = {0: 4 / 13} | dict.fromkeys(range(1, 10), 1 / 13)
    totals: Counter[int] = Counter()
    for one, other in product(worths, worths):
        totals[(one + other) % 10] += worths[one] * worths[other]  # pyright: ignore[reportArgumentType]
    found: Counter[str] = Counter()
    for player, banker, one, other in product(totals, totals, worths, worths):
        chance = totals[player] * totals[banker] * worths[one] * worths[other]
        found[_settled(player, banker, (one, other))] += chance  # pyright: ignore[reportArgumentType]
    return dict(found)


def _poker_hand(hand: Sequence[str]) -> str:
    ranks = sorted(RANKS.index(card[:-1]) for card in hand)
    groups = _pattern([card[:-1] for card in hand])
    is_flush = len({card[-1] for card in hand}) == 1
    wheel = ranks == [0, 1, 2, 3, 12]
    is_straight = groups == (1, 1, 1, 1, 1) and (ranks[4] - ranks[0] == 4 or wheel)
    if is_flush and is_straight:
        return "royal flush" if ranks[0] == 8 else "straight flush"
    if is_flush or is_straight:
        return "flush" if is_flush else "straight"
    names: dict[tuple[int, ...], str] = {
        (4, 1): "four of a kind",
        (3, 2): "full house",
        (3, 1, 1): "three of a kind",
        (2, 2, 1): "two pair",
        (2, 1, 1, 1): "pair",
    }
    return names.get(groups, "nothing")

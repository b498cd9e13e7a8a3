"""docs/risk/simulation.md: how many of each class are found, who is suspected wrongly, how fast."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median
from uuid import UUID

from tools.players import training
from tools.players.frauds import FARM, FRAUDS
from tools.players.honest import HARM, HONEST
from tools.players.judging import Court
from tools.players.life import DAYS, Life

_INTRODUCTION = (
    "Made by `make risk-report SEED={seed}`: {accounts} accounts, {days} days, {facts:,}"
    " observations, by the platform's own windows, rules and links (`tools/players`). The people"
    " are invented by us, so the numbers say how rules behave on what we thought of, not what the"
    " world will bring. Brackets are 95 % intervals (Wilson for shares, bootstrap for models)."
)
_WORDS = (
    "*Reached a person*: a hold, a question, or points enough for a case. Nothing here takes money"
    " by itself. *Time* runs from the first act of fraud to the first decision."
)
MANY = 3
"""A cluster of so many accounts is suspected."""


def interval(hits: int, of: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    if not of:
        return "–"
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = max(middle - half, 0), min(middle + half, 1)
    return f"{100 * share:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def report(seed: int, lives: Sequence[Life], court: Court) -> str:
    """The whole page."""
    honest = [life for life in lives if life.label == HONEST]
    parts = [
        "# Risk, measured on labelled players",
        "",
        _INTRODUCTION.format(
            seed=seed, accounts=len(lives), days=DAYS, facts=sum(len(one.facts) for one in lives)
        ),
        "",
        _WORDS,
        "",
        "## By class",
        "",
        "| Class | Accounts | Reached a person | by rules | by graph | Median time, h |",
        "|---|--:|--:|--:|--:|--:|",
        *(_class_line(label, lives, court) for label in FRAUDS),
        "",
        "## By variety: who hides well",
        "",
        "| Class | Variety | Accounts | Reached a person | Rules that spoke |",
        "|---|---|--:|--:|---|",
        *_varieties([life for life in lives if life.label in FRAUDS], court),
        "",
        "## Honest players suspected",
        "",
        "| Kind | Accounts | Reached a person | of these only asked | Rules that spoke |",
        "|---|--:|--:|--:|---|",
        *_suspected(honest, court),
        f"| **all** | {len(honest)} | {_share(honest, court)} | | |",
        "",
        *_harm(lives, court),
        *_farms(lives, court),
        *models(seed, lives, court),
    ]
    return "\n".join(parts) + "\n"


def _reached(life: Life, court: Court) -> bool:
    return bool(court.found[life.player_id].reached)


def _share(lives: Sequence[Life], court: Court) -> str:
    return interval(sum(_reached(life, court) for life in lives), len(lives))


def _class_line(label: str, lives: Sequence[Life], court: Court) -> str:
    mine = [life for life in lives if life.label == label]
    found = [court.found[life.player_id] for life in mine]
    hours = [
        (min(one.reached.values()) - life.crime_at).total_seconds() / 3600
        for life, one in zip(mine, found, strict=True)
        if one.reached and life.crime_at
    ]
    by = [interval(sum(way in one.reached for one in found), len(mine)) for way in _WAYS]
    time = f"{median(hours):.1f}" if hours else "–"
    return f"| {label} | {len(mine)} | {_share(mine, court)} | {by[0]} | {by[1]} | {time} |"


_WAYS = ("rules", "graph")


def _spoke(lives: Sequence[Life], court: Court) -> str:
    counted: defaultdict[str, int] = defaultdict(int)
    for life in lives:
        for rule in court.found[life.player_id].rules:
            counted[rule] += 1
    listed = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{rule} {times}" for rule, times in listed) or "–"


def _grouped(lives: Sequence[Life]) -> dict[tuple[str, str], list[Life]]:
    found: defaultdict[tuple[str, str], list[Life]] = defaultdict(list)
    for life in lives:
        found[life.label, life.variety].append(life)
    return dict(sorted(found.items()))


def _varieties(lives: Sequence[Life], court: Court) -> Iterator[str]:
    for (label, variety), mine in _grouped(lives).items():
        shown = f"{_share(mine, court)} | {_spoke(mine, court)}"
        yield f"| {label} | {variety} | {len(mine)} | {shown} |"


def _suspected(lives: Sequence[Life], court: Court) -> Iterator[str]:
    for (_, variety), mine in _grouped(lives).items():
        asked = sum(set(court.found[life.player_id].rules) == {"source_of_funds"} for life in mine)
        shown = f"{_share(mine, court)} | {asked} | {_spoke(mine, court)}"
        yield f"| {variety} | {len(mine)} | {shown} |"


def _harm(lives: Sequence[Life], court: Court) -> Iterator[str]:
    mine = [life for life in lives if life.label == HARM]
    yield "## Problem gamblers"
    yield ""
    yield (
        f"{len(mine)} people who chase losses are no frauds; {_share(mine, court)} reached a person"
        f" here ({_spoke(mine, court)}). To find them is the work of `harm`, by other markers."
    )
    yield ""


def flagged(court: Court) -> set[UUID]:
    """Accounts in suspected clusters, at the end."""
    return {
        player for player, cluster in court.graph.cluster_of.items() if len(cluster.players) >= MANY
    }


def recall_and_precision(lives: Sequence[Life], court: Court) -> tuple[int, int, int, int]:
    """(farm accounts flagged, farm accounts, flagged accounts that are frauds, flagged)."""
    suspected = flagged(court)
    label = {life.player_id: life.label for life in lives}
    farmed = [life.player_id for life in lives if life.label == FARM]
    right = sum(label[player] in FRAUDS for player in suspected)
    return sum(one in suspected for one in farmed), len(farmed), right, len(suspected)


def _farms(lives: Sequence[Life], court: Court) -> Iterator[str]:
    hit, farmed, right, suspected = recall_and_precision(lives, court)
    yield "## The graph alone (FRD-04)"
    yield ""
    yield (
        f"Farms of 3 to 50 accounts in three ways, beside households, café guests and VPN users:"
        f" recall {interval(hit, farmed)}, precision {interval(right, suspected)} of accounts in"
        f" clusters of {MANY} and more."
    )
    yield ""
    yield "| Farm | Way | Accounts | In one suspected cluster |"
    yield "|---|---|--:|--:|"
    groups: defaultdict[str, list[Life]] = defaultdict(list)
    for life in lives:
        if life.label == FARM and life.group:
            groups[life.group].append(life)
    for name, mine in sorted(groups.items(), key=lambda pair: len(pair[1])):
        sizes: defaultdict[UUID, int] = defaultdict(int)
        for life in mine:
            cluster = court.graph.cluster_of.get(life.player_id)
            if cluster and len(cluster.players) >= MANY:
                sizes[cluster.players[0]] += 1
        most = max(sizes.values(), default=0)
        yield f"| {name} | {mine[0].variety} | {len(mine)} | {most} |"
    yield ""


def models(seed: int, lives: Sequence[Life], court: Court) -> Iterator[str]:
    """Each class held out of training once."""
    yield "## Models, one class at a time held out of training"
    yield ""
    yield (
        "Score of a player: the highest of their requests for withdrawal. Tested on the held-out"
        " class among honest players of whom half were in the training. *Rules*: how many different"
        " rules spoke. AP is average precision; k is the number of frauds tested."
    )
    yield ""
    yield "| Held out | Tested | Rules AP | Forest AP | Boosted AP | Rules @k | Forest @k | Best |"
    yield "|---|--:|--:|--:|--:|--:|--:|---|"
    data = training.table(court.history, court.asked)
    label = {life.player_id: life.label for life in lives}
    wins: defaultdict[str, list[str]] = defaultdict(list)
    for held in FRAUDS:
        line, best = _held_out(seed, held, data, label, court)
        if best:
            wins[best].append(held)
        yield line
    yield ""
    for name, classes in sorted(wins.items()):
        yield f"- **{name}** is best for: {', '.join(classes)}."
    yield ""
    yield (
        "Where plain rules win they stay alone: the forest's score is worth 30 points of the 60"
        " that open a case, so by itself it makes nobody wait. The boosted challenger is not"
        " shipped: it knows what it was shown, and real labels do not exist yet."
    )


def _held_out(
    seed: int, held: str, data: training.Table, label: dict[UUID, str], court: Court
) -> tuple[str, str]:
    honest = sorted(player for player, of in label.items() if of == HONEST)
    known, unseen = frozenset(honest[::2]), honest[1::2]
    others = frozenset(p for p, of in label.items() if of in FRAUDS and of != held)
    tested = [p for p in data.players if label[p] == held or p in set(unseen)]
    players = sorted(set(tested))
    truth = [label[player] == held for player in players]
    if not any(truth):
        return f"| {held} | 0 | – | – | – | – | – | – |", ""
    rows = data.of(known | others)
    forest = training.by_player(-training.forest(rows, seed).score_samples(data.rows), data.players)
    taught = [p in others for p in data.players if p in known or p in others]
    boosted = training.by_player(
        training.boosted(rows, taught, seed).predict_proba(data.rows)[:, 1], data.players
    )
    rules = {player: float(len(court.found[player].rules)) for player in players}
    found = {
        name: training.measured([scores[p] for p in players], truth, seed)
        for name, scores in (("rules", rules), ("forest", forest), ("boosted", boosted))
    }
    best = max(found, key=lambda name: found[name].ap)
    aps = " | ".join(f"{m.ap:.2f} ({m.ap_low:.2f}–{m.ap_high:.2f})" for m in found.values())
    ks = " | ".join(
        f"{found[n].at_k:.2f} ({found[n].k_low:.2f}–{found[n].k_high:.2f})"
        for n in ("rules", "forest")
    )
    return f"| {held} | {sum(truth)} | {aps} | {ks} | {best} |", best

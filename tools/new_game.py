"""A new game's package: `make new-game NAME=slug` writes rules, README and a test that passes.

What it writes is a whole game already (one of ten equal fields wins): replace its rules by yours,
sentence by sentence.
"""

import argparse
import re
import sys
from pathlib import Path
from string import Template
from typing import Final

ROOT: Final = Path(__file__).parent.parent
SLUG: Final = re.compile(r"[a-z][a-z0-9]{1,31}")

_INIT: Final = '"""$name: one field of ten wins."""\n'

_README: Final = """\
# $slug

One of ten fields wins; the player chooses which.

**Words.** *Field*: 0 to 9, equally likely.

## Rules
`field = floor(u32 * 10 / 2^32)` of the stream's first number. A hit pays 9.8 times the stake.

## Sources
Say here where every rule and number comes from, and what was derived or proven by whom.

## Life of a bet
`read` checks the parameters, `decide` draws, `Instant.play` pays; nothing is stored between.
"""

_RULES: Final = '''\
"""$name: one field of ten wins.

Source: name it. One number of the stream picks the field; a hit pays 9.8 times the stake.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fairhouse.fairness.types import U32_RANGE, Stream, weight
from fairhouse.games.instant import NOTHING, Instant, published
from fairhouse.games.maths import ENUMERATION, setting
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.params import only, whole
from fairhouse.games.types import Multiplier

FIELDS: Final = 10
WIN: Final = Multiplier(98, 10)


@dataclass(frozen=True, slots=True)
class ${klass}Params:
    """What the player chose."""

    field: int
    """0 to 9."""


class $klass(Instant[${klass}Params]):
    """One version of the game."""

    slug = "$slug"
    name = "$name"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "field = floor(u32 * 10 / 2^32)",
            fields=FIELDS,
            win=[WIN.numerator, WIN.denominator],
            payout="floor(stake_units * 98 / 10) when the chosen field is drawn",
        )

    def read(self, params: Json, stake: Stake) -> ${klass}Params:
        """Refuses with InvalidGameParams."""
        only(params, "field")
        return ${klass}Params(whole(params, "field", 0, FIELDS - 1))

    def written(self, params: ${klass}Params) -> Json:
        """See `original.Original`."""
        return {"field": params.field}

    def decide(
        self, stream: Stream, params: ${klass}Params
    ) -> tuple[Multiplier, dict[str, object]]:
        """See `instant.Instant`."""
        (drawn,) = stream.choices(1, FIELDS)
        won = drawn == params.field
        return WIN if won else NOTHING, {"field": drawn, "won": won}

    def win(self, params: ${klass}Params) -> Multiplier:
        """See `original.Original`."""
        return WIN

    def top(self, params: ${klass}Params) -> Multiplier:
        """See `original.Original`."""
        return WIN

    def draws(
        self, stream: Stream, params: ${klass}Params | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """See `original.Original`."""
        (number,) = stream.u32s(1)
        (drawn,) = stream.choices(1, FIELDS)
        return [Draw(number, FIELDS, drawn, f"field {drawn}")]

    def facts(self, stream: Stream, params: Json) -> Json:
        """See `original.Original`."""
        return {"result": stream.choices(1, FIELDS)[0]}

    def maths(self) -> list[Setting]:
        """Every field."""
        paid = Fraction(WIN.numerator, WIN.denominator)
        found: list[Setting] = []
        for field in range(FIELDS):
            hit = Fraction(weight(field, FIELDS), U32_RANGE)
            odds = [(paid, hit), (Fraction(0), 1 - hit)]
            found.append(setting(f"field {field}", odds, ENUMERATION))
        return found
'''

_TEST_IMPORTS: Final = (
    "from fairhouse.fairness.types import Stream",
    "from fairhouse.games.original import Original, Stake",
    "from fairhouse.games.types import InvalidChoice, InvalidGameParams",
)

_TEST: Final = '''\
"""$name: its outcomes, its refusals, and its exact return."""

from fractions import Fraction

import pytest

$imports

GAME: Original = $klass()
STAKE = Stake(1_000_000, 6)


def test_a_hit_pays_and_anything_else_does_not():
    for nonce in range(40):
        stream = Stream("5e" * 32, "client", nonce)
        drawn = stream.choices(1, FIELDS)[0]
        for field in range(FIELDS):
            ended = GAME.play(stream, GAME.read({"field": field}, STAKE), 1_000_000, (), 0)
            assert ended.payout == (9_800_000 if field == drawn else 0)  # type: ignore[union-attr]


@pytest.mark.parametrize("params", [{}, {"field": 10}, {"field": "1"}, {"field": 1, "more": 1}])
def test_other_parameters_are_refused(params):
    with pytest.raises(InvalidGameParams):
        GAME.read(params, STAKE)


def test_there_is_nothing_to_choose():
    with pytest.raises(InvalidChoice):
        GAME.read_choice(GAME.read({"field": 1}, STAKE), {"do": "cash_out"})


def test_the_return_is_exact():
    for one in GAME.maths():
        assert abs(one.rtp - Fraction(98, 100)) < Fraction(1, 10**8)
'''


class Impossible(Exception):
    """Such a package cannot be made; says why."""


def files_of(slug: str) -> dict[str, str]:
    """Path below the root to text. Raises Impossible."""
    if not SLUG.fullmatch(slug):
        raise Impossible("NAME must be 2 to 32 lower-case letters and digits, a letter first.")
    klass = slug.capitalize()
    imports = [*_TEST_IMPORTS, f"from fairhouse.games.{slug}.rules import FIELDS, {klass}"]
    words = {"slug": slug, "name": klass, "klass": klass, "imports": "\n".join(sorted(imports))}
    package = f"fairhouse/games/{slug}"
    written = {
        f"{package}/__init__.py": _INIT,
        f"{package}/README.md": _README,
        f"{package}/rules.py": _RULES,
        f"tests/unit/test_{slug}.py": _TEST,
    }
    return {path: Template(text).substitute(words) for path, text in written.items()}


def scaffold(root: Path, slug: str) -> list[Path]:
    """Write the package; returns its files. Raises Impossible, and then writes nothing."""
    made = {root / path: text for path, text in files_of(slug).items()}
    there = [path for path in made if path.exists()]
    if there:
        raise Impossible(f"{there[0].relative_to(root)} is there already; choose another name.")
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(made)


def main() -> int:
    """Write it, and say what comes next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="the game's slug: lower-case letters and digits")
    slug = parser.parse_args().name
    try:
        made = scaffold(ROOT, slug)
    except Impossible as error:
        print(error, file=sys.stderr)
        return 1
    for path in made:
        print(f"  {path.relative_to(ROOT)}")
    klass = slug.capitalize()
    print(
        f"Next: write its rules; import {klass} in fairhouse/games/releases.py and add the line\n"
        f'    *one_table({klass}(), "1"),\nthen `make publish-games` and `make maths`, and its '
        "parameters in tests/originals.py."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

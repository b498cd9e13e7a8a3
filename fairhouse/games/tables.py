"""Payout tables as data: each game's `table.json`, read once."""

import json
from importlib.resources import files
from typing import Any

from fairhouse.games.params import HUNDREDTHS
from fairhouse.kernel.money import parse_units


def table_of(package: str) -> Any:
    """The `table.json` of a game's package. Numbers in it are decimal texts: no float is made."""
    return json.loads(files(package).joinpath("table.json").read_text("utf-8"))


def in_hundredths(multiplier: str) -> int:
    """ "5.6" is 560."""
    return parse_units(multiplier, HUNDREDTHS, param="multiplier")

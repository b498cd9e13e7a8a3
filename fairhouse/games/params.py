"""Players' parameters, read strictly: every refusal names the field and what would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from fairhouse.games.original import Json, Stake
from fairhouse.games.types import InvalidGameParams
from fairhouse.kernel.money import InvalidAmount, format_units, parse_units

HUNDREDTHS: Final = 2
"""Decimals of a multiplier or target as players write it."""


@dataclass(frozen=True, slots=True)
class NoParams:
    """The parameters of a game that takes none, once they are read."""


def only(params: Json, *names: str, path: str = "") -> None:
    """Refuses with InvalidGameParams any parameter that is not one of `names`."""
    for given in params:
        if given not in names:
            param = f"{path}.{given}" if path else given
            known = ", ".join(names) or "none at all"
            raise InvalidGameParams(
                f"{param} is no parameter of the game; it knows {known}.", param=param
            )


def whole(params: Json, name: str, least: int, most: int) -> int:
    """A whole number from `least` to `most`. Refuses with InvalidGameParams."""
    value = params.get(name)
    if type(value) is not int or not least <= value <= most:
        raise InvalidGameParams(
            f"{name} must be a whole number from {least} to {most}.",
            param=name,
            minimum=least,
            maximum=most,
        )
    return value


def among(params: Json, name: str, offered: Sequence[str]) -> str:
    """One of the words on offer. Refuses with InvalidGameParams."""
    value = params.get(name)
    if not isinstance(value, str) or value not in offered:
        raise InvalidGameParams(f"{name} must be one of {', '.join(offered)}.", param=name)
    return value


def decimal_text(params: Json, name: str, scale: int) -> int:
    """Plain decimal text in units of `scale`. Refuses with InvalidGameParams."""
    value = params.get(name)
    if not isinstance(value, str):
        raise InvalidGameParams(f'{name} must be decimal text such as "1.50".', param=name)
    try:
        return parse_units(value, scale, param=name)
    except InvalidAmount as refused:
        raise InvalidGameParams(refused.message, param=name) from refused


def hundredths(params: Json, name: str, least: int, most: int) -> int:
    """A multiplier such as "2.50" in hundredths. Refuses with InvalidGameParams."""
    value = decimal_text(params, name, HUNDREDTHS)
    if not least <= value <= most:
        low, high = shown_hundredths(least), shown_hundredths(most)
        raise InvalidGameParams(
            f"{name} must be from {low} to {high}.", param=name, minimum=low, maximum=high
        )
    return value


def items(params: Json, name: str, most: int) -> list[object]:
    """A list with 1 to `most` items. Refuses with InvalidGameParams."""
    value = params.get(name)
    if not isinstance(value, list | tuple) or not 1 <= len(cast(Sequence[object], value)) <= most:
        raise InvalidGameParams(f"{name} must be a list of 1 to {most} items.", param=name)
    return list(cast(Sequence[object], value))


def fields(value: object, path: str) -> Json:
    """A JSON object inside the parameters. Refuses with InvalidGameParams."""
    if not isinstance(value, dict):
        raise InvalidGameParams(f"{path} must be an object.", param=path)
    return cast(Json, value)


def shown_hundredths(value: int) -> str:
    """250 is "2.50"."""
    return f"{value // 100}.{value % 100:02d}"


def plain_hundredths(value: int) -> str:
    """250 is "2.5": as the field's tables write it."""
    return format_units(value, HUNDREDTHS)


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the stake on one of several bets of a round."""

    place: str
    units: int

    def amount(self, scale: int) -> str:
        """Its units as text, in a currency with `scale` decimals."""
        return format_units(self.units, scale)


def chip(place: str, bet: Json, path: str, stake: Stake, *, name: str = "amount") -> Chip:
    """The amount in `bet[name]` on a place, more than nothing. Refuses with InvalidGameParams."""
    param = f"{path}.{name}" if path else name
    value = bet.get(name)
    units = decimal_text({param: value}, param, stake.scale)
    if units == 0:
        raise InvalidGameParams(f"{param} must be more than zero.", param=param)
    return Chip(place, units)


def adds_up(chips: Sequence[Chip], stake: Stake, name: str) -> None:
    """Refuses with InvalidGameParams chips that are not together the stake."""
    total = sum(one.units for one in chips)
    if total != stake.units:
        raise InvalidGameParams(
            f"The amounts in {name} add up to {format_units(total, stake.scale)}, but the stake is "
            f"{format_units(stake.units, stake.scale)}; make them equal.",
            param=name,
        )


def bets_total(params: Json, scale: int) -> int:
    """What the amounts under `bets` add up to; 0 where there are none that can be read."""
    bets = params.get("bets")
    if isinstance(bets, dict):
        amounts = list(cast(Json, bets).values())
    elif isinstance(bets, list):
        listed = cast(list[object], bets)
        amounts = [cast(Json, bet).get("amount") for bet in listed if isinstance(bet, dict)]
    else:
        return 0
    try:
        return sum(decimal_text({"amount": amount}, "amount", scale) for amount in amounts)
    except InvalidGameParams:
        return 0

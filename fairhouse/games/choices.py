"""Choices of a round, read strictly: every refusal names the field and what would do."""

from collections.abc import Mapping, Sequence

from fairhouse.games.original import CASH_OUT, Json
from fairhouse.games.types import InvalidChoice

Choices = Mapping[str, Sequence[str]]
"""What a game lets do, each with the fields it takes beside `do`."""


def what(choice: Json, known: Choices) -> str:
    """What a choice is to do. Refuses with InvalidChoice unknown words and fields."""
    do = choice.get("do")
    if not isinstance(do, str) or do not in known:
        raise InvalidChoice(f"do must be one of {', '.join(known)}.", param="do")
    for name in known[do]:
        if name not in choice:
            raise InvalidChoice(f"{name} is missing from the choice {do}.", param=name)
    for name in choice:
        if name != "do" and name not in known[do]:
            raise InvalidChoice(
                f"The choice {do} has a field {name[:40]!r} that it does not take.",
                param=name[:40],
            )
    return do


def whole(choice: Json, name: str, least: int, most: int) -> int:
    """A whole number from `least` to `most`. Refuses with InvalidChoice."""
    value = choice.get(name)
    if type(value) is int and least <= value <= most:
        return value
    raise InvalidChoice(
        f"{name} must be a whole number from {least} to {most}.",
        param=name,
        minimum=least,
        maximum=most,
    )


def is_cash_out(choice: Json) -> bool:
    """Whether a choice takes what is won."""
    return choice["do"] == CASH_OUT

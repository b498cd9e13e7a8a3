"""Reading what players send: plain JSON in, checked values out, refusals that name the field."""

from collections.abc import Collection, Mapping
from typing import cast

from fairhouse.games.original import CASH_OUT, Json
from fairhouse.games.types import InvalidChoice, InvalidGameParams


def check_fields(params: Json, names: Collection[str]) -> None:
    """Every name is there, and nothing else. Refuses with InvalidGameParams."""
    for name in names:
        if name not in params:
            raise InvalidGameParams(f"{name} is missing from params.", param=name)
    if len(params) == len(names):
        return
    odd = next(name for name in params if name not in names)
    known = ", ".join(names) if names else "nothing"
    raise InvalidGameParams(
        f"params has a field {odd[:40]!r} that this game does not know; it takes {known}.",
        param=odd[:40],
    )


def whole(params: Json, name: str, least: int, most: int) -> int:
    """A whole number from `least` to `most`. Refuses with InvalidGameParams."""
    value = params.get(name)
    if type(value) is int and least <= value <= most:
        return value
    raise InvalidGameParams(
        f"{name} must be a whole number from {least} to {most}.",
        param=name,
        minimum=least,
        maximum=most,
    )


def word(params: Json, name: str, among: Collection[str]) -> str:
    """One of some words. Refuses with InvalidGameParams."""
    value = params.get(name)
    if isinstance(value, str) and value in among:
        return value
    raise InvalidGameParams(
        f"{name} must be one of {', '.join(among)}.", param=name, choices=", ".join(among)
    )


def text(params: Json, name: str, length_max: int) -> str:
    """Any text up to a length. Refuses with InvalidGameParams."""
    value = params.get(name)
    if isinstance(value, str) and len(value) <= length_max:
        return value
    raise InvalidGameParams(f"{name} must be text of at most {length_max} characters.", param=name)


def what(choice: Json, among: Mapping[str, Collection[str]]) -> str:
    """What a choice is to do; `among` are the words of the game, each with the fields it takes.

    Refuses with InvalidChoice: an unknown word, a field that is missing or too many.
    """
    do = choice.get("do")
    if not isinstance(do, str) or do not in among:
        raise InvalidChoice(
            f"choice.do must be one of {', '.join(among)}.", param="do", choices=", ".join(among)
        )
    names = among[do]
    for name in names:
        if name not in choice:
            raise InvalidChoice(f"{name} is missing from the choice {do}.", param=name)
    for odd in choice:
        if odd != "do" and odd not in names:
            raise InvalidChoice(
                f"The choice {do} has a field {odd[:40]!r} that it does not take.", param=odd[:40]
            )
    return do


def whole_of_choice(choice: Json, name: str, least: int, most: int) -> int:
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
    """Whether the choice takes what is won."""
    return choice["do"] == CASH_OUT


def stored_choices(progress: Json) -> list[Json]:
    """The choices of a round, out of what the road stored of it; none for a game without steps."""
    return cast(list[Json], progress.get("choices", []))

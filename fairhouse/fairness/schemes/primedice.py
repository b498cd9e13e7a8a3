"""Primedice's dice of its first years.

Source: the house's own words at the time, and the PyPI package provablyfair 1.0.0:
`HMAC_SHA512(key=server seed, message="{client seed}-{nonce}")` in hexadecimal, cut into groups of
five characters; the first group below 1,000,000 is the lucky number, its last four digits the roll
in hundredths. When all 25 groups are too large, the roll is 99.99.
"""

import hmac
from typing import Final

GROUP_CHARS: Final = 5
GROUPS: Final = 25
LUCKY_END: Final = 1_000_000
ROLLS: Final = 10_000
LAST_ROLL: Final = ROLLS - 1


def lucky_number(server_seed: str, client_seed: str, nonce: int) -> int:
    """0 to 999999, or 9999 when no group is small enough."""
    message = f"{client_seed}-{nonce}"
    text = hmac.digest(server_seed.encode(), message.encode(), "sha512").hex()
    found = first_below(text, LUCKY_END, groups=GROUPS)
    return LAST_ROLL if found is None else found


def roll_of(lucky: int) -> int:
    """0 to 9999, in hundredths."""
    return lucky % ROLLS


def first_below(hexadecimal: str, end: int, *, groups: int) -> int | None:
    """The first group of five hexadecimal characters that spells a number below `end`."""
    for group in range(groups):
        number = int(hexadecimal[group * GROUP_CHARS : (group + 1) * GROUP_CHARS], 16)
        if number < end:
            return number
    return None

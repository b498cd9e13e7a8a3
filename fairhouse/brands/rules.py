"""Which brand a host name means, and what a pause switch stops."""

import re
from collections.abc import Mapping
from typing import Final

from fairhouse.brands.tables import BRANDS, JURISDICTIONS
from fairhouse.brands.types import (
    Brand,
    BrandId,
    Jurisdiction,
    JurisdictionCode,
    ReasonMissing,
    Switch,
    UnknownBrand,
    UnknownJurisdiction,
    UnknownSwitch,
)
from fairhouse.kernel.refusals import Paused

DEPOSITS: Final = Switch("deposits")
WITHDRAWALS: Final = Switch("withdrawals")
BETTING: Final = Switch("betting")

_SWITCH: Final = re.compile(r"deposits|withdrawals|betting|game:[a-z0-9_-]{1,40}")
_PORT: Final = re.compile(r":[0-9]{1,5}$")
_BY_ID: Final = {item.id: item for item in BRANDS}
_BY_DOMAIN: Final = {domain: item for item in BRANDS for domain in item.domains}


def brand(brand_id: int) -> Brand:
    """Refuses with UnknownBrand."""
    found = _BY_ID.get(BrandId(brand_id))
    if found is None:
        raise UnknownBrand(f"There is no brand {brand_id}.", param="brand_id")
    return found


def brand_for_host(host: str) -> Brand:
    """The brand of a Host header, with or without port. Refuses with UnknownBrand."""
    name = _PORT.sub("", host.strip().lower()).rstrip(".")
    found = _BY_DOMAIN.get(name)
    if found is None:
        raise UnknownBrand(f"No brand answers to the host {name[:80]!r}.", param="host")
    return found


def jurisdiction(code: str) -> Jurisdiction:
    """Refuses with UnknownJurisdiction."""
    found = JURISDICTIONS.get(JurisdictionCode(code))
    if found is None:
        known = ", ".join(sorted(JURISDICTIONS))
        raise UnknownJurisdiction(f"jurisdiction must be one of {known}.", param="jurisdiction")
    return found


def game_switch(slug: str) -> Switch:
    """The switch of one game."""
    return parse_switch(f"game:{slug}")


def parse_switch(text: str) -> Switch:
    """Refuses with UnknownSwitch."""
    if _SWITCH.fullmatch(text) is None:
        raise UnknownSwitch(
            "switch must be deposits, withdrawals, betting or game: and a game's slug.",
            param="switch",
        )
    return Switch(text)


def clean_reason(text: str) -> str:
    """Refuses with ReasonMissing."""
    reason = " ".join(text.split())
    if not 3 <= len(reason) <= 500:
        raise ReasonMissing("reason must be 3 to 500 characters; players read it.", param="reason")
    return reason


def check_open(pauses: Mapping[Switch, str], *switches: Switch) -> None:
    """None of these switches is off. Refuses with Paused, giving the operator's reason."""
    for switch in switches:
        reason = pauses.get(switch)
        if reason is not None:
            raise Paused(f"This is paused by the operator: {reason}", switch=switch, reason=reason)

"""What a definition must be, and what a pause switch stops."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from fairhouse.brands.tables import LANGUAGES, REFERENCE_CURRENCIES, SANCTIONED
from fairhouse.brands.types import (
    BrandDefinition,
    CountryBlocked,
    DefinitionInvalid,
    Entry,
    Jurisdiction,
    LocationUnknown,
    NetworkKind,
    NetworkRefused,
    ReasonMissing,
    Switch,
    Theme,
    UnknownSwitch,
)
from fairhouse.kernel.currencies import CURRENCIES, CurrencyKind
from fairhouse.kernel.refusals import Paused

DEPOSITS: Final = Switch("deposits")
WITHDRAWALS: Final = Switch("withdrawals")
BETTING: Final = Switch("betting")
CONTRAST_MIN: Final = 4.5
"""WCAG 2, text."""

_SWITCH: Final = re.compile(r"deposits|withdrawals|betting|game:[a-z0-9_-]{1,40}")
_SLUG: Final = re.compile(r"[a-z][a-z0-9-]{1,30}")
_GAME: Final = re.compile(r"[a-z0-9_-]{1,40}")
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_TERMS: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[0-9]{1,3})?")
_ORIGIN: Final = re.compile(rf"https?://{_LABEL}(\.{_LABEL})*(:[0-9]{{1,5}})?")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


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


# --- Places


def check_place(
    of: Jurisdiction, entry: Entry, *, country: str | None, network: str | None = None
) -> None:
    """Whether this may be done from there. `country` is None where it cannot be told, `network`
    what the address is used for.

    Refuses with CountryBlocked, NetworkRefused and LocationUnknown.
    """
    where = of.location
    if country is None:
        if where.unknown_refused and entry is not Entry.LOGIN:
            raise LocationUnknown(
                "We cannot tell where you are, and our licence asks us to know. Try it from "
                "another network; taking money out stays possible.",
                entry=entry,
            )
    elif _is_blocked(of, entry, country):
        raise CountryBlocked(
            f"We may not offer this in your country ({country}). Money that is yours can be taken "
            "out.",
            country=country,
            entry=entry,
        )
    if entry in {Entry.LOGIN, Entry.NATIONALITY} or network is None:
        return
    if network in set(where.refused_networks):
        raise NetworkRefused(
            f"This connection goes through a network that hides where you are ({network}). Switch "
            "it off and try again; taking money out stays possible.",
            network=NetworkKind(network),
            entry=entry,
        )


def _is_blocked(of: Jurisdiction, entry: Entry, country: str) -> bool:
    if entry is Entry.LOGIN:
        return country in of.excluded_countries and country in SANCTIONED
    if country in of.excluded_countries:
        return True
    allowed = of.location.allowed_countries
    # Somebody may live in the one country that a licence covers, with another passport.
    return bool(allowed) and country not in allowed and entry is not Entry.NATIONALITY


# --- Definitions


def check_definition(of: BrandDefinition, rules: Jurisdiction) -> None:
    """Everything about a definition that needs no other brand. Refuses with DefinitionInvalid."""
    _check(_SLUG, of.slug, "slug", "2 to 31 lower-case letters, digits and hyphens")
    if not 2 <= len(of.name) <= 40 or of.name != " ".join(of.name.split()):
        raise _invalid("name", "2 to 40 characters without spaces at its ends")
    if not of.domains or len(set(of.domains)) != len(of.domains):
        raise _invalid("domains", "at least one host name, each once")
    for domain in of.domains:
        _check(_DOMAIN, domain, "domains", "host names in lower case, without port")
    _check_theme(of.theme)
    _check(_TERMS, of.terms_version, "terms_version", "a date like 2026-11-01")
    if of.reference_currency not in REFERENCE_CURRENCIES:
        raise _invalid("reference_currency", f"one of {', '.join(REFERENCE_CURRENCIES)}")
    _check_set(of.currencies, CURRENCIES, "currencies")
    _check_set(of.languages, LANGUAGES, "languages")
    if len(set(of.games)) != len(of.games):
        raise _invalid("games", "slugs, each once")
    for slug in of.games:
        _check(_GAME, slug, "games", "slugs of games")
    if len(of.entity) > 120:
        raise _invalid("entity", "at most 120 characters")
    if of.public_url:
        _check(_ORIGIN, of.public_url, "public_url", "an origin like https://casino.example")
    real = [code for code in of.currencies if CURRENCIES[code].kind is CurrencyKind.REAL]
    if real and not rules.crypto:
        raise _invalid("currencies", f"play money only: {rules.name} takes no coins as payment")


def _check_theme(theme: Theme) -> None:
    for name in ("accent", "accent_ink", "accent_soft", "ground"):
        _check(_COLOUR, getattr(theme, name), f"theme.{name}", "a colour like #2fd180")
    if len(theme.mark) != 1 or not theme.mark.isprintable() or theme.mark.isspace():
        raise _invalid("theme.mark", "one character")
    for name in ("accent_ink", "ground"):
        found = contrast(theme.accent, getattr(theme, name))
        if found < CONTRAST_MIN:
            raise _invalid(
                f"theme.{name}", f"readable: {found:.2f} : 1 against the accent, 4.5 : 1 is needed"
            )


def check_jurisdiction(of: Jurisdiction) -> None:
    """Data that holds together. Refuses with DefinitionInvalid."""
    tiers = [of.kyc.tier1_value, of.kyc.tier2_value, of.kyc.tier3_value]
    known = [value for value in tiers if value is not None]
    if known != sorted(known) or any(value < 0 for value in known):
        raise _invalid("kyc", "tiers that rise from 0")
    for name, countries in (
        ("excluded_countries", of.excluded_countries),
        ("location.allowed_countries", of.location.allowed_countries),
    ):
        for code in countries:
            _check(_COUNTRY, code, name, "ISO 3166-1 alpha-2 codes")
    if of.excluded_countries & of.location.allowed_countries:
        raise _invalid("location.allowed_countries", "no excluded country")
    if not 16 <= of.minimum_age <= 30:
        raise _invalid("minimum_age", "16 to 30")
    if of.limits.raise_delay_h < 24:
        raise _invalid("limits.raise_delay_h", "at least 24")
    if not of.exclusion.exclusions:
        raise _invalid("exclusion.exclusions", "at least one length")
    if min(of.play.cycle_ms, of.play.slot_cycle_ms) < 0:
        raise _invalid("play", "times from 0")


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: relative luminance of the lighter against the darker, 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def ink_on(accent: str) -> str:
    """A readable text colour on an accent: the accent's own near-black, or white."""
    if _COLOUR.fullmatch(accent) is None:
        return accent
    dark = _scaled(accent, 12)
    return dark if contrast(accent, dark) >= CONTRAST_MIN else "#ffffff"


def softer(accent: str) -> str:
    """The accent for borders and glows."""
    return _scaled(accent, 42)


def _scaled(colour: str, per_cent: int) -> str:
    if _COLOUR.fullmatch(colour) is None:
        return colour
    channels = [int(colour[place : place + 2], 16) * per_cent // 100 for place in (1, 3, 5)]
    return "#" + "".join(f"{one:02x}" for one in channels)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _check(pattern: re.Pattern[str], text: str, param: str, wanted: str) -> None:
    if pattern.fullmatch(text) is None:
        raise _invalid(param, wanted)


def _check_set(given: Iterable[str], known: Iterable[str], param: str) -> None:
    found, every = list(given), list(known)
    if not found or len(set(found)) != len(found) or set(found) - set(every):
        raise _invalid(param, f"at least one of {', '.join(every)}, each once")


def _invalid(param: str, wanted: str) -> DefinitionInvalid:
    return DefinitionInvalid(f"{param} must be {wanted}.", param=param)

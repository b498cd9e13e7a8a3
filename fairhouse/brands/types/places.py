"""Where a player may do what."""

from enum import StrEnum

from fairhouse.kernel.refusals import Refusal


class Entry(StrEnum):
    """What somebody wants to do. Taking money out is not in here: it stays possible everywhere."""

    REGISTRATION = "registration"
    LOGIN = "login"
    """From an excluded country one may log in to take money out; from a sanctioned one not."""
    DEPOSIT = "deposit"
    BET = "bet"
    NATIONALITY = "nationality"
    """What a verified document says; it beats the address of the network."""


class CountryBlocked(Refusal):
    """The brand may not serve this country. `fields`: country, entry."""

    code = "country_blocked"
    status = 403


class NetworkRefused(Refusal):
    """The network hides where the player is. `fields`: network, entry."""

    code = "network_refused"
    status = 403


class LocationUnknown(Refusal):
    """Where the player is cannot be told, and the jurisdiction wants to know. `fields`: entry."""

    code = "location_unknown"
    status = 403

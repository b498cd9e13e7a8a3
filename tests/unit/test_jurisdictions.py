"""Jurisdictions as data: the figures of Appendix D, and data that holds together."""

import dataclasses
import itertools
from datetime import timedelta
from typing import Any

import pytest

from fairhouse.brands import api
from fairhouse.brands.types import (
    Jurisdiction,
    LimitName,
    NoticeKind,
    UnknownJurisdiction,
)
from fairhouse.protection import tables as protection

ALL = api.jurisdictions()
BY_CODE: dict[str, Jurisdiction] = {known.code: known for known in ALL}


def _field(of: Any, path: str) -> Any:
    for name in path.split("."):
        of = getattr(of, name)
    return of


def test_the_licences_of_the_field_are_there():
    assert set(BY_CODE) == {
        *("demonstration", "uk", "malta", "curacao", "ontario", "anjouan", "kahnawake"),
    }
    assert api.jurisdiction("uk").authority == "UK Gambling Commission"
    with pytest.raises(UnknownJurisdiction):
        api.jurisdiction("atlantis")


@pytest.mark.parametrize(
    ("code", "path", "value"),
    [
        ("uk", "kyc.verified_before_play", True),
        ("uk", "limits.raise_delay_h", 24),
        ("uk", "limits.raise_confirmed", True),
        ("uk", "exclusion.register", "gamstop"),
        ("uk", "withdrawals_cancellable", False),
        ("uk", "play.slot_cycle_ms", 2_500),
        ("uk", "play.cycle_ms", 5_000),
        ("uk", "play.autoplay", False),
        ("uk", "bonus.wagering_max", 10),
        ("malta", "kyc.deadline_days", 30),
        ("malta", "kyc.tier1_value", 2_000_000_000),
        ("malta", "reality_check.mandatory", True),
        ("ontario", "crypto", False),
        ("ontario", "minimum_age", 19),
        ("anjouan", "retention.suspicious_days", 6 * 366),
        ("kahnawake", "exclusion.wish_suspends_h", 24),
    ],
)
def test_figures_of_appendix_d(code: str, path: str, value: object):
    assert _field(BY_CODE[code], path) == value


def test_limits_that_must_be_decided_on():
    deposit, loss = frozenset({LimitName.DEPOSIT}), frozenset({LimitName.LOSS})

    assert BY_CODE["uk"].limits.asked == (deposit,)
    assert BY_CODE["malta"].limits.asked == (frozenset({LimitName.DEPOSIT, LimitName.WAGER}),)
    assert set(BY_CODE["ontario"].limits.asked) == {deposit, loss}


def test_exclusions_players_may_choose():
    def months(code: str) -> list[int | None]:
        return [term.months for term in BY_CODE[code].exclusion.exclusions]

    assert months("uk")[0] == 6
    assert months("curacao") == [12, 36, 60, None]
    assert months("kahnawake") == [None]


def test_incidents_are_told_in_time():
    hours = {(str(one.code), n.kind): n.hours for one in ALL for n in one.notices}

    assert hours["anjouan", NoticeKind.INCIDENT] == 48
    assert hours["uk", NoticeKind.KEY_EVENT] == 120


@pytest.mark.parametrize("of", ALL, ids=lambda of: of.code)
def test_data_holds_together(of: Jurisdiction):
    """Unknowns name real fields; tiers rise; caps leave no age out; countries are codes."""
    for path in of.unknown:
        _field(of, path)
    tiers = [of.kyc.tier1_value, of.kyc.tier2_value, of.kyc.tier3_value]
    known = [value for value in tiers if value is not None]
    assert known == sorted(known)
    for countries in (of.excluded_countries, of.location.allowed_countries):
        assert all(len(code) == 2 and code.isascii() and code.isupper() for code in countries)
    assert not of.excluded_countries & of.location.allowed_countries
    check = of.reality_check
    assert check.minutes_min <= (check.minutes_default or check.minutes_min) <= check.minutes_max
    ages = sorted((cap.kind, cap.age_from, cap.age_below) for cap in of.stake_caps)
    for (kind, _, below), (next_kind, start, _) in itertools.pairwise(ages):
        assert kind != next_kind or below == start
    assert all(term.hours for term in of.exclusion.breaks)
    assert all(not term.hours for term in of.exclusion.exclusions)


def test_licensed_places_exclude_the_sanctioned():
    for of in ALL:
        if of.authority:
            assert {"CU", "IR", "KP"} <= of.excluded_countries


def test_every_record_is_kept_at_least_as_long_as_the_law_we_found():
    for of in ALL:
        kept = dataclasses.asdict(of.retention)
        assert kept["money_days"] >= 5 * 365
        assert kept["chat_days"] >= 90


def test_the_demonstration_asks_nothing_new():
    demo = BY_CODE["demonstration"]

    assert demo.excluded_countries == frozenset()
    assert not demo.location.unknown_refused
    assert not demo.location.refused_networks
    assert not demo.kyc.verified_before_play
    assert demo.limits.asked == ()


def test_protection_offers_what_the_jurisdiction_says():
    demo = protection.policy_of(1)
    day = timedelta(days=1)

    assert set(demo.increase_waits.values()) == {day}
    assert demo.cool_offs == {"24h": day, "7d": 7 * day, "30d": 30 * day, "6w": 42 * day}
    assert demo.self_exclusions == {"6m": 6, "1y": 12, "3y": 36, "5y": 60, "permanent": None}
    assert (demo.return_wait, demo.readmitters) == (day, 2)

"""Rules: whatever is written is either a typed rule or an error that names place and fix."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.risk.engine.built_in import definitions
from fairhouse.risk.language.definition import read_rule
from fairhouse.risk.language.evaluate import explain, judge
from fairhouse.risk.types.checks import usd
from fairhouse.risk.types.observations import Kind, Observation
from fairhouse.risk.types.rules import Action, RuleInvalid

FACT = Observation(
    key="k",
    kind=Kind.WITHDRAWAL_REQUESTED,
    at=datetime(2026, 1, 1, 23, 5, tzinfo=UTC),
    brand_id=1,
    player_id=UUID(int=1),
    value=usd(250),
    country="DE",
)
PIECES = [
    *("count(", "sum(", "deposit", ".value", ", 24 h", ")", " and ", " or ", " not ", "(", "this."),
    *("value", "hour", " > ", " == ", "3", "1000 usd", " * ", " / ", "5 m", '"DE"', "ratio(", ","),
    *("[1 usd..2 usd]", " by device", " since login", "turnover", " + ", "distinct(", "fresh("),
]


def rule_with(when: str, *lets: tuple[str, str], **parts: object) -> dict[str, object]:
    return {
        "name": "a_rule",
        "on": ["withdrawal_requested"],
        "let": [list(pair) for pair in lets],
        "when": when,
        "action": "hold",
        "says": {"en": "It says.", "de": "Es sagt."},
        **parts,
    }


def verdict(when: str, *lets: tuple[str, str], found: int = 0) -> bool:
    rule = read_rule(rule_with(when, *lets))
    return judge(rule, FACT, dict.fromkeys(rule.features, found))[0]


@pytest.mark.parametrize(
    ("when", "found", "expected"),
    [
        ("this.value >= 250 usd", 0, True),
        ("this.value > 250 usd", 0, False),
        ('this.country == "DE" and this.hour == 23', 0, True),
        ("not (this.hour < 6)", 0, True),
        ("count(deposit, 24 h) + 1 > 3", 3, True),
        ("sum(deposit.value, 7 d) * 2 > 10 usd", usd(5), False),
        ("ratio(sum(bet.moved, 7 d), sum(deposit.value, 7 d)) == 100", 7, True),
        ("ratio(count(bet, 7 d), count(deposit, 7 d)) == 0", 0, True),
        ("age(login, 7 d) < 2 h", 7_199, True),
        ("1 > 2 or 1 < 2 and 2 < 1", 0, False),
        ("sum(bet.moved, 7 d) / 3 == 2 usd", usd(6) + 2, True),
    ],
)
def test_meaning(when: str, found: int, expected: bool):
    assert expected == verdict(when, found=found)


@pytest.mark.parametrize(
    ("when", "place", "fix"),
    [
        ("sum(deposit.value, 24 h) > 1000", "line 1, column 26", "1000 usd"),
        ("sum(deposit.device, 24 h) > 3", "column 13", "Use one of moved"),
        ("sum(deposit, 24 h) > 3", "column 1", "Write sum(deposit.moved"),
        ("count(deposits, 24 h) > 3", "column 7", "Use one of address_added"),
        ("count(deposit, 24) > 3", "column 16", "as in 24 h"),
        ("count(deposit, 500 d) > 3", "column 16", "at most 400 d"),
        ("count(deposit, 7 d by brand) > 3", "column 16", "Use 24 h"),
        ("count(deposit,\n 24 h", "line 2, column 6", "Write ')'"),
        ("count(deposit, 24 h) and 1 > 2", "column 22", "Compare"),
        ("turnover > 3", "column 1", "Name it with let"),
        ("this.shoe > 3", "column 6", "Use one of value"),
        ("1 / this.count > 2", "column 3", "ratio(a, b)"),
        ("5 m > 3", "column 5", "as in 24 h"),
        ('this.country > "DE"', "column 14", "== or !="),
        ("1 > 2 3", "column 7", "and, or"),
        ("1 > $", "column 5", "quotes"),
        ("count(deposit[9 usd..3 usd], 1 h) > 1", "column 27", "smaller amount first"),
        ("(" * 60 + "1 > 2" + ")" * 60, "column 41", "let"),
    ],
)
def test_errors_name_place_and_fix(when: str, place: str, fix: str):
    with pytest.raises(RuleInvalid) as caught:
        read_rule(rule_with(when))
    assert place in caught.value.message
    assert fix in caught.value.message
    assert caught.value.param == "when"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        *[("name", "X"), ("on", []), ("on", ["nothing"]), ("action", "seize"), ("points", -1)],
        *[("says", {"en": "only"}), ("says", {"en": "{x}", "de": "{x}"}), ("quiet", "1")],
        *[("check", "balance"), ("let", {}), ("let", [["and", "1"]]), ("let", [["a", "1"]] * 2)],
        *[("seize", True), ("when", 7), ("when", "1 + 1")],
    ],
)
def test_every_part_is_checked(part: str, value: object):
    with pytest.raises(RuleInvalid) as caught:
        read_rule({**rule_with("1 > 2"), part: value})
    assert caught.value.param is not None


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=40))
def test_any_text_is_a_rule_or_a_named_error(when: str):
    said: tuple[str | None, str] | None = None
    try:
        rule = read_rule(rule_with(when))
    except RuleInvalid as refusal:
        said = (refusal.param, refusal.message[-1])
        rule = None
    if rule is None:
        assert said == ("when", ".")
    else:
        is_hit, _ = judge(rule, FACT, dict.fromkeys(rule.features, 1))
        assert is_hit in {True, False}


def test_words_are_filled_in_by_type_and_language():
    lets = (
        ("turnover", "sum(bet.moved, 24 h)"),
        ("wait", "age(login, 30 d)"),
        ("n", "count(login, 1 h)"),
    )
    says = {"en": "{turnover}, {wait}, {n}", "de": "{turnover}, {wait}, {n}"}
    rule = read_rule(rule_with("n > 1", *lets, says=says))
    _, named = judge(rule, FACT, dict.fromkeys(rule.features, usd(1234)))
    words = explain(rule, {**named, "wait": 3 * 86_400, "n": 2})

    assert words == {
        "en": "$1,234.00, 3 days, 2",
        "de": "1.234,00 US-Dollar, 3 Tage, 2",
    }


def test_the_rules_we_ship_are_rules_and_none_takes_money():
    rules = [read_rule(one) for one in definitions()]

    assert len({rule.name for rule in rules}) == len(rules) >= 15
    assert {rule.action for rule in rules} <= {
        *(Action.HOLD, Action.ASK, Action.ALERT, Action.SCORE)
    }

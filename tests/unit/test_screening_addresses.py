"""Canonical addresses, the decision table, the breaker."""

import pytest

from fairhouse.screening.engine import floor
from fairhouse.screening.engine.health import warning
from fairhouse.screening.rules.addresses import canonical
from fairhouse.screening.rules.verdicts import (
    FAILURES_MAX,
    OPEN_S,
    Breaker,
    judge,
    judge_hit,
    poll_after_s,
    rule_of,
)
from fairhouse.screening.tables import HOLD_SCORE, RULES
from fairhouse.screening.types import AlertLevel, Category, Exposure, Finding, Verdict

EVM = "0x01e2919679362dFBC9ee1644Ba9C6da6D6245BB1"
BECH32 = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
CASH = "qpf2cphc5dkuclkqur7lhj2yuqq9pk3hmukle77vhq"
TRON = "TBHTJqAy4DhHhmT3dNceJYNRz4SdLofLre"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (EVM, EVM.lower()),
        (EVM, EVM.upper().replace("0X", "0x")),
        (EVM, "0X" + EVM[2:].upper()),
        (EVM, EVM[2:]),
        (EVM, f"  {EVM}\n"),
        (BECH32, BECH32.upper()),
        (BECH32, BECH32[:10].upper() + BECH32[10:]),
        (CASH, f"bitcoincash:{CASH}"),
        (CASH, f"BITCOINCASH:{CASH}".upper()),
    ],
)
def test_every_spelling_of_an_address_is_one(one: str, other: str):
    assert canonical(one) == canonical(other)


def test_base58_keeps_its_case():
    assert canonical(TRON) == TRON
    assert canonical(TRON.lower()) != TRON


def test_tron_s_hex_form_is_its_base58_form():
    # The pair is from TRON's documentation.
    hexed = "4132F9C0C487F21716B7A8F12906B752889902655E"
    assert canonical(hexed) == canonical(canonical(hexed))
    assert canonical(hexed).startswith("T")
    assert len(canonical(hexed)) == 34


def test_the_floor_names_what_was_published_and_says_its_age():
    assert 600 < len(floor.ADDRESSES) < 660
    hit = floor.hit(canonical(EVM.upper()))
    assert hit is not None
    assert hit.address.published == EVM
    assert floor.hit(canonical("0x" + "42" * 20)) is None
    said = warning(floor.PUBLISHED_ON, floor.PUBLISHED_ON.replace(year=2026), is_fixture=True)
    assert said is not None
    assert "730 days old" in said


def test_a_current_list_gives_no_warning_and_an_old_one_does():
    day = floor.PUBLISHED_ON
    assert warning(day, day.replace(day=28), is_fixture=False) is None
    assert "OUTDATED" in str(warning(day, day.replace(month=11), is_fixture=False))


@pytest.mark.parametrize("category", list(Category))
@pytest.mark.parametrize("exposure", list(Exposure))
@pytest.mark.parametrize("share", [0, 1, 999, 1000, 2499, 2500, 10_000])
def test_the_decision_table(category: Category, exposure: Exposure, share: int):
    """Written out a second time, as the requirement reads."""
    is_direct = exposure is Exposure.DIRECT
    expected = Verdict.CLEAR
    if category is Category.SANCTIONS:
        held = Verdict.HOLD if share >= 1000 else Verdict.CLEAR
        expected = Verdict.FREEZE if is_direct else held
    elif category in {Category.TERRORISM, Category.CHILD_ABUSE}:
        expected = Verdict.FREEZE if is_direct else Verdict.HOLD
    elif category in {Category.STOLEN, Category.RANSOMWARE, Category.DARKNET, Category.MIXER}:
        expected = Verdict.HOLD if is_direct and share >= 1000 else Verdict.CLEAR
    elif category is Category.SCAM:
        expected = Verdict.HOLD if is_direct and share >= 2500 else Verdict.CLEAR

    assert expected == judge([Finding(category, exposure, share)]).verdict


def test_every_rule_of_the_table_can_be_reached():
    reached = {
        id(rule_of(Finding(category, exposure, share)))
        for category in Category
        for exposure in Exposure
        for share in (0, 1000, 2500, 10_000)
    }
    assert {id(rule) for rule in RULES} <= reached


def test_the_gravest_finding_counts_and_small_ones_add_up():
    mixer = Finding(Category.MIXER, Exposure.DIRECT, 900)
    listed = Finding(Category.SANCTIONS, Exposure.DIRECT, 1)
    assert Verdict.CLEAR == judge([mixer]).verdict
    assert Verdict.FREEZE == judge([mixer, listed]).verdict
    together = judge([mixer, mixer])
    assert (Verdict.HOLD, HOLD_SCORE) == (together.verdict, together.score)
    assert "score.100" in together.reasons
    assert (Verdict.CLEAR, 0, ()) == (judge([]).verdict, judge([]).score, judge([]).reasons)


def test_what_is_severe_and_unknown_is_looked_at_by_a_person():
    unknown = Finding(Category.OTHER_RISK, Exposure.DIRECT, 10_000, AlertLevel.SEVERE)
    assert Verdict.HOLD == judge([unknown]).verdict
    mild = Finding(Category.OTHER_RISK, Exposure.DIRECT, 10_000, AlertLevel.MEDIUM)
    assert Verdict.CLEAR == judge([mild]).verdict


def test_a_listed_address_freezes_and_names_list_and_version():
    hit = floor.hit(canonical(EVM))
    assert hit is not None
    judged = judge_hit(hit)
    assert Verdict.FREEZE == judged.verdict
    assert ("listed.ofac_sdn.floor-2024-09-27",) == judged.reasons


def test_the_breaker_opens_after_five_failures_and_closes_with_an_answer():
    breaker = Breaker()
    for _ in range(FAILURES_MAX - 1):
        breaker = breaker.after_failure(0.0)
        assert breaker.allows(0.0)
    breaker = breaker.after_failure(10.0)
    assert not breaker.allows(10.0 + OPEN_S - 1)
    assert breaker.allows(10.0 + OPEN_S)
    assert not breaker.after_failure(50.0).allows(51.0)
    assert breaker.after_answer() == Breaker()


def test_polling_slows_down():
    assert [3, 3, 60] == [poll_after_s(0), poll_after_s(9), poll_after_s(10)]

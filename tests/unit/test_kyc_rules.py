"""Tiers by money and the machine of a request."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.brands.types import KycRules
from fairhouse.kyc import rules
from fairhouse.kyc.types import (
    Answer,
    Details,
    DetailsInvalid,
    Request,
    RequestState,
    Tier,
    Totals,
    Why,
)
from fairhouse.kyc.types import RequestId as Id
from tests.unit.kyc_kit import PLAYER, UUID_1

NOW = datetime(2026, 1, 2, tzinfo=UTC)
EURO = 10**6
RULES = KycRules(tier1_value=2_000 * EURO, tier2_value=10_000 * EURO, tier3_value=50_000 * EURO)
S = RequestState


def request(tier: Tier, state: RequestState, **more: object) -> Request:
    made = Request(
        id=Id(UUID_1),
        player_id=PLAYER,
        brand_id=1,
        tier=tier,
        state=state,
        why=Why.THRESHOLD,
        rules_version=1,
        asked_at=NOW,
        due_at=None,
        submitted_at=None,
        decided_at=None,
        valid_until=None,
        method="",
        source="",
        note="",
    )
    return replace(made, **more)  # pyright: ignore[reportArgumentType]


def test_the_threshold_is_reached_at_2000_and_not_a_micro_unit_before():
    assert Tier.REGISTERED == rules.tier_of(2_000 * EURO - 1, RULES)
    assert Tier.IDENTITY == rules.tier_of(2_000 * EURO, RULES)
    assert Tier.ADDRESS == rules.tier_of(10_000 * EURO, RULES)
    assert Tier.FUNDS == rules.tier_of(50_000 * EURO, RULES)


@given(st.lists(st.integers(1, 3_000 * EURO), min_size=1, max_size=12))
def test_splitting_gains_nothing(parts: list[int]):
    whole = rules.tier_of(sum(parts), RULES)
    assert whole == rules.needed_tier(Totals(sum(parts), 0), RULES)
    assert whole == rules.needed_for_withdrawal(Totals(0, sum(parts[:-1])), parts[-1], RULES)


def test_deposits_and_withdrawals_count_apart():
    assert Tier.REGISTERED == rules.needed_tier(Totals(1_999 * EURO, 1_999 * EURO), RULES)


def test_where_nobody_plays_unknown_the_first_tier_is_always_needed():
    strict = replace(RULES, verified_before_play=True)
    assert Tier.IDENTITY == rules.needed_tier(Totals(), strict)
    assert Tier.IDENTITY == rules.needed_for_withdrawal(
        Totals(), 1, replace(RULES, withdrawal_tier=1)
    )


def test_a_tier_needs_all_below_it_and_a_verification_in_force():
    first, second = request(Tier.IDENTITY, S.APPROVED), request(Tier.ADDRESS, S.APPROVED)
    assert Tier.ADDRESS == rules.reached_tier([first, second], NOW)
    assert Tier.REGISTERED == rules.reached_tier([second], NOW)
    ended = replace(first, valid_until=NOW)
    assert Tier.REGISTERED == rules.reached_tier([ended, second], NOW)


def test_the_deadline_runs_from_the_first_deposit():
    strict = replace(RULES, deadline_days=30)
    totals = Totals(1, 0, NOW)
    assert NOW + timedelta(days=30) == rules.overdue_at(totals, [], Tier.REGISTERED, strict)
    assert None is rules.overdue_at(totals, [], Tier.IDENTITY, strict)
    assert None is rules.overdue_at(Totals(), [], Tier.REGISTERED, strict)


def test_two_people_reject_and_approve_where_it_is_grave():
    assert 1 == rules.reviewers(Tier.IDENTITY, Answer.APPROVE, is_pep=False)
    assert 1 == rules.reviewers(Tier.IDENTITY, Answer.RETRY, is_pep=True)
    assert 2 == rules.reviewers(Tier.IDENTITY, Answer.REJECT, is_pep=False)
    assert 2 == rules.reviewers(Tier.FUNDS, Answer.APPROVE, is_pep=False)
    assert 2 == rules.reviewers(Tier.IDENTITY, Answer.APPROVE, is_pep=True)


def test_a_retry_goes_on_and_what_is_final_does_not():
    assert S.SUBMITTED in rules.TRANSITIONS[S.RETRY]
    assert frozenset() == rules.TRANSITIONS[S.REJECTED]
    assert {S.EXPIRED} == rules.TRANSITIONS[S.APPROVED]
    assert set(S) == set(rules.TRANSITIONS)


def test_an_approval_ends_with_the_refresh_or_the_document():
    yearly = replace(RULES, refresh_months=12)
    assert None is rules.valid_until(NOW, RULES, None)
    assert NOW + timedelta(days=365) == rules.valid_until(NOW, yearly, None)
    assert datetime(2026, 3, 1, tzinfo=UTC) == rules.valid_until(NOW, yearly, date(2026, 3, 1))


GOOD = Details("Ana María", "Łukasz", date(1990, 5, 4), "es", "DE", "Weg 1, 10115 Berlin")


def cleaned(details: Details) -> Details:
    return rules.clean_details(details, today=NOW.date(), minimum_age=18)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"given_names": "  "}, "given_names"),
        ({"given_names": "1234"}, "given_names"),
        ({"family_name": "x" * 101}, "family_name"),
        ({"address": ""}, "address"),
        ({"nationality": "Germany"}, "nationality"),
        ({"country": "1A"}, "country"),
        ({"birth_date": date(2010, 1, 1)}, "birth_date"),
        ({"birth_date": date(2030, 1, 1)}, "birth_date"),
        ({"birth_date": date(1890, 1, 1)}, "birth_date"),
    ],
)
def test_impossible_details_are_refused_by_name(change: dict[str, object], param: str):
    with pytest.raises(DetailsInvalid) as refused:
        cleaned(replace(GOOD, **change))  # pyright: ignore[reportArgumentType]
    assert param == refused.value.param


def test_the_day_of_the_birthday_is_old_enough():
    assert cleaned(replace(GOOD, birth_date=date(2008, 1, 2)))
    with pytest.raises(DetailsInvalid):
        cleaned(replace(GOOD, birth_date=date(2008, 1, 3)))


def test_one_person_however_the_name_is_written():
    one = rules.person_text(cleaned(GOOD))
    assert one == rules.person_text(
        replace(GOOD, given_names="ANA  MARIA", family_name="Łukasz", address="elsewhere")
    )
    assert one == rules.person_text(replace(GOOD, given_names="Łukasz", family_name="Ana Maria"))
    assert one != rules.person_text(replace(GOOD, birth_date=date(1990, 5, 5)))

"""Tiers by money, the machine of a request, what a detail may be: pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from fairhouse.brands.types import KycRules
from fairhouse.kyc.types import (
    Answer,
    Details,
    DetailsInvalid,
    DocumentKind,
    MoneyFact,
    Request,
    RequestState,
    Tier,
    Totals,
)

S = RequestState

TRANSITIONS: Final[Mapping[RequestState, frozenset[RequestState]]] = {
    S.WANTED: frozenset({S.SUBMITTED, S.APPROVED, S.RETRY, S.REJECTED, S.ON_HOLD}),
    S.SUBMITTED: frozenset({S.APPROVED, S.RETRY, S.REJECTED, S.ON_HOLD}),
    S.ON_HOLD: frozenset({S.APPROVED, S.RETRY, S.REJECTED}),
    S.RETRY: frozenset({S.SUBMITTED, S.APPROVED, S.REJECTED, S.ON_HOLD}),
    S.APPROVED: frozenset({S.EXPIRED}),
    S.REJECTED: frozenset(),
    S.EXPIRED: frozenset(),
}
"""A vendor may answer before the player pressed "submit" here, hence WANTED → APPROVED."""

AFTER: Final[Mapping[Answer, RequestState]] = {
    Answer.APPROVE: S.APPROVED,
    Answer.RETRY: S.RETRY,
    Answer.REJECT: S.REJECTED,
    Answer.HOLD: S.ON_HOLD,
}

NEEDED_DOCUMENTS: Final[Mapping[Tier, tuple[DocumentKind, ...]]] = {
    Tier.IDENTITY: (DocumentKind.IDENTITY, DocumentKind.SELFIE),
    Tier.ADDRESS: (DocumentKind.ADDRESS,),
    Tier.FUNDS: (DocumentKind.FUNDS,),
}
ANSWER_DAYS: Final = 14
"""Until when a player answers a request (AML-13)."""
AGE_MAX: Final = 120
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def tier_of(value: int, rules: KycRules) -> Tier:
    """What a cumulative value asks for: reached means crossed, to the last micro-unit."""
    bounds = (
        (Tier.FUNDS, rules.tier3_value),
        (Tier.ADDRESS, rules.tier2_value),
        (Tier.IDENTITY, rules.tier1_value),
    )
    return next(
        (tier for tier, bound in bounds if bound is not None and value >= bound), Tier.REGISTERED
    )


def needed_tier(totals: Totals, rules: KycRules) -> Tier:
    """What the money so far asks for: deposits and withdrawals each count for themselves."""
    least = Tier.IDENTITY if rules.verified_before_play else Tier.REGISTERED
    return max(least, tier_of(totals.deposits, rules), tier_of(totals.withdrawals, rules))


def needed_for_withdrawal(totals: Totals, value: int, rules: KycRules) -> Tier:
    """The same with a withdrawal more; `value` is not yet among the totals."""
    with_it = Totals(totals.deposits, totals.withdrawals + value, totals.first_deposit_at)
    return max(needed_tier(with_it, rules), Tier(rules.withdrawal_tier))


def reached_tier(requests: Sequence[Request], now: datetime) -> Tier:
    """The highest tier with a verification in force, and with all below it."""
    in_force = {
        one.tier
        for one in requests
        if one.state is S.APPROVED and (one.valid_until is None or one.valid_until > now)
    }
    reached = Tier.REGISTERED
    for tier in (Tier.IDENTITY, Tier.ADDRESS, Tier.FUNDS):
        if tier not in in_force:
            break
        reached = tier
    return reached


def overdue_at(
    totals: Totals, requests: Sequence[Request], tier: Tier, rules: KycRules
) -> datetime | None:
    """When money stops unless something is answered: the earliest of what is due."""
    dues = [one.due_at for one in requests if one.due_at and one.state in {S.WANTED, S.RETRY}]
    first = totals.first_deposit_at
    if rules.deadline_days is not None and first is not None and tier < Tier.IDENTITY:
        dues.append(first + timedelta(days=rules.deadline_days))
    return min(dues, default=None)


def money_fact(
    requests: Sequence[Request], tier: Tier, needed: Tier, due_at: datetime | None
) -> MoneyFact:
    """What to say of money that is to go out."""
    if tier >= needed:
        return MoneyFact(tier, needed)
    missing = next(
        (one for one in requests if one.tier == tier + 1 and one.state is not S.APPROVED), None
    )
    return MoneyFact(tier, needed, missing.state if missing else None, due_at)


def is_late(why_withdrawal: bool, totals: Totals, rules: KycRules) -> bool:
    """Whether something is asked at a withdrawal that deposits had asked for before."""
    return why_withdrawal and tier_of(totals.deposits, rules) > Tier.REGISTERED


def reviewers(tier: Tier, answer: Answer, *, is_pep: bool) -> int:
    """How many different people have to say it."""
    if answer is Answer.REJECT:
        return 2
    if answer is Answer.APPROVE and (tier is Tier.FUNDS or is_pep):
        return 2
    return 1


def valid_until(now: datetime, rules: KycRules, expires_on: date | None) -> datetime | None:
    """Until when an approval is believed: the refresh, or the document's own end."""
    ends: list[datetime] = []
    if rules.refresh_months is not None:
        ends.append(now + timedelta(days=rules.refresh_months * 365 // 12))
    if expires_on is not None:
        ends.append(datetime(expires_on.year, expires_on.month, expires_on.day, tzinfo=now.tzinfo))
    return min(ends, default=None)


def clean_details(details: Details, *, today: date, minimum_age: int) -> Details:
    """In one spelling of spaces and case. Refuses with DetailsInvalid, naming the field."""
    names = {
        "given_names": _line(details.given_names, "given_names", 100),
        "family_name": _line(details.family_name, "family_name", 100),
        "address": _line(details.address, "address", 300),
    }
    for param in ("nationality", "country"):
        if not _COUNTRY.fullmatch(getattr(details, param).upper()):
            raise DetailsInvalid(f"{param} must be a country's two letters.", param=param)
    age = _age(details.birth_date, today)
    if age > AGE_MAX or details.birth_date > today:
        raise DetailsInvalid("birth_date is impossible.", param="birth_date")
    if age < minimum_age:
        raise DetailsInvalid(
            f"birth_date: players are at least {minimum_age} years old.", param="birth_date"
        )
    return Details(
        given_names=names["given_names"],
        family_name=names["family_name"],
        birth_date=details.birth_date,
        nationality=details.nationality.upper(),
        country=details.country.upper(),
        address=names["address"],
        is_pep=details.is_pep,
    )


def person_text(details: Details) -> str:
    """Equal for the same person however the name is written: the text of the blind index."""
    text = unicodedata.normalize("NFKD", details.name.casefold())
    letters = "".join(one if one.isalpha() else " " for one in text if not _is_mark(one))
    return f"{' '.join(sorted(letters.split()))}|{details.birth_date.isoformat()}"


def _is_mark(one: str) -> bool:
    return unicodedata.category(one) == "Mn"


def _line(text: str, param: str, length_max: int) -> str:
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    has_letter = any(one.isalpha() for one in clean)
    if not has_letter or len(clean) > length_max or any(ord(one) < 32 for one in clean):
        raise DetailsInvalid(f"{param} must be 1 to {length_max} characters.", param=param)
    return clean


def _age(born: date, today: date) -> int:
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (0 if had_birthday else 1)

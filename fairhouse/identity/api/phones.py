"""Telephones: a code by text, with limits on what that may cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fairhouse.identity.codecs.phones import Phone, PhoneRefused, masked, read_phone
from fairhouse.identity.engine.challenges import Question, ask, fits, opened, stale
from fairhouse.identity.engine.personal import new_digits
from fairhouse.identity.engine.ways import external_index
from fairhouse.identity.ports import Phones, WaysOffered
from fairhouse.identity.rules import CODE_ATTEMPTS, clean_code
from fairhouse.identity.store import challenges
from fairhouse.identity.types import (
    AssertionRefused,
    BrandTerms,
    CredentialKind,
    Denied,
    PhoneCodesSpent,
    Proven,
    Purpose,
    Session,
    WayUnavailable,
)
from fairhouse.kernel.refusals import Malformed
from fairhouse.messages import api as messages
from fairhouse.platform.crypto import Sealer, constant_time_equal, token_hash
from fairhouse.platform.database import Database, Tx

CODE_LIFE: Final = timedelta(minutes=10)
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PhoneQuestion:
    """A code is on its way."""

    challenge: str
    expires_at: datetime


def _phones(offered: WaysOffered) -> Phones:
    if offered.phones is None:
        raise WayUnavailable("This brand does not offer telephones.")
    return offered.phones


def _clean(phones: Phones, text: str) -> Phone:
    try:
        phone = read_phone(text)
    except PhoneRefused as error:
        raise Malformed(f"{error}, like +4915112345678.", param="phone") from error
    if phones.countries and phone.country not in phones.countries:
        raise Malformed("phone: numbers of this country are not texted here.", param="phone")
    return phone


async def ask_phone(
    db: Database,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    offered: WaysOffered,
    phone: str,
    language: str,
    purpose: Purpose,
    session: Session | None,
) -> PhoneQuestion:
    """Text a code. Whether the number has an account changes nothing.

    Refuses with Malformed (phone), PhoneCodesSpent and WayUnavailable.
    """
    # CHECK
    phones = _phones(offered)
    wanted = _clean(phones, phone)
    digits = new_digits()
    # RECORD
    async with db.tx() as tx:
        await _count(tx, sealer, brand, phones, wanted)
        question = Question(
            CredentialKind.PHONE,
            purpose,
            {"number": wanted.number, "digits": digits},
            brand.id,
            session,
            attempts=CODE_ATTEMPTS,
            life=CODE_LIFE,
        )
        token = await ask(tx, sealer, question)
        expires_at = tx.now + CODE_LIFE
    fields = {"code": digits, "brand": brand.name}
    text = messages.phrase(language, "sms", "phone_code", fields)
    reference = token_hash(token).hex()[:16]
    await phones.sender.send(number=wanted.number, text=text, reference=reference)
    return PhoneQuestion(token, expires_at)


async def _count(tx: Tx, sealer: Sealer, brand: BrandTerms, phones: Phones, phone: Phone) -> None:
    """Counted before it is sent, under a lock: two at once are two."""
    index = external_index(
        sealer, brand.id, CredentialKind.PHONE, provider="", external=phone.number
    )
    await challenges.lock_phone(tx, brand_id=brand.id, phone_index=index)
    for age, most in ((HOUR, phones.per_number_per_hour), (DAY, phones.per_number_per_day)):
        sent = await challenges.phone_codes_since(tx, brand_id=brand.id, phone_index=index, age=age)
        if sent >= most:
            raise PhoneCodesSpent(
                "phone: this number got as many codes as it may; wait, or use another way in.",
                param="phone",
            )
    if await challenges.phone_codes_of_brand(tx, brand_id=brand.id, age=DAY) >= (
        phones.per_brand_per_day
    ):
        raise PhoneCodesSpent(
            "phone: no more codes are sent today; use another way in.", param="phone"
        )
    await challenges.insert_phone_code(tx, brand_id=brand.id, phone_index=index)


async def prove_phone(
    tx: Tx,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    purpose: Purpose,
    session: Session | None,
    challenge: str,
    code: str,
) -> Proven | Denied:
    """Whose telephone it is: five tries. Commit, then raise what is Denied (AssertionRefused)."""
    # CHECK
    found = await challenges.lock(tx, token_hash(challenge))
    if not fits(
        found,
        kind=CredentialKind.PHONE,
        purpose=purpose,
        brand_id=brand.id,
        session_id=session.id if session else None,
    ):
        return Denied(stale())
    assert found is not None
    content = opened(sealer, found).content
    given = clean_code(code).encode("utf-8", "replace")
    if not constant_time_equal(given, content["digits"].encode()):
        await challenges.spend_attempt(tx, found)
        return Denied(AssertionRefused("code is wrong; look again.", param="code", reason="code"))
    # RECORD
    await challenges.delete(tx, found.id)
    return Proven(CredentialKind.PHONE, content["number"], masked(content["number"]))

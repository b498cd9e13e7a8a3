"""Telephone numbers (ITU-T E.164, by the metadata of libphonenumber)."""

from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

_TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


class PhoneRefused(Exception):
    """No number that we text; the message says why."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A mobile number."""

    number: str
    """E.164: +4915112345678."""
    country: str
    """ISO 3166-1 alpha-2."""


def read_phone(text: str) -> Phone:
    """A whole number with its country's code. Raises PhoneRefused: internet (VoIP), premium and
    pager numbers are not texted, they cost or prove nothing."""
    if not text.strip().startswith("+") or len(text) > 30:
        raise PhoneRefused("phone must begin with + and the country's code")
    try:
        parsed = phonenumbers.parse(text, None)
    except NumberParseException as error:
        raise PhoneRefused("phone is no telephone number") from error
    if not phonenumbers.is_valid_number(parsed) or parsed.extension:
        raise PhoneRefused("phone is no telephone number")
    if phonenumbers.number_type(parsed) not in _TEXTABLE:
        raise PhoneRefused("phone must be a mobile number")
    country = phonenumbers.region_code_for_number(parsed)
    if not country:
        raise PhoneRefused("phone is of no country that is known")
    return Phone(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), country)


def masked(number: str) -> str:
    """ "+49 … 678": enough to recognise one's own."""
    return f"{number[:3]} … {number[-3:]}"

"""Reading, verifying and judging prices; the exact arithmetic of values."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairhouse.kernel.currencies import CURRENCIES, CurrencyCode, CurrencyKind, currency
from fairhouse.kernel.money import Money, Rounding, divide
from fairhouse.rates.types import (
    FORMAT_VERSION,
    VALUE_SCALE,
    PriceList,
    PricesRejected,
    Rate,
    RateSettings,
    SignedPrices,
    key_id,
)

SIZE_MAX: Final = 64 * 1024
PRICE_SCALE: Final = 12
_PRICE: Final = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,12}))?")
_AT: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{3}Z")


def parse_signed(document: bytes) -> SignedPrices:
    """The parts of a feed's document. Refuses with PricesRejected."""
    fields = _json_object(document)
    try:
        return SignedPrices(
            payload=str(fields["payload"]).encode("ascii"),
            signature=bytes.fromhex(str(fields["signature"])),
            key_id=str(fields["key_id"]),
        )
    except (KeyError, ValueError) as error:
        raise PricesRejected("The document must hold payload, signature and key_id.") from error


def verify(signed: SignedPrices, public_keys: Sequence[bytes]) -> None:
    """One of the pinned keys made this signature (RFC 8032). Refuses with PricesRejected."""
    pinned = {key_id(public_key): public_key for public_key in public_keys}
    public_key = pinned.get(signed.key_id)
    if public_key is None:
        raise PricesRejected("The prices are signed by a key that is not pinned.", param="key_id")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signed.signature, signed.payload)
    except InvalidSignature as error:
        raise PricesRejected(
            "The signature is not over these prices.", param="signature"
        ) from error


def parse_prices(payload: bytes) -> PriceList:
    """The price list in verified bytes, which must be canonical. Refuses with PricesRejected."""
    fields = _json_object(payload)
    try:
        if fields["version"] != FORMAT_VERSION:
            raise PricesRejected("The price list has an unknown version.", param="version")
        at = str(fields["at"])
        if _AT.fullmatch(at) is None:
            raise PricesRejected("at must look like 2026-01-02T03:04:05.678Z.", param="at")
        prices = PriceList(
            id=UUID(str(fields["id"])),
            at=datetime.fromisoformat(at).astimezone(UTC),
            source=str(fields["source"]),
            quote=str(fields["quote"]),
            prices=_prices(fields["prices"]),
        )
    except (KeyError, ValueError) as error:
        raise PricesRejected("The price list lacks a field or has a malformed one.") from error
    if prices.canonical() != payload:
        raise PricesRejected("The price list is not in its canonical form.", param="payload")
    return prices


def _prices(value: object) -> dict[CurrencyCode, str]:
    if not isinstance(value, dict):
        raise PricesRejected("prices must be an object.", param="prices")
    found = {
        CurrencyCode(str(code)): str(text)
        for code, text in cast("dict[object, object]", value).items()
    }
    for text in found.values():
        _price_units(text)
    return found


def _price_units(text: str) -> int:
    """Quote units of scale 12 per whole coin, positive. Refuses with PricesRejected."""
    found = _PRICE.fullmatch(text)
    if found is None:
        raise PricesRejected(
            f"A price must be a plain decimal with at most {PRICE_SCALE} places.", param="prices"
        )
    fraction = (found.group(2) or "").ljust(PRICE_SCALE, "0")
    units = int(found.group(1)) * 10**PRICE_SCALE + int(fraction)
    if units == 0:
        raise PricesRejected("A price must be more than zero.", param="prices")
    return units


def _json_object(document: bytes) -> Mapping[str, Any]:
    if len(document) > SIZE_MAX:
        raise PricesRejected(f"The document is larger than {SIZE_MAX} bytes.")
    try:
        found = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise PricesRejected("The document is not JSON.") from error
    if not isinstance(found, dict):
        raise PricesRejected("The document is not a JSON object.")
    return cast("dict[str, Any]", found)


def check_time(
    prices: PriceList, newest: datetime | None, settings: RateSettings, now: datetime
) -> None:
    """Fresh, not from the future, newer than the last one. Refuses with PricesRejected."""
    if prices.at < now - timedelta(seconds=settings.age_max_s):
        raise PricesRejected(f"The prices are older than {settings.age_max_s} s.", param="at")
    if prices.at > now + timedelta(seconds=settings.ahead_max_s):
        raise PricesRejected("The prices are from the future; check the clocks.", param="at")
    if newest is not None and prices.at <= newest:
        raise PricesRejected("Newer prices are already recorded.", param="at")


def rates_of(prices: PriceList) -> list[Rate]:
    """The list's rates of our real currencies, in lowest terms; other currencies are ignored."""
    return [
        _rate(prices, code, text)
        for code, text in prices.prices.items()
        if code in CURRENCIES and CURRENCIES[code].kind is CurrencyKind.REAL
    ]


def _rate(prices: PriceList, code: CurrencyCode, text: str) -> Rate:
    numerator = _price_units(text)
    denominator = 10 ** (currency(code).scale + PRICE_SCALE - VALUE_SCALE)
    common = math.gcd(numerator, denominator)
    return Rate(
        id=prices.id,
        base=code,
        quote=prices.quote,
        numerator=numerator // common,
        denominator=denominator // common,
        at=prices.at,
        source=prices.source,
    )


def is_absurd(rate: Rate, last_good: Rate | None, jump_max_percent: int) -> bool:
    """It moved by more than the limit, in either direction, against the last good one.

    A fall by 30 % is measured like the rise that undoes it would be on the smaller price: both
    ways the larger of the two may be at most (100 + limit) % of the smaller.
    """
    if last_good is None:
        return False
    one = rate.numerator * last_good.denominator
    other = last_good.numerator * rate.denominator
    return max(one, other) * 100 > min(one, other) * (100 + jump_max_percent)


def is_fresh(rate: Rate, settings: RateSettings, now: datetime) -> bool:
    """Not older than the limit."""
    return rate.at >= now - timedelta(seconds=settings.age_max_s)


def value_of(money: Money, rate: Rate) -> int:
    """Micro-units of the quote currency, rounded down (towards zero for a difference)."""
    assert money.currency == rate.base, f"{rate.base} is no rate for {money.currency}"
    size = divide(abs(money.units) * rate.numerator, rate.denominator, Rounding.DOWN)
    return -size if money.units < 0 else size

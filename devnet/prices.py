"""The demo's price feed: a slow deterministic walk around fixed prices, signed with Ed25519.

The same moment gives the same document; nothing here asks a clock or a network.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import derived_id
from fairhouse.rates.types import PriceList, SignedPrices, key_id

SOURCE: Final = "devnet"
STEP_S: Final = 10
"""The prices change, and a new document begins, every so many seconds."""

_CENTS: Final = {"BTC": 9_150_000, "ETH": 312_000, "USDT": 100}
"""Around what each coin wanders, in cents of a US dollar."""
_SWING_BP: Final = {"BTC": 400, "ETH": 600, "USDT": 0}
"""How far each of two waves goes at most, in basis points."""
_PERIODS_S: Final = (86_400, 5_400)
_SHIFT_S: Final = 17_321
"""How much later the waves of the next coin begin."""


def prices_at(now: datetime) -> dict[CurrencyCode, str]:
    """US dollars per whole coin, two decimal places."""
    step = _step(now)
    prices: dict[CurrencyCode, str] = {}
    for place, (code, middle) in enumerate(_CENTS.items()):
        waves = sum(_triangle(step + place * _SHIFT_S, period) for period in _PERIODS_S)
        cents = middle + middle * _SWING_BP[code] * waves // 10_000_000
        prices[CurrencyCode(code)] = f"{cents // 100}.{cents % 100:02d}"
    return prices


def _step(now: datetime) -> int:
    return (now - datetime.fromtimestamp(0, UTC)) // timedelta(seconds=STEP_S) * STEP_S


def _triangle(at: int, period: int) -> int:
    """A triangle wave between -1000 and 1000, in whole numbers."""
    place = at % period * 4000 // period
    return abs(place - 2000) - 1000


def price_list(now: datetime) -> PriceList:
    """The price list of the step that `now` is in."""
    step = _step(now)
    return PriceList(
        id=derived_id("devnet.prices", str(step), unix_ms=step * 1000),
        at=datetime.fromtimestamp(step, UTC),
        source=SOURCE,
        quote="USD",
        prices=prices_at(now),
    )


def sign(prices: PriceList, private_key: Ed25519PrivateKey) -> bytes:
    """The document that a feed serves for a price list."""
    payload = prices.canonical()
    public_key = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return SignedPrices(payload, private_key.sign(payload), key_id(public_key)).wire()


def signed_snapshot(now: datetime, private_key: Ed25519PrivateKey) -> bytes:
    """The signed document of `now`, for the demo bank to serve as application/json."""
    return sign(price_list(now), private_key)

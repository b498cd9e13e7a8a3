"""Exact values and signed bytes, for any price and amount."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from fairhouse.kernel.currencies import CURRENCIES, CurrencyCode, CurrencyKind
from fairhouse.kernel.money import UNITS_MAX, Money, format_units
from fairhouse.rates.rules import is_absurd, parse_prices, rates_of, value_of
from fairhouse.rates.types import PriceList, Rate

real = st.sampled_from([c for c in CURRENCIES.values() if c.kind is CurrencyKind.REAL])
prices = st.integers(1, 10**20)
units = st.integers(0, UNITS_MAX)
START = datetime(2026, 1, 1, tzinfo=UTC)


def listed(code: str, price: int, at: datetime = START, id_: int = 1) -> PriceList:
    of = {CurrencyCode(code): format_units(price, 12)}
    return PriceList(UUID(int=id_), at, "test", "USD", of)


def rate(code: str, price: int) -> Rate:
    (found,) = rates_of(listed(code, price))
    return found


@given(currency=real, price=prices, amount=units)
def test_a_value_is_the_exact_product_rounded_down(currency, price: int, amount: int):
    exact = Fraction(price, 10**12) * Fraction(amount, 10**currency.scale) * 10**6
    value = value_of(Money(amount, currency.code), rate(currency.code, price))

    assert 0 <= exact - value < 1
    assert value_of(Money(-amount, currency.code), rate(currency.code, price)) == -value


@given(currency=real, price=prices, one=units, other=units)
def test_parts_are_never_worth_more_than_the_whole(currency, price: int, one: int, other: int):
    def value(amount: int) -> int:
        return value_of(Money(amount, currency.code), rate(currency.code, price))

    assert 0 <= value(one + other) - value(one) - value(other) <= 1


@given(
    price=prices,
    id_=st.integers(0, 2**128 - 1),
    age_ms=st.integers(0, 10**12),
    source=st.text(max_size=20).filter(lambda text: text.isascii()),
)
def test_canonical_bytes_are_read_back_alike(price: int, id_: int, age_ms: int, source: str):
    made = listed("BTC", price, START + timedelta(milliseconds=age_ms), id_)
    made = PriceList(made.id, made.at, source, made.quote, made.prices)

    assert parse_prices(made.canonical()) == made
    assert parse_prices(made.canonical()).canonical() == made.canonical()


@given(one=prices, other=prices, limit=st.integers(1, 100))
def test_a_jump_is_absurd_in_both_directions_or_in_neither(one: int, other: int, limit: int):
    there, back = rate("BTC", one), rate("BTC", other)

    assert is_absurd(there, back, limit) == is_absurd(back, there, limit)
    assert is_absurd(there, back, limit) == (
        Fraction(max(one, other), min(one, other)) > Fraction(100 + limit, 100)
    )
    assert not is_absurd(there, None, limit)

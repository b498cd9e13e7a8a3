"""Ids and amounts as text: there and back, against the plainest way to say the same."""

import os
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.kernel.ids import from_wire, to_wire, unix_ms_of, uuid7
from fairhouse.kernel.money import format_units, parse_units
from fairhouse.kernel.refusals import Malformed

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
IDS = st.integers(0, 2**128 - 1).map(lambda value: UUID(int=value))


def _plainly(value: int) -> str:
    digits = ""
    for _ in range(26):
        digits = ALPHABET[value % 32] + digits
        value //= 32
    return digits


@given(IDS)
def test_an_id_is_its_value_in_base_32(id_: UUID) -> None:
    wire = to_wire("bet", id_)

    assert wire == f"bet_{_plainly(id_.int)}"
    assert from_wire("bet", wire) == id_


@given(
    st.text(min_size=26, max_size=26) | st.text("0123456789abcilou_- +\n", min_size=26, max_size=26)
)
def test_text_is_an_id_only_when_it_is_written_as_we_write(text: str) -> None:
    try:
        id_ = from_wire("bet", f"bet_{text}")
    except Malformed:
        assert not set(text) <= set(ALPHABET) or text[0] > "7"
    else:
        assert to_wire("bet", id_) == f"bet_{text}"


@pytest.mark.parametrize(
    "text", ["", "bet_", "ply_" + "0" * 26, "bet_" + "0" * 25, "bet" + "0" * 26]
)
def test_another_shape_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="26 characters"):
        from_wire("bet", text)


@pytest.mark.parametrize("char", [*"ilouA_+- \n\t", "é", "٣", "\ud800"])
def test_what_a_number_may_look_like_to_python_is_no_id(char: str) -> None:
    with pytest.raises(Malformed, match="character"):
        from_wire("bet", "bet_0" + char + "0" * 24)


def test_an_id_beyond_128_bits_is_refused() -> None:
    with pytest.raises(Malformed, match="range"):
        from_wire("bet", "bet_8" + "0" * 25)


@given(IDS | st.tuples(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10)))
def test_only_version_7_has_a_time(made: UUID | tuple[int, bytes]) -> None:
    id_ = made if isinstance(made, UUID) else uuid7(*made)
    if id_.version == 7:
        assert unix_ms_of(id_) == id_.int >> 80
    else:
        with pytest.raises(Malformed, match="version 7"):
            unix_ms_of(id_)


def test_order_of_ids_is_order_of_text() -> None:
    ids = [uuid7(ms, os.urandom(10)) for ms in (1, 2, 1_000, 1_700_000_000_000)]
    assert sorted(ids) == [
        from_wire("bet", text) for text in sorted(to_wire("bet", i) for i in ids)
    ]


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 18))
def test_units_are_shown_exactly_and_without_trailing_zeros(units: int, scale: int) -> None:
    text = format_units(units, scale)

    assert Decimal(text) == Decimal(units).scaleb(-scale)
    assert "." not in text or not text.endswith("0")
    if units >= 0:
        assert parse_units(text, scale) == units

"""Sealed values open for the right key and place only."""

import pytest

from fairhouse.platform.crypto import (
    DataKey,
    SealBroken,
    Sealer,
    blind_index,
    constant_time_equal,
    derived_key,
    new_token,
    token_hash,
)

ONE, TWO = bytes(range(32)), bytes(range(32, 64))


def test_sealed_opens_in_its_place():
    sealer = Sealer({1: ONE})
    sealed = sealer.seal(b"ada@example.org", context="identity.email:7")

    assert b"ada@example.org" == sealer.open(sealed, context="identity.email:7")
    assert sealed != sealer.seal(b"ada@example.org", context="identity.email:7")


@pytest.mark.parametrize("position", [0, 1, 2, 13, 14, 20, -1])
def test_any_altered_byte_breaks_the_seal(position):
    sealer = Sealer({1: ONE, 2: TWO})
    altered = bytearray(sealer.seal(b"content", context="x"))
    altered[position] ^= 1

    with pytest.raises(SealBroken):
        sealer.open(bytes(altered), context="x")


@pytest.mark.parametrize("sealed", [b"", b"\x01\x01", b"\x01\x01" + bytes(27)])
def test_a_truncated_value_is_a_broken_seal(sealed):
    with pytest.raises(SealBroken):
        Sealer({1: ONE}).open(sealed, context="x")


def test_a_value_moved_to_another_row_does_not_open():
    sealer = Sealer({1: ONE})
    sealed = sealer.seal(b"content", context="row:1")

    with pytest.raises(SealBroken):
        sealer.open(sealed, context="row:2")


def test_old_values_open_after_a_key_change_and_new_ones_use_the_new_key():
    old, both = Sealer({1: ONE}), Sealer({1: ONE, 2: TWO})
    sealed_before = old.seal(b"content", context="x")
    sealed_after = both.seal(b"content", context="x")

    assert b"content" == both.open(sealed_before, context="x")
    assert b"content" == Sealer({2: TWO}).open(sealed_after, context="x")
    with pytest.raises(SealBroken):
        old.open(sealed_after, context="x")


def test_a_persons_key_travels_sealed_and_hides_from_repr():
    sealer = Sealer({1: ONE})
    key, sealed_key = sealer.new_data_key(context="person:1")
    note = key.seal(b"born 1990", context="birth")
    again = sealer.data_key(sealed_key, context="person:1")

    assert b"born 1990" == again.open(note, context="birth")
    assert key.key not in sealed_key
    assert key.key.hex() not in repr(key)
    assert isinstance(again, DataKey)


def test_blind_indexes_meet_by_text_and_purpose_and_survive_key_changes():
    sealer = Sealer({1: ONE})
    index = sealer.blind_index("ada@example.org", purpose="email:1")

    assert index == Sealer({1: ONE, 2: TWO}).blind_index("ada@example.org", purpose="email:1")
    assert index != sealer.blind_index("ada@example.org", purpose="email:2")
    assert index != sealer.blind_index("bob@example.org", purpose="email:1")
    assert index != Sealer({1: TWO}).blind_index("ada@example.org", purpose="email:1")
    assert 32 == len(index)


def test_blind_index_is_hmac_sha256():
    """RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert expected == blind_index(b"Jefe", "what do ya want for nothing?").hex()


def test_derived_keys_differ_by_purpose():
    assert derived_key(ONE, "a") == derived_key(ONE, "a")
    assert derived_key(ONE, "a") != derived_key(ONE, "b")


def test_tokens_are_stored_as_hashes():
    token = new_token()

    assert len(token) >= 43
    assert token != new_token()
    assert constant_time_equal(token_hash(token), token_hash(token))
    assert not constant_time_equal(token_hash(token), token_hash(token + "x"))

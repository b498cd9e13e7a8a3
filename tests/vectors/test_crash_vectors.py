"""Crash points and chains against the vectors of the field, and our own scheme's exact return."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from fairhouse.fairness.codecs import bls
from fairhouse.fairness.schemes import crash
from fairhouse.fairness.schemes.crash import Mixed, Scheme

FOLDER = Path(__file__).parent / "fairness"
COUNTS = {
    "crash_bustabit_v1": 32,
    "crash_bustabit_v2": 30,
    "crash_bustabit_v3": 30,
    "crash_bustabit_vx": 25,
    "crash_stake": 50,
    "slide_stake": 50,
}


def file_of(name):
    return json.loads((FOLDER / f"{name}.json").read_text(), parse_float=Decimal)


@pytest.mark.parametrize("name", COUNTS)
def test_points(name):
    found = file_of(name)
    scheme = Scheme(name.removeprefix("crash_") if "bustabit" in name else name)
    assert len(found["vectors"]) == COUNTS[name]
    for vector in found["vectors"]:
        game_hash = bytes.fromhex(vector.get("hash") or vector["gameHash"])
        mixed = Mixed(
            salt=vector.get("salt") or found["salt"],
            signature=bytes.fromhex(vector.get("blsSignature", "")),
        )
        answered = crash.facts(scheme, game_hash, mixed, bytes.fromhex(found.get("pub", "")))
        given = {"hash", "gameHash", "salt", "blsSignature", "gameId"}
        assert {key: value for key, value in vector.items() if key not in given} == answered


def test_v1_chain_ends_where_it_was_published():
    found = file_of("crash_bustabit_v1")
    end = bytes.fromhex(found["terminatingHash"])

    assert found["terminatingHashCrash"] == crash.bustabit_v1(end, found["salt"])


def test_v2_games_are_of_one_chain():
    """Two games of the vectors lie as many hashes apart as their numbers say."""
    vectors = file_of("crash_bustabit_v2")["vectors"]
    newest, oldest = vectors[0], vectors[-1]
    found = crash.games_since(
        Scheme.BUSTABIT_V2, bytes.fromhex(newest["hash"]), bytes.fromhex(oldest["hash"]), 1_000_000
    )

    assert newest["gameId"] - oldest["gameId"] == found
    other = bytes(32)
    assert crash.games_since(Scheme.BUSTABIT_V2, bytes.fromhex(newest["hash"]), other, 99) is None


def test_stake_vectors_form_a_chain():
    """Every second game of one chain."""
    for name in ("crash_stake", "slide_stake"):
        hashes = [bytes.fromhex(one["gameHash"]) for one in file_of(name)["vectors"]]
        before = [crash.parent_text(crash.parent_text(one)) for one in hashes]
        assert hashes[1:] == before[:-1]


def test_an_altered_vx_signature_does_not_verify():
    found = file_of("crash_bustabit_vx")
    vector = found["vectors"][0]
    key, signature = bytes.fromhex(found["pub"]), bytes.fromhex(vector["blsSignature"])
    game_hash = bytes.fromhex(vector["hash"])

    assert crash.vx_verifies(game_hash, found["salt"], key, signature)
    assert not crash.vx_verifies(game_hash, found["salt"] + "0", key, signature)
    assert not crash.vx_verifies(bytes(32), found["salt"], key, signature)
    for place in (0, 1, 95):
        altered = bytearray(signature)
        altered[place] ^= 1
        assert not crash.vx_verifies(game_hash, found["salt"], key, bytes(altered))
    assert not crash.vx_verifies(game_hash, found["salt"], key, b"")


def test_short_signatures():
    secret = bls.secret_from(bytes(range(32)))
    key, other = bls.short_public_key(secret), bls.short_public_key(secret + 1)
    signature = bls.sign_short(secret, b"a message")

    assert (len(key), len(signature)) == (96, 48)
    assert signature == bls.sign_short(secret, b"a message")
    assert bls.verifies_short(key, b"a message", signature)
    assert not bls.verifies_short(other, b"a message", signature)
    assert not bls.verifies_short(key, b"another", signature)
    infinity = bytes([0xC0]) + bytes(95)
    assert not bls.verifies_short(infinity, b"a message", bytes([0xC0]) + bytes(47))


def reached_by(target, return_bp):
    """The smallest 52-bit number whose point is at least the target, by bisection."""
    low, high = 0, crash.E52
    while low < high:
        middle = (low + high) // 2
        digest = (middle << 4).to_bytes(7, "big") + bytes(25)
        if crash.point_52(digest, return_bp) >= target:
            high = middle
        else:
            low = middle + 1
    return low


@pytest.mark.parametrize("return_bp", [9_900, 9_800])
@pytest.mark.parametrize("target", [101, 102, 133, 150, 200, 777, 1_000, 99_999, 10**6, 10**8])
def test_the_return_is_the_same_at_every_target(target, return_bp):
    """Exactly: of all 2^52 digests as many win as `chance_52` says, for a return of 99 or 98 %."""
    wins, of = crash.chance_52(target, return_bp)

    assert crash.E52 - reached_by(target, return_bp) == wins
    returned = Fraction(wins, of) * Fraction(target, 100)
    declared = Fraction(return_bp, 10_000)
    assert declared - Fraction(target, 100 * of) < returned <= declared

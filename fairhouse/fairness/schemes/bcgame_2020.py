"""BC.Game's originals of 2020.

Source: the house's public verifier of that year (github.com/ProvablyFairBets/bcgame). Nothing is
keyed there: server seed, client seed and nonce are joined, with or without colons, and hashed with
SHA-256 or SHA-512.
"""

import hashlib
import hmac
from typing import Final

from fairhouse.fairness.schemes.primedice import GROUPS, first_below

ROULETTE_SALT: Final = "00000000000000000005bcf4bcfe3a699dd7833839e593127885e2b1e80ceb10"
_E52: Final = 2**52
_SUITS: Final = ("spades", "hearts", "clubs", "diamonds")
_RANKS: Final = (
    *("ace", "2", "3", "4", "5", "6", "7", "8", "9", "10"),
    *("jack", "queen", "king"),
)
_HILO_ORDER: Final = """
    As 4h 7c 10d 2s Kc 5h 8c Jd 3s 6h Qd 9c Ah 4c 7d 10s 2h Kd 5c 8d Js 3h 6c Qs 9d
    Ac 4d 7s 10h 2c Ks 5d 8s Jh 3c 6d Qh 9s Ad 4s 7h 10c 2d Kh 5s 8h Jc 3d 6s Qc 9h
"""
_HILO_DECK: Final = _HILO_ORDER.split()
_POKER_CODES: Final = (
    *(161, 180, 199, 218, 162, 205, 181, 200, 219, 163, 182, 220, 201, 177, 196, 215, 170, 178),
    *(221, 197, 216, 171, 179, 198, 172, 217, 193, 212, 167, 186, 194, 173, 213, 168, 187, 195),
    *(214, 188, 169, 209, 164, 183, 202, 210, 189, 165, 184, 203, 211, 166, 204, 185),
)
"""A card is suit * 16 + rank, suits from 10; in the order that the house's deck begins with."""


def limbo(server_seed: str, client_seed: str, nonce: int) -> int:
    """The result in hundredths, from 100: `max(1, floor(99 / (1 - X)) / 100)` of 52 bits X."""
    digest = hashlib.sha256(f"{server_seed}{client_seed}{nonce}".encode()).hexdigest()
    left = _E52 - int(digest[:13], 16)
    return max(100, 99 * _E52 // left)


def classic_dice(server_seed: str, client_seed: str, nonce: int) -> int:
    """0 to 10000, in hundredths."""
    return _first_u32(f"{server_seed}{client_seed}{nonce}") * 10_001 >> 32


def lucky_number(server_seed: str, client_seed: str, nonce: int) -> int:
    """0 to 999999: what the slot machine shows; hash dice shows its last five digits."""
    found = first_below(_sha512(f"{server_seed}{client_seed}{nonce}"), 1_000_000, groups=GROUPS)
    assert found is not None, "25 groups that are all too large are never seen"
    return found


def plinko16(server_seed: str, client_seed: str, nonce: int) -> int:
    """The bucket of 16 rows: how often the ball goes right."""
    digest = bytes.fromhex(_sha512(f"{server_seed}{client_seed}{nonce}"))
    return sum(digest[row * 4] >> 7 for row in range(16))


def hilo_cards(server_seed: str, client_seed: str, nonce: int, count: int) -> list[str]:
    """The first cards, of an infinite deck."""
    return [
        _card_name(
            _HILO_DECK[_first_u32(f"{server_seed}:{client_seed}:{nonce}:{number}") * 52 >> 32]
        )
        for number in range(count)
    ]


def roulette_pocket(game_hash: bytes) -> int:
    """0 to 36, of a game's hash: three hexadecimal characters at a time, the first below 3700."""
    digest = hmac.digest(ROULETTE_SALT.encode(), game_hash, "sha256").hex()
    for at in range(0, 63, 3):
        number = int(digest[at : at + 3], 16)
        if number < 3_700:
            return number // 100
    return int(digest[63], 16)


def wheel50_from_float(server_seed: str, client_seed: str, nonce: int) -> int:
    """The segment of 50; the published code rounds the float to nine decimals before scaling it."""
    number = _first_u32(f"{server_seed}{client_seed}{nonce}")
    billionths = (number * 10**9 * 2 + 2**32) // 2**33
    return int(float(f"{billionths}e-9") * 50)


def poker_cards(server_seed: str, client_seed: str, nonce: int, count: int) -> list[str]:
    """The deck sorted by a hash that is turned by one character from card to card."""
    text = _sha512(f"{server_seed}{client_seed}{nonce}")
    turned = [(text[place:] + text[:place], place, code) for place, code in enumerate(_POKER_CODES)]
    return [
        f"{_RANKS[code % 16 - 1]}_of_{_SUITS[code // 16 - 10]}"
        for _, _, code in sorted(turned)[:count]
    ]


def joined_hash(server_seed: str, client_seed: str, nonce: int) -> bytes:
    """SHA-256 of the three joined: stands for the hash of a roulette game in the vectors."""
    return hashlib.sha256(f"{server_seed}{client_seed}{nonce}".encode()).digest()


def _first_u32(message: str) -> int:
    return int.from_bytes(hashlib.sha256(message.encode()).digest()[:4], "big")


def _sha512(message: str) -> str:
    return hashlib.sha512(message.encode()).hexdigest()


def _card_name(code: str) -> str:
    rank = {"A": "ace", "J": "jack", "Q": "queen", "K": "king"}.get(code[:-1], code[:-1])
    suit = {suit[0]: suit for suit in _SUITS}[code[-1]]
    return f"{rank}_of_{suit}"

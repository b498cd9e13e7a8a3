"""BLS signatures on BLS12-381, as beacons publish them; the one place that knows the library.

Source: draft-irtf-cfrg-bls-signature, basic scheme, with the hash to curve of RFC 9380 in its
random-oracle suites. *Short* signatures are in G1 (48 bytes, key 96 bytes in G2: drand's quicknet),
*long* ones in G2 (96 bytes, key 48 bytes in G1: bustabit's Vx). Points are compressed; the library
checks that they are on the curve and in the right subgroup.
"""

import hashlib
from typing import Final

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

SHORT_SUITE: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
LONG_SUITE: Final = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"

_ORDER: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""Of both groups."""


def verifies_short(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature in G1 is the key's own over the message; False for what is no point."""
    try:
        key = G2Point.from_compressed_bytes(public_key)
        signed = G1Point.from_compressed_bytes(signature)
    except ValueError:
        return False
    if key == G2Point.identity():
        return False
    hashed = G1Point.hash_to_curve(message, SHORT_SUITE)
    return GT.pairing_check([signed, -hashed], [G2Point(), key])


def verifies_long(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature in G2 is the key's own over the message; False for what is no point."""
    try:
        key = G1Point.from_compressed_bytes(public_key)
        signed = G2Point.from_compressed_bytes(signature)
    except ValueError:
        return False
    if key == G1Point.identity():
        return False
    hashed = G2Point.hash_to_curve(message, LONG_SUITE)
    return GT.pairing_check([G1Point(), -key], [signed, hashed])


def secret_from(seed: bytes) -> int:
    """A private key from at least 32 secret bytes: the same seed, the same key."""
    assert len(seed) >= 32
    wide = hashlib.sha512(b"fairhouse bls12-381 secret" + seed).digest()
    return int.from_bytes(wide, "big") % (_ORDER - 1) + 1


def short_public_key(secret: int) -> bytes:
    """96 bytes: what others verify short signatures with."""
    return bytes((G2Point() * _scalar(secret)).to_compressed_bytes())


def sign_short(secret: int, message: bytes) -> bytes:
    """48 bytes; the same message always gets the same signature, so that nothing can be chosen."""
    point = G1Point.hash_to_curve(message, SHORT_SUITE) * _scalar(secret)
    return bytes(point.to_compressed_bytes())


def _scalar(secret: int) -> Scalar:
    return Scalar.from_be_bytes(secret.to_bytes(32, "big"))

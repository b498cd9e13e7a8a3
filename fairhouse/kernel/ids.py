"""Identifiers: uuid7 inside, prefixed Crockford base32 on the wire.

`ply_01jd3v…` is `ply_` and 26 characters of lower-case Crockford base32 of the 128-bit value.
uuid7: RFC 9562 section 5.7 (48-bit Unix milliseconds, version, 74 random bits).
"""

import hashlib
from typing import Final
from uuid import UUID, SafeUUID

from fairhouse.kernel.refusals import Malformed

_new = object.__new__
_set = object.__setattr__
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_WIRE_LENGTH: Final = 26
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
"""Two characters for every 10 bits."""
_TRIPLES: Final = tuple(high + pair for high in _ALPHABET for pair in _PAIRS)
"""Three characters for every 15 bits."""
_DIGITS: Final = bytes(
    b"0123456789abcdefghijklmnopqrstuv"[_ALPHABET.index(chr(byte))]
    if chr(byte) in _ALPHABET
    else ord("!")
    for byte in range(256)
)
"""To the digits that `int(text, 32)` reads; whatever is no character of ours to what it refuses."""


def uuid7(unix_ms: int, random: bytes) -> UUID:
    """A time-ordered id from a time in Unix milliseconds and 10 random bytes."""
    assert 0 <= unix_ms < 1 << 48
    assert len(random) == 10
    tail = int.from_bytes(random, "big")
    value = unix_ms << 80 | tail
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def unix_ms_of(id_: UUID) -> int:
    """The Unix milliseconds inside a uuid7. Refuses with Malformed when it is another version."""
    value = id_.int
    if value >> 76 & 0xF != 7 or value >> 62 & 0x3 != 2:
        raise Malformed("The id must be a version 7 UUID.", param="id")
    return value >> 80


def derived_id(namespace: str, *parts: str, unix_ms: int = 0) -> UUID:
    """A uuid7-shaped id that the same parts always give: for replay-sensitive rows.

    `unix_ms` keeps derived ids near others of their time in an index; it is part of the input.
    """
    text = "\x1f".join((namespace, str(unix_ms), *parts))
    return uuid7(unix_ms, hashlib.sha256(text.encode()).digest()[:10])


def to_wire(prefix: str, id_: UUID) -> str:
    """`ply` and a UUID give `ply_…`."""
    value, of = id_.int, _TRIPLES
    return (
        f"{prefix}_{of[value >> 115]}{of[value >> 100 & 32767]}{of[value >> 85 & 32767]}"
        f"{of[value >> 70 & 32767]}{of[value >> 55 & 32767]}{of[value >> 40 & 32767]}"
        f"{of[value >> 25 & 32767]}{of[value >> 10 & 32767]}{_PAIRS[value & 1023]}"
    )


def from_wire(prefix: str, text: str, *, param: str = "id") -> UUID:
    """The UUID in `ply_…`. Refuses with Malformed, naming `param`."""
    head, _, body = text.partition("_")
    if head != prefix or len(body) != _WIRE_LENGTH:
        raise Malformed(f"{param} must look like {prefix}_ and 26 characters.", param=param)
    try:
        value = int(body.encode().translate(_DIGITS), 32)
    except ValueError:
        raise Malformed(f"{param} has a character that ids never have.", param=param) from None
    if value >= 1 << 128:
        raise Malformed(f"{param} is out of range.", param=param)
    return _uuid(value)


def _uuid(value: int) -> UUID:
    """`UUID(int=value)` without looking at its other seven ways to be called: half the time."""
    made = _new(UUID)
    _set(made, "int", value)
    _set(made, "is_safe", SafeUUID.unknown)
    return made

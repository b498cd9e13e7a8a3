"""Definitions as JSON and back; whatever is not in the types is refused."""

import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

import msgspec

from fairhouse.brands.types import (
    BrandDefinition,
    DefinitionInvalid,
    Difference,
    Jurisdiction,
)

T = TypeVar("T")

TEXT_MAX: Final = 64 * 1024
BRACKETS_MAX: Final = 500
"""Many times what any definition has. Deep nesting overflows a parser's stack where a library has
raised Python's own limit."""


def encode(of: BrandDefinition | Jurisdiction) -> str:
    """Canonical: fields in the order of the types, sets in alphabetical order."""
    return msgspec.json.encode(of, order="deterministic").decode()


def definition(text: str | bytes) -> BrandDefinition:
    """Refuses with DefinitionInvalid."""
    return _decode(text, BrandDefinition)


def jurisdiction(text: str | bytes) -> Jurisdiction:
    """Refuses with DefinitionInvalid."""
    return _decode(text, Jurisdiction)


def stored(text: str, kind: type[T]) -> T:
    """What was checked before it was stored; fields that the types have lost since are passed
    over."""
    return msgspec.json.decode(text, type=kind)


def _decode(text: str | bytes, kind: type[T]) -> T:
    given = text if isinstance(text, str) else text.decode("utf-8", "replace")
    if len(given) > TEXT_MAX or given.count("[") + given.count("{") > BRACKETS_MAX:
        raise DefinitionInvalid("definition is far too long or too deep.", param="definition")
    try:
        raw = json.loads(given)
        found = msgspec.convert(raw, kind)
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        raise DefinitionInvalid(f"definition: {error}.", param="definition") from None
    strange = _unknown(raw, msgspec.to_builtins(found), "")
    if strange:
        raise DefinitionInvalid(f"{strange} is no field of a definition.", param=strange)
    return found


def _unknown(given: object, known: object, path: str) -> str | None:
    """The first key that the types do not have; msgspec passes over them."""
    if isinstance(given, dict) and isinstance(known, dict):
        inner = cast("Mapping[str, object]", known)
        for key, value in cast("Mapping[str, object]", given).items():
            here = f"{path}.{key}" if path else key
            if key not in inner:
                return here
            if strange := _unknown(value, inner[key], here):
                return strange
    if isinstance(given, list) and isinstance(known, list):
        pairs = zip(cast("list[object]", given), cast("list[object]", known), strict=False)
        for number, (value, other) in enumerate(pairs):
            if strange := _unknown(value, other, f"{path}[{number}]"):
                return strange
    return None


def differences(before: T | None, after: T) -> list[Difference]:
    """Field by field, in the order of the type; None before: everything is new."""
    old = _flat(json.loads(msgspec.json.encode(before, order="deterministic"))) if before else {}
    new = _flat(json.loads(msgspec.json.encode(after, order="deterministic")))
    return [
        Difference(field, old.get(field, ""), new.get(field, ""))
        for field in (*new, *(one for one in old if one not in new))
        if old.get(field) != new.get(field)
    ]


def _flat(of: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Leaves by dotted path; lists are leaves."""
    found: dict[str, str] = {}
    for key, value in of.items():
        here = f"{path}{key}"
        if isinstance(value, dict):
            found |= _flat(cast("Mapping[str, Any]", value), f"{here}.")
        else:
            found[here] = json.dumps(value, ensure_ascii=False)
    return found

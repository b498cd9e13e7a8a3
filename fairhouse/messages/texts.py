"""Every text a person reads, by language: `catalogue/<language>.json`.

A text is a template with `{name}` places and nothing else, so that the web app, the mails and the
back office can all fill it the same way. Sections: `mail.<template>.subject|lines`,
`notifications.<kind>`, `refusals.<code>`, `checks.<code>`, `check_reasons.<key>`,
`check_fixes.<key>`.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from fairhouse.messages.types import Fields

LANGUAGES: Final = ("en", "de")
FALLBACK: Final = "en"
_FOLDER: Final = Path(__file__).parent / "catalogue"
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")


@cache
def catalogue(language: str) -> Mapping[str, Any]:
    """The whole catalogue of a language; an unknown one falls back to English."""
    name = language if language in LANGUAGES else FALLBACK
    loaded: Mapping[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return loaded


def fill(text: str, fields: Fields) -> str:
    """Put the fields into their places; a place without a field stays visible as it is."""

    def value(match: re.Match[str]) -> str:
        found = fields.get(match[1])
        return match[0] if found is None else str(found)

    return _PLACE.sub(value, text)


def places(text: str) -> frozenset[str]:
    """The names a text asks for."""
    return frozenset(_PLACE.findall(text))


def lookup(language: str, section: str, key: str) -> Any:
    """An entry, in the language or else in English; None when neither has it."""
    for name in (language, FALLBACK):
        found = catalogue(name).get(section, {}).get(key)
        if found is not None:
            return found
    return None


def refusal_text(language: str, code: str, fields: Fields) -> str | None:
    """A refusal's sentence in the reader's language; None: show its English message."""
    text = lookup(language, "refusals", code)
    if text is None or not places(text) <= {name for name, value in fields.items() if value}:
        return None
    return fill(text, fields)


def notification_text(language: str, kind: str, fields: Fields) -> str:
    """A notification's sentence in the reader's language."""
    return phrase(language, "notifications", kind, fields)


def phrase(language: str, section: str, key: str, fields: Fields) -> str:
    """A sentence of a section ("checks", "check_reasons", "check_fixes", "notifications").

    An unknown key is shown as it is, so that a missing text is seen and nothing else breaks.
    """
    return fill(str(lookup(language, section, key) or key), fields)

"""Every text of the pages, by language: `messages/<language>.json`, keys with dots."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent.parent / "messages"
LANGUAGES: Final = ("en", "de")
FALLBACK: Final = "en"
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of a language."""
    loaded: Mapping[str, str] = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return loaded


class Texts:
    """The texts as one reader sees them; what is missing is shown in English, else as its key."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else FALLBACK

    def __call__(self, key: str, **fields: object) -> str:
        """The text of a key with its places filled."""
        text = catalogue(self.language).get(key) or catalogue(FALLBACK).get(key, key)
        return _PLACE.sub(lambda found: str(fields.get(found[1], found[0])), text)

    def knows(self, key: str) -> bool:
        """Whether the key stands in the catalogue."""
        return key in catalogue(FALLBACK)

    def word(self, section: str, value: str) -> str:
        """A word for a value of data, such as a state; the value itself where there is none."""
        key = f"{section}.{value}"
        return self(key) if self.knows(key) else value


def language_of(cookie: str | None, accepted: str) -> str:
    """The chosen language, else the first of the browser's that we have."""
    if cookie in LANGUAGES:
        return cookie
    offered = (part.partition(";")[0].strip()[:2].lower() for part in accepted.split(","))
    return next((item for item in offered if item in LANGUAGES), FALLBACK)

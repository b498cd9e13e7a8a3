"""Both languages say the same things with the same facts."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fairhouse.identity import types as identity_types
from fairhouse.kernel import refusals as kernel_refusals
from fairhouse.kernel.refusals import Refusal
from fairhouse.messages.rules import ATTEMPTS_MAX, wait_after
from fairhouse.messages.texts import LANGUAGES, catalogue, fill, places, refusal_text


def leaves(entry: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(entry, str):
        yield path, entry
    elif isinstance(entry, Mapping):
        for key, part in entry.items():
            yield from leaves(part, f"{path}.{key}")
    else:
        for number, part in enumerate(entry):
            yield from leaves(part, f"{path}[{number}]")


def test_every_language_has_every_text_with_the_same_places():
    shapes = {
        language: {path: places(text) for path, text in leaves(catalogue(language))}
        for language in LANGUAGES
    }
    assert shapes["en"] == shapes["de"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_has_a_stray_brace(language: str):
    for path, text in leaves(catalogue(language)):
        rest = fill(text, dict.fromkeys(places(text), "x"))
        assert text.strip(), path
        assert not set("{}") & set(rest), path


@pytest.mark.parametrize("module", [kernel_refusals, identity_types])
def test_every_refusal_has_a_text(module: object):
    refusals = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal
    ]
    assert refusals
    missing = {one.code for one in refusals} - set(catalogue("en")["refusals"])
    assert set() == missing


def test_a_refusal_without_its_facts_keeps_its_own_message():
    assert "Too many requests; try again in 7 seconds." == refusal_text(
        "en", "too_many_requests", {"retry_after_s": 7}
    )
    assert refusal_text("en", "too_many_requests", {}) is None
    assert refusal_text("en", "no_such_code", {}) is None
    german = refusal_text("de", "unauthenticated", {})
    assert "Bitte melden Sie sich an." == german
    assert "Please log in." == refusal_text("tlh", "unauthenticated", {})


def test_filling_is_not_repeated():
    assert "{b} 2" == fill("{a} {b}", {"a": "{b}", "b": 2})


def test_waits_grow_and_end():
    waits = [wait_after(attempt) for attempt in range(1, ATTEMPTS_MAX + 1)]
    seconds = [wait.total_seconds() for wait in waits if wait is not None]
    assert [15, 30, 60, 120, 240, 480, 960] == seconds
    assert waits[-1] is None

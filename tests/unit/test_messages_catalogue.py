"""Both languages say the same things with the same facts."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import fairhouse
from fairhouse.kernel.refusals import Refusal
from fairhouse.messages.rules import ATTEMPTS_MAX, wait_after
from fairhouse.messages.texts import (
    LANGUAGES,
    catalogue,
    fill,
    phrase,
    places,
    refusal_text,
)
from fairhouse.risk import rules as risk_rules
from fairhouse.risk.types import CheckCode, FreezeKind


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


def all_refusals() -> set[type[Refusal]]:
    """Every refusal of the platform: a refusal is a class, so importing all modules finds all."""
    for module in pkgutil.walk_packages(fairhouse.__path__, "fairhouse."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: set[type[Refusal]] = set()
    waiting = [Refusal]
    while waiting:
        subclasses = set(waiting.pop().__subclasses__()) - found
        found |= subclasses
        waiting += subclasses
    return {one for one in found if one.__module__.startswith("fairhouse.")}


def test_every_refusal_has_a_text():
    """Missing one: add `code` to `refusals` in fairhouse/messages/catalogue/en.json and de.json."""
    codes = {one.code for one in all_refusals()} - {Refusal.code}
    assert "insufficient_funds" in codes
    assert set() == codes - set(catalogue("en")["refusals"])


def test_every_check_has_a_name_and_all_its_sentences():
    english = catalogue("en")
    assert {str(code) for code in CheckCode} == set(english["checks"])
    reasons, fixes = set(english["check_reasons"]), set(english["check_fixes"])
    assert {f"{code}.passed" for code in CheckCode} <= reasons
    assert {key.partition(".")[0] for key in reasons | fixes} == set(english["checks"])
    assert {f"frozen.{kind}" for kind in FreezeKind} <= reasons
    assert {f"frozen.{kind}_fix" for kind in FreezeKind} <= fixes
    keys = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', inspect.getsource(risk_rules)))
    assert keys
    assert set() == keys - reasons - fixes


def test_a_refusal_without_its_facts_keeps_its_own_message():
    assert "Too many requests; try again in 7 seconds." == refusal_text(
        "en", "too_many_requests", {"retry_after_s": 7}
    )
    assert refusal_text("en", "too_many_requests", {}) is None
    assert refusal_text("en", "no_such_code", {}) is None
    german = refusal_text("de", "unauthenticated", {})
    assert "Bitte melden Sie sich an." == german
    assert "Please log in." == refusal_text("tlh", "unauthenticated", {})


def test_an_unknown_phrase_shows_its_key():
    assert "checks.new" == phrase("en", "check_reasons", "checks.new", {})
    assert "Das Maximum ist 5 ETH." == phrase(
        "de", "check_reasons", "amount_limits.above", {"limit": "5", "currency": "ETH"}
    )


def test_filling_is_not_repeated():
    assert "{b} 2" == fill("{a} {b}", {"a": "{b}", "b": 2})


def test_waits_grow_and_end():
    waits = [wait_after(attempt) for attempt in range(1, ATTEMPTS_MAX + 1)]
    seconds = [wait.total_seconds() for wait in waits if wait is not None]
    assert [15, 30, 60, 120, 240, 480, 960] == seconds
    assert waits[-1] is None

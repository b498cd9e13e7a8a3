"""Every check can be explained in every language, and every placeholder is filled."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from fairhouse.cashier import types as cashier_types
from fairhouse.kernel.refusals import Refusal
from fairhouse.messages.texts import LANGUAGES, catalogue, places
from fairhouse.risk import rules
from fairhouse.risk.rules import check_withdrawal
from fairhouse.risk.types import Check, CheckCode, Freeze, FreezeKind
from tests.properties.test_risk_checks import GOOD, NOW, POLICY, TROUBLES

_KEY = re.compile(r'"([a-z_]+\.[a-z_]+)"')


def every_check() -> list[Check]:
    changes = [{}, *(change for change, *_ in TROUBLES)]
    changes += [{"freezes": (Freeze(kind, "x", NOW),)} for kind in FreezeKind]
    facts = [replace(GOOD, **change) for change in changes]
    return [check for item in facts for check in check_withdrawal(item, POLICY)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_fix_has_its_text(language: str):
    texts = catalogue(language)
    for check in every_check():
        reason = texts["check_reasons"][check.reason]
        assert places(reason) <= set(check.fields), check
        assert check.fix is None or texts["check_fixes"][check.fix]
    assert {*texts["checks"]} == {code.value for code in CheckCode}


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_that_the_rules_name_are_all_there(language: str):
    texts = catalogue(language)
    named = set(_KEY.findall(Path(rules.__file__).read_text()))

    assert named <= {*texts["check_reasons"], *texts["check_fixes"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_of_the_cashier_has_its_text(language: str):
    refusals = [
        item
        for item in vars(cashier_types).values()
        if isinstance(item, type)
        and issubclass(item, Refusal)
        and item.__module__ == cashier_types.__name__
    ]
    unnamed = {"withdrawal_refused"}  # only its subclasses are raised
    codes = {item.code for item in refusals} - unnamed

    assert codes - {*catalogue(language)["refusals"]} == set()

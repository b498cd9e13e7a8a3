"""Both catalogues say the same things, and every text that a page asks for is there."""

import re
from pathlib import Path

import pytest

from fairhouse.audit.types import Flaw
from fairhouse.backoffice.http import texts
from fairhouse.backoffice.http.desk import NAVIGATION
from fairhouse.backoffice.http.lists import LISTINGS
from fairhouse.backoffice.http.people import TABS
from fairhouse.backoffice.rules import PERMISSIONS
from fairhouse.backoffice.types import Action
from fairhouse.betting.engine.measuring import Outcome
from fairhouse.betting.types import Source
from fairhouse.protection.types import (
    Actor,
    Cause,
    ExclusionKind,
    LimitKind,
    LimitSource,
    Period,
    Scope,
)
from fairhouse.reports.types import HitKind

TEMPLATES = Path(texts.__file__).parent.parent / "templates"
PLACE = re.compile(r"\{([a-z_]+)\}")


def places(language: str) -> dict[str, set[str]]:
    return {key: {*PLACE.findall(text)} for key, text in texts.catalogue(language).items()}


def test_catalogues_have_the_same_keys_and_places():
    assert places("en") == places("de")


def test_every_text_of_a_template_is_there():
    asked = {
        key
        for template in TEMPLATES.glob("*.html")
        for key in re.findall(r'\bt\("([a-z_.]+)"[,)]', template.read_text("utf-8"))
    }

    assert len(asked) > 100
    assert asked <= texts.catalogue("en").keys()


def test_every_computed_text_is_there():
    asked = {
        *(f"page.{name}" for name, _, _ in NAVIGATION),
        *(f"action.{action}" for action in Action),
        *(f"road.outcome.{outcome}" for outcome in Outcome),
        *(f"flaw.{flaw}" for flaw in Flaw),
        *(f"limits.by.{source}" for source in Source),
        *(f"protection.kind.{kind}" for kind in ExclusionKind),
        *(f"protection.scope.{scope}" for scope in Scope),
        *(f"protection.cause.{cause}" for cause in Cause),
        *(f"protection.source.{source}" for source in LimitSource),
        *(f"protection.actor.{actor}" for actor in Actor),
        *(f"protection.limit.{kind}" for kind in LimitKind),
        *(f"protection.period.{period}" for period in Period),
        *(f"tab.{tab}" for tab in TABS),
        *(f"limits.field.{name}" for name in ("stake_min", "stake_max", "profit_share_bp")),
        *(f"hit.{kind}" for kind in HitKind),
        *(f"empty.{listing.name}" for listing in LISTINGS),
        *(f"column.{column.name}" for listing in LISTINGS for column in listing.columns),
        *(f"column.{name}" for listing in LISTINGS for name in listing.filters),
    }

    assert asked <= texts.catalogue("en").keys()


def test_every_action_is_granted_to_somebody():
    assert {*Action} == PERMISSIONS.keys()
    assert all(PERMISSIONS.values())


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "fr,en;q=0.5", "en"),
        (None, "", "en"),
        ("en", "de", "en"),
        ("xx", "de", "de"),
    ],
)
def test_language_is_the_chosen_one_else_the_browsers(cookie: str, accepted: str, language: str):
    assert language == texts.language_of(cookie, accepted)


def test_a_missing_text_shows_its_key():
    assert "no.such.text" == texts.Texts("de")("no.such.text")

"""A game's board played in the browser, whichever game it is.

The boards name what this needs: `data-bet` the large button, `data-step` what takes a step of an
open round, `data-pick` what must be chosen before a bet.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from fairhouse.games.catalogue import GAMES
from tests.e2e.stage import WIDTHS, Demo, widths

BOARDS = Path(__file__).resolve().parent.parent.parent / "web" / "src" / "games"
PLAYED = sorted(slug for slug in GAMES if (BOARDS / slug / "Game.svelte").exists())
STEPS_BEFORE_CASH_OUT = 2
STEPS_MOST = 40


def in_turn(slugs: Sequence[str]) -> pytest.MarkDecorator:
    """A story for each game, on a `visit` at one width, the next one's at the other."""
    pairs = [
        (width, slug) for at, slug in enumerate(slugs) for width in widths(WIDTHS[at % len(WIDTHS)])
    ]
    return pytest.mark.parametrize(("visit", "slug"), pairs, indirect=["visit"])


def open_game(demo: Demo, page: Page, slug: str, *, instant: bool, language: str = "en") -> None:
    """Its page loaded anew, with or without animation."""
    kept = {"fh.instant": "on" if instant else "off", "fh.language": language}
    page.add_init_script(f"Object.assign(localStorage, {json.dumps(kept)})")
    is_there = page.url.startswith(demo.url)
    page.goto(f"{demo.url}/#/game/{slug}")
    if is_there:
        page.reload()
    expect(page.locator("[data-bet]").first).to_be_visible()


def main_button(page: Page) -> Locator:
    """Bet, cash out, or whatever it says now."""
    return page.locator("[data-bet]")


def results(page: Page) -> Locator:
    """The strip of last results."""
    return page.get_by_role("list", name="Last results").locator("li")


def pick(page: Page) -> None:
    """Whatever must be chosen before a bet."""
    if page.locator("[data-pick]").count() and main_button(page).is_disabled():
        page.locator("[data-pick]").first.click()
    expect(main_button(page)).to_be_enabled()


def play_round(page: Page, count: int) -> None:
    """One round to its end: a bet, and where the game goes on a few steps and the cash-out."""
    expect(main_button(page)).to_be_enabled()
    main_button(page).click()
    for step in range(STEPS_MOST):
        page.wait_for_timeout(120)
        if results(page).count() >= count:
            return
        steps = page.locator("[data-step]:not(:disabled):not([aria-disabled=true])")
        large = main_button(page)
        if step >= STEPS_BEFORE_CASH_OUT and large.count() and large.is_enabled():
            large.click()
        elif steps.count():
            steps.first.click()
    expect(results(page)).to_have_count(count)

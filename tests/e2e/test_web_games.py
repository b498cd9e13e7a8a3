"""Every game with a board is played through its board, by hand and automatically, at both widths.

The boards name what the test needs: `data-bet` the large button, `data-step` what takes a step of
an open round, `data-pick` what must be chosen before a bet.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from fairhouse.games.catalogue import GAMES
from tests.e2e.stage import Demo, Visit

pytestmark = pytest.mark.browser

BOARDS = Path(__file__).resolve().parent.parent.parent / "web" / "src" / "games"
PLAYED = sorted(slug for slug in GAMES if (BOARDS / slug / "Game.svelte").exists())
STEPS_BEFORE_CASH_OUT = 2
STEPS_MOST = 40
ROUNDS = 3


def _open(demo: Demo, page: Page, slug: str, *, instant: bool) -> None:
    page.goto(demo.url)
    page.evaluate(f"localStorage.setItem('fh.instant', '{'on' if instant else 'off'}')")
    page.goto(f"{demo.url}/#/game/{slug}")
    page.reload()
    expect(page.locator("[data-bet]").first).to_be_visible()


def _main(page: Page) -> Locator:
    return page.locator("[data-bet]")


def _results(page: Page) -> Locator:
    return page.get_by_role("list", name="Last results").locator("li")


def _pick(page: Page) -> None:
    """Whatever must be chosen before a bet."""
    if page.locator("[data-pick]").count() and _main(page).is_disabled():
        page.locator("[data-pick]").first.click()
    expect(_main(page)).to_be_enabled()


def _play(page: Page, count: int) -> None:
    """One round to its end: a bet, and where the game goes on a few steps and the cash-out."""
    expect(_main(page)).to_be_enabled()
    _main(page).click()
    for step in range(STEPS_MOST):
        page.wait_for_timeout(120)
        if _results(page).count() >= count:
            return
        steps = page.locator("[data-step]:not(:disabled):not([aria-disabled=true])")
        if step >= STEPS_BEFORE_CASH_OUT and _main(page).count() and _main(page).is_enabled():
            _main(page).click()
        elif steps.count():
            steps.first.click()
    expect(_results(page)).to_have_count(count)


@pytest.mark.parametrize("slug", PLAYED)
def test_a_game_is_played_by_hand(demo: Demo, visit: Visit, slug: str):
    page = visit.page
    _open(demo, page, slug, instant=True)
    _pick(page)

    for count in range(1, ROUNDS + 1):
        _play(page, count)
    visit.shot(f"game-{slug}")

    _results(page).first.locator("a").click()
    expect(page.get_by_role("button", name="Verify", exact=True)).to_be_visible()
    page.wait_for_timeout(300)
    visit.shot(f"bet-{slug}")


@pytest.mark.parametrize("slug", PLAYED)
def test_a_game_moves_and_speaks_german(demo: Demo, visit: Visit, slug: str):
    page = visit.page
    page.goto(demo.url)
    page.evaluate("localStorage.setItem('fh.language', 'de')")
    _open(demo, page, slug, instant=False)
    if page.locator("[data-pick]").count() and _main(page).is_disabled():
        page.locator("[data-pick]").first.click()

    _main(page).click()
    page.wait_for_timeout(500)
    visit.shot(f"moving-{slug}")
    page.get_by_role("button", name="Regeln").click()

    expect(page.get_by_role("dialog")).to_contain_text("Rückzahlung")


def test_autobet_keeps_its_number(demo: Demo, desktop: Visit):
    page = desktop.page
    _open(demo, page, "dice", instant=True)

    page.get_by_role("tab", name="Auto").click()
    page.get_by_label("Number of bets").fill("5")
    _main(page).click()

    expect(_results(page)).to_have_count(5)
    expect(page.get_by_role("button", name="Start autobet")).to_be_visible()
    page.wait_for_timeout(500)
    expect(_results(page)).to_have_count(5)


def test_a_favourite_is_kept_and_found(demo: Demo, visit: Visit):
    page = visit.page
    _open(demo, page, "limbo", instant=True)
    page.get_by_role("button", name="Favourite").click()

    page.goto(f"{demo.url}/#/")
    page.reload()

    row = page.get_by_role("region", name="Your favourites")
    expect(row.get_by_role("link")).to_have_count(1)
    visit.shot("lobby-favourite")
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill("plin")
    visit.shot("search")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Plinko")).to_be_attached()


def test_two_tabs_show_one_round(demo: Demo, desktop: Visit):
    page = desktop.page
    _open(demo, page, "mines", instant=True)
    page.get_by_role("button", name="1", exact=True).click()
    _main(page).click()
    expect(page.locator("[data-step]")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{demo.url}/#/game/mines")
    expect(other.locator("[data-step]")).to_be_visible()

    page.locator("[data-step]").click()
    expect(page.locator(".tile.gem, .tile.hit").first).to_be_visible()
    other.locator("[data-step]").click()

    # The second tab's step came too late: it is told, and shows the round as it is.
    expect(other.locator(".tile.gem, .tile.hit").first).to_be_visible()
    other.close()

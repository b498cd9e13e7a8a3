"""Every game with a board is played through it, by hand and automatically, at both widths."""

import pytest
from playwright.sync_api import expect

from tests.e2e.playing import PLAYED, main_button, open_game, pick, play_round, results
from tests.e2e.stage import Demo, Visit

pytestmark = pytest.mark.browser

ROUNDS = 3


@pytest.mark.parametrize("slug", PLAYED)
def test_a_game_is_played_by_hand(demo: Demo, visit: Visit, slug: str):
    page = visit.page
    open_game(demo, page, slug, instant=True)
    pick(page)

    for count in range(1, ROUNDS + 1):
        play_round(page, count)
    visit.shot(f"game-{slug}")

    results(page).first.locator("a").click()
    expect(page.get_by_role("button", name="Verify", exact=True)).to_be_visible()
    page.wait_for_timeout(300)
    visit.shot(f"bet-{slug}")


@pytest.mark.parametrize("slug", PLAYED)
def test_a_game_moves_and_speaks_german(demo: Demo, visit: Visit, slug: str):
    page = visit.page
    page.goto(demo.url)
    page.evaluate("localStorage.setItem('fh.language', 'de')")
    open_game(demo, page, slug, instant=False)
    if page.locator("[data-pick]").count() and main_button(page).is_disabled():
        page.locator("[data-pick]").first.click()

    main_button(page).click()
    page.wait_for_timeout(500)
    visit.shot(f"moving-{slug}")
    page.get_by_role("button", name="Regeln").click()

    expect(page.get_by_role("dialog")).to_contain_text("Rückzahlung")


def test_autobet_keeps_its_number(demo: Demo, desktop: Visit):
    page = desktop.page
    open_game(demo, page, "dice", instant=True)

    page.get_by_role("tab", name="Auto").click()
    page.get_by_label("Number of bets").fill("5")
    main_button(page).click()

    expect(results(page)).to_have_count(5)
    expect(page.get_by_role("button", name="Start autobet")).to_be_visible()
    page.wait_for_timeout(500)
    expect(results(page)).to_have_count(5)


@pytest.mark.parametrize("slug", ["blackjack", "hilo", "videopoker"])
def test_autobet_takes_the_steps_of_a_round(demo: Demo, desktop: Visit, slug: str):
    page = desktop.page
    open_game(demo, page, slug, instant=True)

    page.get_by_role("tab", name="Auto").click()
    page.get_by_label("Number of bets").fill(str(ROUNDS))
    main_button(page).click()

    expect(results(page)).to_have_count(ROUNDS, timeout=15_000)
    expect(page.get_by_role("button", name="Start autobet")).to_be_enabled()
    desktop.shot(f"auto-{slug}")


def test_a_favourite_is_kept_and_found(demo: Demo, visit: Visit):
    page = visit.page
    open_game(demo, page, "limbo", instant=True)
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
    open_game(demo, page, "mines", instant=True)
    page.get_by_role("button", name="1", exact=True).click()
    main_button(page).click()
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

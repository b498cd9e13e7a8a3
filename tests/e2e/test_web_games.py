"""Every game with a board is played through it, by hand and automatically, at one of two widths."""

import pytest
from playwright.sync_api import expect

from tests.e2e.playing import PLAYED, in_turn, main_button, open_game, pick, play_round, results
from tests.e2e.stage import Demo, Visit

pytestmark = pytest.mark.browser

ROUNDS = 3


@in_turn(PLAYED)
def test_a_game_is_played_by_hand_and_speaks_german(demo: Demo, visit: Visit, slug: str):
    page = visit.page
    open_game(demo, page, slug, instant=True)
    pick(page)

    for count in range(1, ROUNDS + 1):
        play_round(page, count)
    visit.shot(f"game-{slug}")

    results(page).first.locator("a").click()
    expect(page.get_by_role("button", name="Verify", exact=True)).to_be_visible()
    visit.shot(f"bet-{slug}")

    open_game(demo, page, slug, instant=False, language="de")
    pick(page)
    main_button(page).click()
    expect(page.get_by_role("list", name="Letzte Ergebnisse")).to_be_attached()
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

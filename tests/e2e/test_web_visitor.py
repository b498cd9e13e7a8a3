"""What a visitor without an account sees and can do."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.stage import Demo, Visit

pytestmark = pytest.mark.browser


def test_a_visitor_plays_with_play_money(demo: Demo, visit: Visit):
    page = visit.page
    page.goto(f"{demo.url}/#/game/dice")

    for count in range(1, 4):
        page.locator("[data-bet]").click()
        expect(page.get_by_role("list", name="Last results").locator("li")).to_have_count(count)

    expect(page.get_by_role("button", name="Sign up")).to_be_visible()
    visit.shot("visitor-dice")


def test_an_open_round_survives_a_reload(demo: Demo, visit: Visit):
    page = visit.page
    page.goto(f"{demo.url}/#/game/mines")
    # One mine: the first tile is a gem 24 times in 25; when it is not, the round is over.
    page.get_by_role("button", name="1", exact=True).click()
    page.locator("[data-bet]").click()
    expect(page.get_by_role("button", name="Your move")).to_be_visible()

    page.reload()

    expect(page.get_by_text("Your open round is back")).to_be_visible()
    page.get_by_role("button", name="Random tile").click()
    expect(page.locator(".tile.gem, .tile.hit").first).to_be_visible()
    if page.get_by_role("button", name=re.compile("Cash out")).is_visible():
        page.locator("[data-bet]").click()
    expect(page.get_by_role("button", name="Bet", exact=True)).to_be_visible()
    visit.shot("visitor-mines")


def test_the_lobby_has_both_looks_and_languages(demo: Demo, desktop: Visit):
    page = desktop.page
    page.goto(demo.url)
    expect(page.get_by_role("heading", name="Bets you can check")).to_be_visible()
    desktop.shot("lobby-dark")

    page.get_by_role("button", name="Light look").click()
    page.get_by_role("button", name="Language").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.get_by_role("heading", name="Wetten, die Sie prüfen")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Wetten, die Sie prüfen")).to_be_visible()
    desktop.shot("lobby-light-german")


def test_two_brands_look_different(demo: Demo, desktop: Visit):
    page = desktop.page
    accents: list[str] = []
    for url in (demo.url, demo.second_url):
        page.goto(url)
        expect(page.locator("header")).to_be_visible()
        accents.append(page.evaluate("document.documentElement.style.getPropertyValue('--accent')"))
    desktop.shot("second-brand")

    assert accents[0] != accents[1]


def test_an_unknown_page_says_so(demo: Demo, visit: Visit):
    visit.page.goto(f"{demo.url}/#/nowhere")

    expect(visit.page.get_by_role("heading", name="This page does not exist")).to_be_visible()


def test_a_lost_network_is_told_and_mended(demo: Demo, desktop: Visit):
    page = desktop.page
    page.goto(demo.url)
    expect(page.locator("header")).to_be_visible()

    page.context.set_offline(True)
    expect(page.get_by_text("You are offline")).to_be_visible()

    page.context.set_offline(False)
    expect(page.get_by_text("You are offline")).not_to_be_visible()
    desktop.complaints.clear()


def test_a_modal_keeps_the_focus_and_gives_it_back(demo: Demo, desktop: Visit):
    page = desktop.page
    page.goto(demo.url)
    page.get_by_role("button", name="Log in", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()

    for _ in range(12):
        page.keyboard.press("Tab")
        inside = (
            "document.activeElement.closest('dialog') || document.activeElement === document.body"
        )
        assert page.evaluate(f"Boolean({inside})")
    page.keyboard.press("Escape")

    expect(dialog).not_to_be_visible()
    expect(page.get_by_role("button", name="Log in", exact=True)).to_be_focused()

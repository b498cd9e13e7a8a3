"""Limits and protection in the browser: set, raise, take a break, exclude; the reality check."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import Demo, Visit, at, close_dialog, fresh_name, sign_up

pytestmark = pytest.mark.browser

CHAIN_TIMEOUT_MS = 90_000


def _open(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/#/protection")
    expect(page.get_by_role("heading", name="Limits & protection")).to_be_visible()
    expect(page.get_by_role("heading", name="Deposit limit")).to_be_visible()


def _set(page: Page, limit: str, amount: str) -> None:
    page.get_by_role("button", name=re.compile(f"^(Set|Change): {limit}$")).click()
    page.fill("[name=amount]", amount)
    page.get_by_role("dialog").get_by_role("button", name=re.compile("limit$")).last.click()
    expect(page.get_by_role("dialog")).not_to_be_visible()


def _fits(page: Page) -> None:
    overhang = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overhang <= 0


@at("desktop")
def test_a_player_sets_limits_and_raising_waits(demo: Demo, visit: Visit):
    page = visit.page
    sign_up(demo, page, fresh_name())
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("link", name="Limits & protection").click()
    _open(demo, page)

    _set(page, "Daily loss limit", "20.50")
    expect(page.get_by_text("$20.50", exact=True)).to_be_visible()
    expect(page.get_by_text("$0.00 used, $20.50 left")).to_be_visible()
    _set(page, "Daily loss limit", "10")
    expect(page.get_by_text("$0.00 used, $10.00 left")).to_be_visible()

    page.get_by_role("button", name="Change: Daily loss limit").click()
    page.fill("[name=amount]", "1,2,3")
    expect(page.get_by_text("Enter a plain amount")).to_be_visible()
    page.fill("[name=amount]", "100")
    expect(page.get_by_text("Until you do, $10.00 stays.")).to_be_visible()
    visit.shot("protection-raise")
    page.get_by_role("button", name="Ask for the higher limit").click()
    expect(page.get_by_text("You asked for $100.00.")).to_be_visible()
    expect(page.get_by_text("$0.00 used, $10.00 left")).to_be_visible()
    visit.shot("protection-limits")
    _fits(page)

    page.get_by_role("button", name="Keep my limit").click()
    expect(page.get_by_text("You asked for $100.00.")).not_to_be_visible()
    expect(page.get_by_text("Limit kept")).to_be_visible()

    _set(page, "Weekly time limit", "150")
    expect(page.get_by_text("2 h 30 min", exact=True)).to_be_visible()


def test_a_bet_beyond_a_limit_is_refused_in_words(demo: Demo, desktop: Visit):
    page = desktop.page
    sign_up(demo, page, fresh_name())
    dialog = page.get_by_role("dialog")
    page.get_by_role("banner").get_by_role("button", name="Deposit").click()
    dialog.get_by_role("radio", name=re.compile("^ETH")).click()
    dialog.get_by_role("button", name="I have read this").click()
    address = dialog.locator(".text.mono").first
    expect(address).to_have_text(re.compile("^0x[0-9a-fA-F]{40}$"))
    demo.give("eth.ethereum", address.inner_text(), "0.1")
    expect(dialog.get_by_text("Credited", exact=True)).to_be_visible(timeout=CHAIN_TIMEOUT_MS)
    close_dialog(page)
    _open(demo, page)
    _set(page, "Daily wager limit", "5")

    page.goto(f"{demo.url}/#/game/dice")
    page.get_by_role("button", name="Choose the currency you play with").click()
    page.get_by_role("button", name=re.compile("^ETH")).click()
    page.locator("[data-stake]").fill("0.01")
    page.locator("[data-bet]").click()
    refused = page.locator(".toast", has_text="Daily wager limit of $5.00: $5.00 are left until")
    expect(refused).to_be_visible()
    desktop.shot("protection-wager")
    page.locator("[data-stake]").fill("0.0005")
    page.locator("[data-bet]").click()
    expect(page.get_by_role("list", name="Last results").locator("li")).to_have_count(1)

    _open(demo, page)
    expect(
        page.get_by_text(re.compile(r"^\$[1-4]\.\d\d used, \$[0-4]\.\d\d left$"))
    ).to_be_visible()
    desktop.shot("protection-used")


@at("phone")
def test_a_break_closes_the_tables_and_leaves_the_rest_open(demo: Demo, visit: Visit):
    page = visit.page
    sign_up(demo, page, fresh_name())
    _open(demo, page)
    page.get_by_role("button", name="Take a break…").click()
    expect(page.get_by_text("Nobody, not even our support, can end it sooner.")).to_be_visible()
    page.get_by_role("button", name="I understand, go on").click()
    expect(page.get_by_text("Really begin the break of 24 hours now?")).to_be_visible()
    visit.shot("protection-break")
    page.get_by_role("button", name="Yes, begin my break").click()
    expect(page.get_by_text("Your break has begun.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()

    heading = page.get_by_role("heading", name=re.compile("You are taking a break until"))
    expect(heading).to_be_visible()
    visit.shot("protection-blocked")
    _fits(page)

    page.goto(f"{demo.url}/#/game/dice")
    page.get_by_role("button", name="Bet", exact=True).click()
    refused = page.get_by_text("Withdrawals stay open.")
    expect(refused).to_be_visible()
    visit.shot("protection-refused")
    page.locator(".toast").get_by_role("link", name="Limits & protection").click()
    expect(heading).to_be_visible()


@at("desktop")
def test_an_exclusion_says_what_happens_and_logs_out(demo: Demo, visit: Visit):
    page = visit.page
    email, password = sign_up(demo, page, fresh_name())
    _open(demo, page)
    page.get_by_role("radio", name="1 year").click()
    page.get_by_role("button", name="Exclude me…").click()
    expect(page.get_by_text("It lasts at least 1 year and cannot be shortened.")).to_be_visible()
    visit.shot("protection-exclude")
    page.get_by_role("button", name="I understand, go on").click()
    page.get_by_role("button", name="Yes, exclude me").click()
    expect(page.get_by_text("You are excluded until at least")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("button", name="Sign up").first).to_be_visible()

    page.get_by_role("button", name="Log in", exact=True).first.click()
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.get_by_role("dialog").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("You are excluded from play until at least").first).to_be_visible()
    expect(page.get_by_role("button", name="Exclude me…")).not_to_be_visible()
    visit.shot("protection-excluded")


@at("phone")
def test_a_reality_check_interrupts_play(demo: Demo, visit: Visit):
    page = visit.page
    sign_up(demo, page, fresh_name())
    _open(demo, page)
    page.get_by_role("radio", name="15 min").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    me = page.evaluate("fetch('/v1/session').then((a) => a.json()).then((s) => s.player.id)")
    # All but the last moments of the quarter of an hour have passed.
    page.evaluate(f"localStorage.setItem('fh.played.{me}', String(15 * 60000 - 1000))")
    page.goto(f"{demo.url}/#/game/dice")
    page.reload()
    page.get_by_role("button", name="Bet", exact=True).click()

    check = page.get_by_role("dialog", name="Time for a look")
    expect(check).to_be_visible(timeout=15_000)
    expect(check.get_by_text("You have been playing for 15 min")).to_be_visible()
    expect(check.get_by_text("Result")).to_be_visible()
    visit.shot("protection-reality")
    check.get_by_role("button", name="Go on playing").click()
    expect(check).not_to_be_visible()

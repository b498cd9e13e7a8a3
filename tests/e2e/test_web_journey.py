"""From sign-up to withdrawal in a real browser, on a real chain, at both widths."""

import re

import pytest
from eth_account import Account
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.stage import PASSWORD, Demo, Visit, close_dialog, fresh_name, sign_up

pytestmark = pytest.mark.browser

CHAIN_TIMEOUT_MS = 90_000


def test_the_whole_journey(demo: Demo, visit: Visit):
    page = visit.page
    username = fresh_name()

    sign_up(demo, page, username)
    _deposit(demo, visit)
    bet = _play_dice(demo, visit)
    _verify(demo, visit, bet)
    _play_mines(demo, visit)
    _withdraw(demo, visit)

    page.goto(f"{demo.url}/#/history/statement")
    expect(page.get_by_text("Closing balance")).to_be_visible()
    visit.shot("9-statement")


def _deposit(demo: Demo, visit: Visit) -> None:
    dialog = visit.page.get_by_role("dialog")
    visit.page.get_by_role("banner").get_by_role("button", name="Deposit").click()
    dialog.get_by_role("radio", name=re.compile("^ETH")).click()
    dialog.get_by_role("button", name="I have read this").click()
    address = dialog.locator(".text.mono").first
    expect(address).to_have_text(re.compile("^0x[0-9a-fA-F]{40}$"))
    visit.shot("2-deposit")
    demo.give("eth.ethereum", address.inner_text(), "0.5")
    expect(dialog.get_by_text("Detected")).to_be_visible(timeout=CHAIN_TIMEOUT_MS)
    visit.shot("3-deposit-seen")
    expect(dialog.get_by_text("Credited", exact=True)).to_be_visible(timeout=CHAIN_TIMEOUT_MS)
    visit.shot("4-deposit-credited")
    close_dialog(visit.page)
    _choose_currency(visit.page, "ETH")


def _choose_currency(page: Page, code: str) -> None:
    page.get_by_role("button", name="Choose the currency you play with").click()
    page.get_by_role("button", name=re.compile(f"^{code}")).click()


def _results(page: Page) -> Locator:
    return page.get_by_role("list", name="Last results").locator("li")


def _play_dice(demo: Demo, visit: Visit) -> str:
    """Ten bets, one by hand and the rest by autobet; the last bet's id."""
    page = visit.page
    page.goto(f"{demo.url}/#/game/dice")
    page.locator("[data-stake]").fill("0.001")
    page.locator("[data-bet]").click()
    expect(_results(page)).to_have_count(1)
    page.get_by_role("tab", name="Auto").click()
    page.get_by_label("Number of bets").fill("9")
    page.get_by_role("button", name="Start autobet").click()
    expect(_results(page)).to_have_count(10, timeout=30_000)
    expect(page.get_by_role("button", name="Start autobet")).to_be_visible()
    visit.shot("5-dice")
    link = _results(page).last.locator("a").get_attribute("href")
    assert link is not None
    return link.removeprefix("#/bet/")


def _verify(demo: Demo, visit: Visit, bet: str) -> None:
    """Rotate the seed pair, then recompute the bet in the browser."""
    page = visit.page
    page.get_by_role("button", name="Fairness").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Rotate", exact=True).click()
    expect(dialog.get_by_text("Promise kept")).to_be_visible()
    close_dialog(page)
    page.goto(f"{demo.url}/#/bet/{bet}")
    page.get_by_role("main").get_by_role("button", name="Verify", exact=True).click()
    expect(dialog.get_by_text("Seed has the hash shown before the bet")).to_be_visible()
    expect(dialog.get_by_text("Everything holds")).to_be_visible()
    visit.shot("6-verified")
    close_dialog(page)


def _play_mines(demo: Demo, visit: Visit) -> None:
    page = visit.page
    page.goto(f"{demo.url}/#/game/mines")
    page.locator("[data-stake]").fill("0.001")
    page.get_by_role("button", name="1", exact=True).click()
    page.locator("[data-bet]").click()
    expect(page.get_by_role("button", name="Your move")).to_be_visible()
    page.locator(".tile").nth(12).click()
    expect(page.locator(".tile.gem, .tile.hit").first).to_be_visible()
    if page.get_by_role("button", name=re.compile("Cash out")).is_visible():
        page.locator("[data-bet]").click()
    expect(_results(page)).to_have_count(1)
    visit.shot("7-mines")


def _withdraw(demo: Demo, visit: Visit) -> None:
    wallet = Account.create().address  # two who are paid to one address are linked accounts
    page = visit.page
    dialog = page.get_by_role("dialog")
    if visit.is_phone:
        page.get_by_role("navigation").get_by_role("button", name="Wallet").click()
    else:
        page.locator("aside").get_by_role("button", name="Withdraw").click()
    dialog.get_by_role("tab", name="Withdraw").click()
    dialog.get_by_role("radio", name=re.compile("^ETH")).click()
    _age_the_proof(page)
    dialog.get_by_label("Amount").fill("0.02")
    dialog.get_by_label("To this Ethereum address").fill(wallet)
    expect(dialog.get_by_role("region", name=re.compile("What stands between"))).to_be_visible()
    visit.shot("8-withdraw-checks")
    dialog.get_by_role("button", name="Withdraw", exact=True).click()
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm and withdraw").click()
    expect(dialog.locator("ol li.done", has_text="Requested")).to_be_visible()
    confirmed = dialog.locator("ol li.done", has_text="Confirmed")
    expect(confirmed).to_be_visible(timeout=CHAIN_TIMEOUT_MS)
    expect(dialog.get_by_role("link", name="Explorer")).to_be_visible()
    visit.shot("8-withdrawn")
    _take_back_a_large_one(visit, wallet)
    close_dialog(page)


def _take_back_a_large_one(visit: Visit, wallet: str) -> None:
    """So large that a person must approve it: the panel says so, and it may be cancelled."""
    dialog = visit.page.get_by_role("dialog")
    dialog.get_by_role("button", name="New withdrawal").click()
    dialog.get_by_label("Amount").fill("0.4")
    dialog.get_by_label("To this Ethereum address").fill(wallet)
    dialog.get_by_role("button", name="Withdraw", exact=True).click()
    panel = dialog.get_by_role("region", name=re.compile("What stands between"))
    expect(panel.get_by_text("in review").first).to_be_visible()
    visit.shot("8-withdraw-waits")
    dialog.get_by_role("button", name="Cancel withdrawal").click()
    expect(dialog.get_by_text("Cancelled", exact=True)).to_be_visible()
    visit.shot("8-withdraw-cancelled")


def _age_the_proof(page: Page) -> None:
    """Let quotes say what they say five minutes after signing up, until the proof is renewed."""
    renewed: list[bool] = []

    def quote(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        if not renewed:
            stale = {"state": "failed", "reason": "second_factor.stale"}
            fix = {"fix": "second_factor.step_up"}
            body["checks"] = [
                {**check, **stale, **fix} if check["code"] == "second_factor" else check
                for check in body["checks"]
            ]
            body["allowed"] = False
        route.fulfill(response=answer, json=body)

    def step_up(route: Route) -> None:
        renewed.append(True)
        route.continue_()

    page.route("**/v1/withdrawals/quote", quote)
    page.route("**/v1/step-up", step_up)

"""Staff at their browser: the frame, its keys, a search, a deed; at both widths, without a word
on the console."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import Demo, Visit

pytestmark = pytest.mark.browser

PAGES = (
    *("", "players", "withdrawals", "deposits", "bets", "treasury", "families", "ledger"),
    *(
        "games",
        "games/1/dice",
        "crash",
        "protection",
        "switches",
        "limits",
        "limits/1/dice/USDT",
        "approvals",
        "adjustments",
        "regulator",
        "audit",
        "staff",
        "road",
        "health",
    ),
)
CODE_LIFE_MS = 31_000
_let_in: dict[str, Any] = {}
"""The cookies of staff who logged in."""


def log_in(demo: Demo, page: Page, name: str) -> str:
    """Through the form with a live code, once for each of them in this process; a code that
    another process has used is waited out.
    """
    url = f"http://127.0.0.1:{demo.ports['backoffice']}"
    if name in _let_in:
        page.context.add_cookies(_let_in[name])
        page.goto(f"{url}/admin/")
        return url
    for _ in range(2):
        state = httpx.get(f"{demo.bank_url}/api/state", timeout=30).json()
        (login,) = [one for one in state["codes"] if one["name"] == name]
        page.goto(f"{url}/admin/login")
        page.fill("[name=handle]", name)
        page.fill("[name=password]", login["password"])
        page.fill("[name=totp]", login["code"])
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_load_state()
        if page.url == f"{url}/admin/":
            _let_in[name] = page.context.cookies()
            return url
        page.wait_for_timeout(CODE_LIFE_MS)
    raise AssertionError(f"{name} was not let in")


def test_staff_find_their_way(demo: Demo, visit: Visit):
    page = visit.page
    url = log_in(demo, page, "theo" if visit.is_phone else "ada")
    expect(page.locator("#imbalance")).to_have_text("0")
    visit.shot("staff-home")

    for name in PAGES:
        if name in {"audit", "regulator"} and visit.is_phone:
            continue  # theo may not read them
        page.goto(f"{url}/admin/{name}")
        expect(page.locator("h1")).to_be_visible()
        overhang = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overhang <= 0, name

    page.fill("#search", "alice")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("alice")
    visit.shot("staff-player")

    page.get_by_label("Add a note").fill("looked by in a browser")
    page.get_by_role("button", name="Add a note").click()
    expect(page.get_by_role("status")).to_have_text("The note is kept.")
    expect(page.locator("blockquote").first).to_contain_text("looked by in a browser")


def test_keys_and_sorting(demo: Demo, desktop: Visit):
    page = desktop.page
    log_in(demo, page, "tara")
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.locator("h1")).to_have_text("Players")

    page.get_by_role("columnheader", name="Player").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Player")
    names = page.locator("tbody tr:not(.more) td:first-child a").all_inner_texts()
    assert names == sorted(names, reverse=True)

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(names[0])

    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_verify_and_books_against_the_chain(demo: Demo, desktop: Visit):
    page = desktop.page
    url = log_in(demo, page, "ada")
    page.goto(f"{url}/admin/audit")
    page.get_by_role("button", name="Verify all chains").click()
    expect(page.locator("#verdict")).to_contain_text("every link and every checkpoint holds")

    page.goto(f"{url}/admin/treasury")
    rows = page.locator("td.exact")
    expect(rows.first).to_be_visible()
    expect(page.locator("td.hot")).to_have_count(0)
    desktop.shot("staff-treasury")

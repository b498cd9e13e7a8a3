"""Crash and slide are played on their boards: everybody's rounds, one's own bet, the proof.

The boards say where they stand: `data-phase` of the round, `data-own` of one's own bet in it,
`data-bet` the large button, `data-cash-out` while it cashes out, `data-point` a past round.
"""

import re

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.e2e.stage import Demo, Visit

pytestmark = pytest.mark.browser

NEXT_BET = "[data-bet]:not([data-cash-out], [data-in], [data-queued])"
TRIES = 8
PAUSE_MS = 4_000
ROUND_MS = 150_000
"""One round in a hundred runs longer than 77 s."""


def _open(demo: Demo, page: Page, slug: str) -> None:
    page.goto(f"{demo.url}/#/game/{slug}")
    expect(page.locator("[data-phase]")).to_be_attached()
    expect(page.locator("[data-bet]")).to_be_enabled()


def _has(page: Page, what: str, name: str) -> None:
    found = page.locator(f"[data-{what}]")
    expect(found).to_have_attribute(f"data-{what}", re.compile(name), timeout=ROUND_MS)


@pytest.mark.parametrize(
    ("visit", "slug"), [("phone", "crash"), ("desktop", "slide")], indirect=["visit"]
)
def test_a_live_round_pays_the_order_that_it_reached(demo: Demo, visit: Visit, slug: str):
    page = visit.page
    _open(demo, page, slug)
    page.locator("[data-target]").fill("1.01")

    page.locator("[data-bet]").click()
    _has(page, "own", "in")
    visit.shot(f"live-{slug}-in")
    # A run may be over in a blink.
    _has(page, "phase", "running|ended")
    page.wait_for_timeout(1_200)
    visit.shot(f"live-{slug}-running")
    _has(page, "own", "won|lost")
    page.wait_for_timeout(300)
    visit.shot(f"live-{slug}-ended")

    # Three rounds in a hundred end below 1.01: then it is lost, and said so.
    page.locator("[data-point]").last.click()
    proof = page.get_by_role("dialog")
    expect(proof.get_by_text("HMAC-SHA256")).to_be_visible()
    visit.shot(f"live-{slug}-proof")
    with page.context.expect_page() as opened:
        proof.get_by_role("link").click()
    expect(opened.value.get_by_text("Everything holds")).to_be_visible()
    opened.value.close()


def test_what_waits_for_the_next_round_can_be_withdrawn(demo: Demo, desktop: Visit):
    page = desktop.page
    _open(demo, page, "crash")
    for _ in range(TRIES):
        _has(page, "phase", "running")
        page.locator("[data-bet]").click()
        try:
            page.locator("[data-queued]").click(timeout=PAUSE_MS)
            break
        except PlaywrightTimeout:
            # The next round took it before it could be withdrawn: once more.
            _has(page, "own", "lost")
    else:
        raise AssertionError("nothing could be withdrawn")

    expect(page.locator("[data-queued]")).not_to_be_attached()
    _has(page, "phase", "ended")
    _has(page, "phase", "running")
    _has(page, "own", "none")


def test_a_cash_out_survives_a_reload(demo: Demo, desktop: Visit):
    page = desktop.page
    _open(demo, page, "crash")
    for _ in range(TRIES):
        # A round may crash before anybody can leave; then the next one is played.
        page.locator("[data-bet]").click()
        _has(page, "own", "in")
        page.reload()
        if _left(page):
            desktop.shot("live-crash-left")
            return
        expect(page.locator(NEXT_BET)).to_be_enabled(timeout=ROUND_MS)
    raise AssertionError(f"no cash-out in {TRIES} rounds")


def _left(page: Page) -> bool:
    """Whether a cash-out was made, and in time."""
    leave = page.locator("[data-cash-out]:not(:disabled)")
    expect(leave.or_(page.locator("[data-phase=ended]")).first).to_be_attached(timeout=ROUND_MS)
    try:
        leave.click(timeout=PAUSE_MS)
        expect(page.locator("[data-own=won]")).to_be_attached(timeout=PAUSE_MS)
    except (AssertionError, PlaywrightTimeout):
        return False
    return True

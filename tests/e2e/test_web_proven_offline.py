"""Every game played in the browser, the history exported, all of it proven without a network."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.playing import PLAYED, open_game, pick, play_round
from tests.e2e.stage import Demo, Visit, close_dialog

pytestmark = pytest.mark.browser

FILE = Path(__file__).resolve().parent.parent.parent / "web/dist/verify.html"


def _rotated(demo: Demo, page: Page) -> None:
    page.goto(demo.url)
    page.get_by_role("button", name="Fairness").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Rotate", exact=True).click()
    expect(dialog.get_by_text("Promise kept")).to_be_visible()
    close_dialog(page)


def _verify(page: Page, name: str, content: bytes, keys: str) -> None:
    """Open the file anew, without a network, and hand it keys and history."""
    page.goto("about:blank")
    page.goto(FILE.as_uri())
    page.context.set_offline(True)
    page.get_by_role("tab", name="History").click()
    page.get_by_text("Casino's receipt keys").click()
    page.get_by_label("Casino's receipt keys").fill(keys)
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": content}
    )


def test_every_game_is_played_exported_and_proven_offline(
    demo: Demo, desktop: Visit, browser: Browser
):
    page = desktop.page
    for slug in PLAYED:
        open_game(demo, page, slug, instant=True)
        pick(page)
        play_round(page, 1)
    _rotated(demo, page)
    exports = {
        form: page.request.get(f"{demo.url}/v1/bets/export?format={form}").body()
        for form in ("jsonl", "csv")
    }
    bets = [json.loads(line) for line in exports["jsonl"].splitlines()]
    assert set(PLAYED) <= {bet["game"] for bet in bets}

    keys = page.request.get(f"{demo.url}/v1/fairness/keys").text()

    offline = browser.new_page()
    for form, content in exports.items():
        _verify(offline, f"history.{form}", content, keys)
        expect(offline.get_by_text(f"All {len(bets)} bets hold")).to_be_visible()
        expect(offline.get_by_text(f"{len(bets)} receipts are good")).to_be_visible()

        last = bets[-1]["receipt_signature"]
        forged = ("1" if last[0] == "0" else "0") + last[1:]
        altered = content.replace(last.encode(), forged.encode())
        _verify(offline, f"altered.{form}", altered, keys)
        line = len(bets) + (form == "csv")
        expect(offline.get_by_text("this history does not hold")).to_be_visible()
        expect(offline.get_by_text(f"Line {line}", exact=True)).to_be_visible()
    offline.close()

"""The offline verifier: one file, opened without a network, proves what the platform exports."""

import hashlib
import json
from collections.abc import Generator
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from fairhouse.games import catalogue
from fairhouse.games.records import as_csv, as_json_lines, csv_head
from fairhouse.games.types import Kind
from tests.e2e.stage import Visit
from tests.exporting import PUBLIC_KEY, history

pytestmark = pytest.mark.browser

FILE: Final = Path(__file__).resolve().parent.parent.parent / "web/dist/verify.html"
GAMES: Final = [game for game in catalogue.USUAL.values() if game.info.kind is not Kind.LIVE]
BETS: Final = 20
QUICKNET_ROUND: Final = 123
QUICKNET_SIGNATURE: Final = (
    "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486"
    "d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92"
)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return history(GAMES, BETS, Random("exported"))


@pytest.fixture
def offline(visit: Visit) -> Generator[Visit]:
    """The file opened by file://, with every way to a network blocked and watched."""
    if not FILE.is_file():
        pytest.skip("the verifier is not built: run `make web`")
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page = visit.page
    page.goto(FILE.as_uri())
    page.context.set_offline(True)
    page.route("**/*", refuse)
    yield visit
    assert [] == asked


def _tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def _paste(page: Page, text: str) -> None:
    page.get_by_role("button", name="Paste JSON").click()
    page.locator(".drop textarea").fill(text)
    page.get_by_role("button", name="Take it").click()


def _verdict(page: Page, state: str) -> None:
    expect(page.locator("[data-verdict]").first).to_have_attribute("data-verdict", state)


def _keys(page: Page) -> None:
    page.get_by_text("Casino's receipt keys").click()
    page.get_by_label("Casino's receipt keys").fill(PUBLIC_KEY.hex())
    expect(page.get_by_text("1 keys known")).to_be_visible()


def _file(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": content}
    )


def test_a_bet_of_every_game_is_proven(offline: Visit, rows: list[dict[str, Any]]):
    page = offline.page
    _keys(page)
    for game in GAMES:
        found = next(one for one in reversed(rows) if one["game"] == game.info.slug)
        _paste(page, json.dumps(found))
        _verdict(page, "proven")
        expect(page.get_by_text("Receipt signed by the casino's key")).to_be_visible()
        if game.info.slug in ("roulette", "blackjack", "plinko", "mines", "scarab"):
            offline.shot(f"verifier-{game.info.slug}")


def test_one_altered_byte_is_rejected(offline: Visit, rows: list[dict[str, Any]]):
    page = offline.page
    found = rows[-1]
    _paste(page, json.dumps(found))
    _verdict(page, "proven")

    _paste(page, json.dumps({**found, "payout": f"{found['payout']}1"}))

    _verdict(page, "wrong")
    offline.shot("verifier-wrong")


def test_a_hash_pasted_as_the_seed_is_explained(offline: Visit, rows: list[dict[str, Any]]):
    page = offline.page
    _paste(page, json.dumps(rows[0]))

    page.fill("[name=server_seed]", rows[0]["server_seed_hash"])

    expect(page.get_by_text("This is the hash of the seed, not the seed").first).to_be_visible()
    _verdict(page, "wrong")


def test_seeds_alone_are_computed(offline: Visit):
    page = offline.page
    page.fill(
        "[name=server_seed]", "5a67549451e56681727548bedf5c9361b0f750fc850ebd4462cea9a0fad7f4dc"
    )
    page.fill("[name=client_seed]", "lab client 0")

    _verdict(page, "computed")
    expect(page.get_by_text("37.78").first).to_be_visible()
    offline.shot("verifier-seeds")


def test_a_link_carries_its_bet(offline: Visit, rows: list[dict[str, Any]]):
    page = offline.page
    page.context.set_offline(False)
    page.unroute("**/*")
    page.goto("about:blank")

    page.goto(f"{FILE.as_uri()}#bet={quote(json.dumps(rows[3]))}")

    _verdict(page, "proven")


def test_a_crash_round_is_proven(offline: Visit):
    page = offline.page
    game_hash = hashlib.sha256(b"a game").digest()
    end = game_hash
    for _ in range(3):
        end = hashlib.sha256(end).digest()
    _tab(page, "Crash")
    page.fill("[name=hash]", game_hash.hex())
    page.fill("[name=signature]", QUICKNET_SIGNATURE)
    page.fill("[name=beacon_round]", str(QUICKNET_ROUND))
    page.fill("[name=end]", end.hex())
    page.fill("[name=number]", "3")

    expect(page.get_by_text("Signature is the beacon's for this round")).to_be_visible()
    expect(page.get_by_text("3 steps of SHA-256 lead to the published end")).to_be_visible()
    _verdict(page, "proven")
    offline.shot("verifier-crash")

    page.fill("[name=beacon_round]", str(QUICKNET_ROUND + 1))
    _verdict(page, "wrong")


@pytest.mark.parametrize("name", ["history.jsonl", "history.csv"])
def test_a_whole_history_is_proven(offline: Visit, rows: list[dict[str, Any]], name: str):
    page = offline.page
    written = as_json_lines(rows) if name.endswith("jsonl") else csv_head() + as_csv(rows)
    _tab(page, "History")
    _keys(page)

    _file(page, name, written)

    expect(page.get_by_text(f"All {len(rows)} bets hold")).to_be_visible()
    expect(page.get_by_text(f"{len(rows)} receipts are good")).to_be_visible()
    offline.shot("verifier-history")


def test_an_altered_history_is_named(offline: Visit, rows: list[dict[str, Any]]):
    page = offline.page
    guilty = rows[7]
    text = as_json_lines(rows).decode().splitlines(keepends=True)
    text[7] = text[7].replace(f'"nonce":{guilty["nonce"]},', f'"nonce":{guilty["nonce"] + 9000},')
    _tab(page, "History")

    _file(page, "history.jsonl", "".join(text).encode())

    _verdict(page, "wrong")
    expect(page.get_by_text("Line 8", exact=True)).to_be_visible()
    expect(page.get_by_text(guilty["bet_id"], exact=True)).to_be_visible()
    offline.shot("verifier-history-wrong")


def test_how_it_works_is_told_in_both_languages(offline: Visit):
    page = offline.page
    _tab(page, "How it works")
    expect(page.get_by_text("Before you bet, the casino shows")).to_be_visible()

    page.get_by_role("button", name="DE").click()

    expect(page.get_by_text("Vor der Wette zeigt das Casino")).to_be_visible()
    offline.shot("verifier-about-german")

"""The play routes at their edges: the fast lane and FastAPI's routes of the same paths agree."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from fairhouse.app.gate import CSRF_HEADER
from fairhouse.app.player import Parts, make_app
from fairhouse.platform.database import Database
from fairhouse.platform.http import EdgeSettings, edge
from tests.player_api import PORT, client_of, guest, new_bet_id, running

DICE = "/v1/games/dice/bets"
MINES = "/v1/games/mines/bets"
STEPS = f"{MINES}/bet_00000000000000000000000000/steps"


@pytest.fixture
async def parts(db: Database) -> AsyncGenerator[Parts]:
    async with running(db) as made:
        yield made


def _without_fast_lane(parts: Parts) -> httpx.AsyncClient:
    app = edge(make_app(parts), EdgeSettings(server="test"))  # pyright: ignore[reportArgumentType]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    return httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{PORT}")


def _told(answer: httpx.Response) -> tuple[int, str | None, Any]:
    """Everything but the request's id."""
    body = answer.json()
    if "error" in body:
        body["error"].pop("request_id")
    return answer.status_code, answer.headers.get("allow"), body


DICE_BODY = {
    "id": "bet_00000000000000000000000000",
    "currency": "PLAY",
    "stake": "1",
    "params": {"target": "50", "direction": "over"},
}
MINES_BODY = {**DICE_BODY, "params": {"mines": 3}}
STEP_BODY = {"step": 0, "choice": {"do": "reveal", "tile": 3}}
ODD = (None, 1, 3.0, True, ["x"], {"a": 1}, "x" * 5_000, -1, 25, 10**30, "é", [[[]]])
WRONG: list[tuple[str, str, object]] = [
    *((DICE, name, value) for name in DICE_BODY for value in (None, 1, True, ["x"], {"a": 1})),
    *((DICE, name, "x" * 5_000) for name in DICE_BODY),
    (DICE, "currency", "x" * 17),
    (DICE, "stake", "é"),
    (DICE, "id", "ply_00000000000000000000000000"),
    (MINES, "stake", 1),
    *((STEPS, "step", value) for value in (None, -1, "0", 0.0, False, 10**30)),
    *((STEPS, "choice", value) for value in (None, "3", 25, [], True)),
    *((DICE, "params", {"target": value, "direction": "over"}) for value in ODD),
    *((DICE, "params", {"target": "50", "direction": value}) for value in ODD),
    *((DICE, "params", value) for value in ({}, {"target": "50"}, {"x": 1}, {"": ""})),
    *((MINES, "params", {"mines": value}) for value in ODD),
    (MINES, "params", {"mines": 3, "payout_max": "1"}),
    *((STEPS, "choice", {"do": "reveal", "tile": value}) for value in ODD),
    *((STEPS, "choice", value) for value in ({}, {"do": 1}, {"do": "hit"}, {"tile": 3})),
]
NAMES_INSIDE = {
    "params": {"target", "direction", "mines", "a", "x", "", "payout_max"},
    "choice": set[str](),
}


def _good(path: str) -> dict[str, object]:
    if path == DICE:
        return {**DICE_BODY}
    return {**MINES_BODY} if path == MINES else {**STEP_BODY}


async def test_every_wrong_value_is_told_alike_and_named(parts: Parts) -> None:
    async with guest(parts) as hot, _without_fast_lane(parts) as cold:
        cold.headers["authorization"] = hot.headers["authorization"]
        for path, name, value in WRONG:
            body = {**_good(path), name: value}
            ours, theirs = [await each.post(path, json=body) for each in (hot, cold)]
            assert _told(ours) == _told(theirs), (path, name, value)
            assert 400 <= ours.status_code < 500, (path, name, value)
            named = ours.json()["error"]["param"]
            assert named in {name, "id", None} | NAMES_INSIDE.get(name, set()), (name, value)


async def test_missing_and_unknown_fields_are_named(parts: Parts) -> None:
    async with guest(parts) as hot, _without_fast_lane(parts) as cold:
        cold.headers["authorization"] = hot.headers["authorization"]
        for path in (DICE, MINES, STEPS):
            good = _good(path)
            for name in good:
                body = {key: value for key, value in good.items() if key != name}
                ours, theirs = [await each.post(path, json=body) for each in (hot, cold)]
                assert _told(ours) == _told(theirs)
                assert ours.json()["error"]["param"] == name
            odd = await hot.post(path, json={**good, "surprise": 1})
            assert (odd.status_code, odd.json()["error"]["param"]) == (422, "surprise")


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"x"', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"id": "\xff"}', "application/json"),
        (b'{"id": NaN}', "application/json"),
        (json.dumps(DICE_BODY).encode(), "text/plain"),
        (json.dumps(DICE_BODY).encode(), "application/x-www-form-urlencoded"),
        (json.dumps(DICE_BODY).encode(), None),
    ],
)
async def test_what_is_no_bet_at_all_is_told_alike(
    parts: Parts, content: bytes, declared: str | None
) -> None:
    headers = {} if declared is None else {"content-type": declared}
    async with guest(parts) as hot, _without_fast_lane(parts) as cold:
        cold.headers["authorization"] = hot.headers["authorization"]
        ours = await hot.post(DICE, content=content, headers=headers)
        theirs = await cold.post(DICE, content=content, headers=headers)

    assert _told(ours) == _told(theirs)
    assert 400 <= ours.status_code < 500


async def test_other_declarations_of_json_are_taken(parts: Parts, db: Database) -> None:
    async with guest(parts) as client:
        for declared in ("application/json; charset=utf-8", "application/vnd.bet+json"):
            content = json.dumps({**DICE_BODY, "id": new_bet_id(db)})
            answer = await client.post(DICE, content=content, headers={"content-type": declared})
            assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", [DICE, MINES, STEPS])
async def test_only_post_plays(parts: Parts, path: str) -> None:
    async with guest(parts) as client:
        answers = [
            await client.request(method, path) for method in ("GET", "HEAD", "PUT", "DELETE")
        ]

    assert [(answer.status_code, answer.headers["allow"]) for answer in answers] == [
        (405, "POST")
    ] * 4


@pytest.mark.parametrize("path", [DICE, MINES, STEPS])
async def test_nobody_plays_without_a_session(parts: Parts, path: str) -> None:
    async with client_of(parts) as hot, _without_fast_lane(parts) as cold:
        for headers in (
            {},
            {"authorization": "Bearer nobody"},
            {"authorization": "Bearer "},
            {"authorization": "Basic eDp5"},
            {"cookie": "fh_session=nobody"},
            {"origin": "http://evil.example"},
        ):
            ours, theirs = [
                await each.post(path, json=_good(path), headers=headers) for each in (hot, cold)
            ]
            assert _told(ours) == _told(theirs)
            expected = "foreign_origin" if "origin" in headers else "unauthenticated"
            assert ours.json()["error"]["code"] == expected


async def test_a_browser_needs_its_csrf_token_and_its_own_origin(
    parts: Parts, db: Database
) -> None:
    async with client_of(parts) as browser:
        started = (await browser.post("/v1/guest", json={})).json()
        csrf, cookies = started["csrf_token"], dict(browser.cookies)
        assert cookies

        async def bet(**headers: str) -> httpx.Response:
            body = {**DICE_BODY, "id": new_bet_id(db)}
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await browser.post(DICE, json=body, headers=named)

        without = await bet()
        wrong = await bet(**{CSRF_HEADER: "0" * 64})
        right = await bet(**{CSRF_HEADER: csrf})
        again = await bet(**{CSRF_HEADER: csrf, "origin": f"http://127.0.0.1:{PORT}"})
        foreign = await bet(**{CSRF_HEADER: csrf, "origin": "http://evil.example"})

    assert [item.json()["error"]["code"] for item in (without, wrong)] == ["csrf_invalid"] * 2
    assert without.json()["error"]["param"] == "X-CSRF-Token"
    assert (right.status_code, again.status_code) == (200, 200)
    assert foreign.json()["error"]["code"] == "foreign_origin"


async def test_a_session_that_is_ended_bets_no_more(parts: Parts, db: Database) -> None:
    async with guest(parts) as client:
        first = await client.post(DICE, json={**DICE_BODY, "id": new_bet_id(db)})
        await client.post("/v1/logout")
        after = await client.post(DICE, json={**DICE_BODY, "id": new_bet_id(db)})

    assert first.status_code == 200
    assert (after.status_code, after.json()["error"]["code"]) == (401, "unauthenticated")


async def test_a_flood_is_paced(parts: Parts) -> None:
    parts.pace._monotonic_s = lambda: 0.0  # no machine is too slow for a flood
    async with guest(parts) as client:
        flood = (client.post(STEPS, json=STEP_BODY) for _ in range(500))
        answers = await asyncio.gather(*flood)

    paced = [answer for answer in answers if answer.status_code == 429]
    assert paced
    assert paced[0].json()["error"]["code"] == "too_many_requests"
    assert paced[0].headers["retry-after"] == str(
        paced[0].json()["error"]["fields"]["retry_after_s"]
    )


async def test_the_fast_lane_answers_what_fastapi_answers(parts: Parts, db: Database) -> None:
    async with guest(parts) as hot, _without_fast_lane(parts) as cold:
        cold.headers["authorization"] = hot.headers["authorization"]
        rotated = await hot.post("/v1/seeds/rotate", json={"client_seed": 'é "\\ <&>'})
        assert rotated.status_code == 200
        for _ in range(3):
            body = {**DICE_BODY, "id": new_bet_id(db)}
            ours, theirs = [await each.post(DICE, json=body) for each in (hot, cold)]
            assert ours.status_code == 200
            assert ours.json() == theirs.json()
        body = {**MINES_BODY, "id": new_bet_id(db)}
        ours, theirs = [await each.post(MINES, json=body) for each in (hot, cold)]
        assert ours.json() == theirs.json()

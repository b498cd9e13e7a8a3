"""A player as a program: the public HTTP API and nothing else, with a bearer token.

Whatever may be repeated is repeated with the same id when the answer did not come.
"""

import asyncio
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from fairhouse.kernel.ids import to_wire, uuid7

TRIES: Final = 40
RETRY_S: Final = 0.5
_CODE: Final = re.compile(r"\b[0-9]{6}\b")
BIRTH_DATE: Final = "1990-05-17"

Json = dict[str, Any]


class Refused(Exception):
    """The platform said no; the code and the sentence are its own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code} ({status}): {message}")
        self.status = status
        self.code = code


class Unanswered(Exception):
    """The platform did not answer, however often it was asked."""


def new_id(prefix: str) -> str:
    """A time-ordered wire id made by the client: the key under which a request may be repeated."""
    return to_wire(prefix, uuid7(time.time_ns() // 1_000_000, os.urandom(10)))


@dataclass(slots=True)
class Api:
    """One brand's player API, seen by one player."""

    url: str
    http: httpx.AsyncClient
    token: str | None = None

    async def get(self, path: str, **query: str | int) -> Any:
        """A GET with the query given."""
        return await self._call("GET", path, params=query)

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> Any:
        """A POST; repeated without fear where its body or `key` has an id of ours."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._call("POST", path, json=dict(body or {}), headers=headers)

    async def _call(self, method: str, path: str, **more: Any) -> Any:
        headers: dict[str, str] = more.pop("headers", {})
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        trouble: object = None
        for _ in range(TRIES):
            try:
                answer = await self.http.request(method, self.url + path, headers=headers, **more)
            except httpx.TransportError as error:
                trouble = repr(error)
            else:
                if answer.status_code not in {429, 503}:
                    return _result(answer)
                trouble = answer.text
            await asyncio.sleep(RETRY_S)
        raise Unanswered(f"{method} {path}: {trouble}")


def _result(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError):
        raise Refused(answer.status_code, "unexpected", answer.text[:300]) from None
    raise Refused(answer.status_code, error["code"], error["message"])


@dataclass(frozen=True, slots=True)
class Bank:
    """The demo bank, as a program asks it: mails and coins."""

    url: str
    http: httpx.AsyncClient

    async def last_mail(self) -> int:
        """The number of the newest mail, 0 without any."""
        mails = (await self._get("/api/mail"))["mails"]
        return max((mail["number"] for mail in mails), default=0)

    async def mail(self, to: str, *, after: int = 0, timeout_s: float = 40) -> Json:
        """The first mail to an address after a number. Raises Unanswered."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = (await self._get("/api/mail", to=to, after=after))["mails"]
            if found:
                return found[0]
            await asyncio.sleep(0.3)
        raise Unanswered(f"No mail came to {to} within {timeout_s:.0f} s.")

    async def give(self, asset: str, address: str, amount: str) -> str:
        """Send coins on the chain; the transaction's hash."""
        asked = {"asset": asset, "address": address, "amount": amount}
        answer = await self.http.post(
            f"{self.url}/api/faucet", json=asked, headers={"X-Demo-Bank": "1"}
        )
        return _result(answer)["tx_hash"]

    async def _get(self, path: str, **query: str | int) -> Json:
        return _result(await self.http.get(self.url + path, params=query))


def code_in(mail: Json) -> str:
    """The six-digit code of a mail."""
    found = _CODE.search(f"{mail['subject']}\n{mail['text']}")
    if found is None:
        raise Unanswered(f"The mail {mail['subject']!r} has no code in it.")
    return found.group()


async def register(api: Api, bank: Bank, *, email: str, username: str, password: str) -> Json:
    """A new account by the public road: form, mailed code, session. The confirmation's answer."""
    config = await api.get("/v1/config")
    seen = await bank.last_mail()
    asked = {
        "email": email,
        "username": username,
        "password": password,
        "birth_date": BIRTH_DATE,
        "terms_version": config["terms_version"],
        "language": "en",
    }
    begun = await api.post("/v1/register", asked)
    code = code_in(await bank.mail(email, after=seen))
    confirmed = {"registration": begun["registration"], "code": code, "token": True}
    answer = await api.post("/v1/register/confirm", confirmed)
    api.token = answer["token"]
    return answer


async def log_in(api: Api, *, email: str, password: str, totp: str | None = None) -> Json:
    """A session of an account that is there. Refuses as the API does."""
    asked: Json = {"email": email, "password": password, "token": True}
    if totp is not None:
        asked["totp"] = totp
    answer = await api.post("/v1/login", asked)
    api.token = answer["token"]
    return answer


async def accept_disclosure(api: Api) -> None:
    """Say that one knows what may be asked, as everybody must before the first deposit."""
    known = await api.get("/v1/kyc")
    if not known["disclosure_accepted"]:
        await api.post("/v1/kyc/disclosure", {"version": known["disclosure_version"]})


async def deposit(api: Api, bank: Bank, *, asset: str, amount: str) -> str:
    """Send coins to the player's own address; the transaction's hash."""
    await accept_disclosure(api)
    address = (await api.post("/v1/deposit-addresses", {"asset": asset}))["address"]
    return await bank.give(asset, address, amount)


async def deposit_of(api: Api, tx_hash: str) -> Json | None:
    """The player's deposit that a transaction made, once it was seen."""
    deposits = (await api.get("/v1/deposits"))["deposits"]
    return next((item for item in deposits if item["tx_hash"] == tx_hash), None)


async def credited(api: Api, tx_hash: str, *, timeout_s: float = 120) -> Json:
    """The deposit once it is in the balance. Raises Unanswered."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = await deposit_of(api, tx_hash)
        if found is not None and found["state"].lower() == "credited":
            return found
        await asyncio.sleep(0.5)
    raise Unanswered(f"The deposit {tx_hash} was not credited within {timeout_s:.0f} s.")


async def play_dice(api: Api, *, currency: str, stake: str, target: str, direction: str) -> Json:
    """One roll."""
    bet = {"id": new_id("bet"), "currency": currency, "stake": stake}
    params = {"target": target, "direction": direction}
    return await api.post("/v1/games/dice/bets", {**bet, "params": params})


async def play_mines(api: Api, *, currency: str, stake: str, mines: int, tiles: list[int]) -> Json:
    """A round: the tiles one after the other, then out; a mine ends it before."""
    opened = {"id": new_id("bet"), "currency": currency, "stake": stake}
    bet: Json = await api.post("/v1/games/mines/bets", {**opened, "params": {"mines": mines}})
    choices: list[Json] = [{"do": "reveal", "tile": tile} for tile in tiles]
    for step, choice in enumerate([*choices, {"do": "cash_out"}]):
        if bet["state"] == "open":
            path = f"/v1/games/mines/bets/{opened['id']}/steps"
            bet = await api.post(path, {"step": step, "choice": choice})
    return bet

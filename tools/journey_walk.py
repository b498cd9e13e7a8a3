"""The journey's steps: one player, from an empty form to coins on the chain."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any, Final

import httpx
from pyotp.totp import TOTP

from devnet.player import (
    Api,
    Bank,
    accept_disclosure,
    deposit_of,
    new_id,
    play_dice,
    play_mines,
    register,
)
from tools.check_journey import Findings, check_bets
from tools.journey_demo import RunningDemo
from tools.journey_screen import Steps
from tools.journey_staff import BackOffice

BETS: Final = 210
MINES_EVERY: Final = 12
ETH: Final = "eth.ethereum"
USDT: Final = "usdt.ethereum"
WALLET: Final = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
CANCELLED_AMOUNT: Final = "1200"
PAID_AMOUNT: Final = "1500"
"""Above what is paid without a person's approval."""
PASSWORD: Final = "winding-river-lamp-83"  # noqa: S105 - of a demo account
CODE_LIFE_S: Final = 30
WAIT_S: Final = 240.0

Json = dict[str, Any]


class JourneyFailed(Exception):
    """Something is not as it must be; the message is the sentence to show."""


class Journey:
    """The steps in order; each leaves what the report needs."""

    def __init__(self, demo: RunningDemo, http: httpx.AsyncClient, steps: Steps, seed: int) -> None:
        self._demo = demo
        self._http = http
        self._steps = steps
        self._chance = random.Random(seed)
        self._bank = Bank(demo.bank, http)
        self.api = Api(demo.player, http)
        self._totp = ""
        self.bets: list[Json] = []
        self.seeds: list[Json] = []
        self._sent: dict[str, str] = {}
        self.withdrawals: list[str] = []
        self._config: Json = {}

    async def walk(self) -> None:
        """All of it."""
        await self._open_account()
        await self._deposit()
        await self._cancelled_withdrawal()
        await self._play(BETS // 2)
        await self._rotate()
        await self._play(BETS - BETS // 2)
        await self._rotate()
        await self._recompute()
        await self._paid_withdrawal()

    # --- Account

    async def _open_account(self) -> None:
        # Not by the seed: every walk is somebody new.
        name = f"walker{new_id('x')[-8:]}"
        email = f"{name}@demo.example"
        self._config = await self.api.get("/v1/config")
        async with self._steps.step("register and prove the mailbox") as say:
            answer = await register(
                self.api, self._bank, email=email, username=name, password=PASSWORD
            )
            say(f"{email}, {answer['player']['id']}")
        async with self._steps.step("switch on the second factor") as say:
            await self.api.post("/v1/step-up", {"password": PASSWORD})
            self._totp = str((await self.api.post("/v1/totp/enrol"))["secret"])
            code = TOTP(self._totp).now()
            kept = await self.api.post("/v1/totp/confirm", {"code": code})
            say(f"{len(kept['recovery_codes'])} recovery codes")

    # --- Coins in

    async def _deposit(self) -> None:
        async with self._steps.step("deposit addresses") as say:
            await accept_disclosure(self.api)
            found = [await self._address(asset) for asset in (ETH, USDT)]
            say(", ".join(dict.fromkeys(found)))
        async with self._steps.step("coins sent on the chain") as say:
            for asset, amount in ((ETH, "0.8"), (USDT, "2500")):
                tx_hash = await self._bank.give(asset, await self._address(asset), amount)
                self._sent[tx_hash] = asset
                say(f"{amount} {_currency(asset)} {tx_hash}")
        async with self._steps.step("seen → confirming → credited") as say:
            await asyncio.gather(*(self._credit(tx_hash, say) for tx_hash in self._sent))

    async def _address(self, asset: str) -> str:
        return str((await self.api.post("/v1/deposit-addresses", {"asset": asset}))["address"])

    async def _credit(self, tx_hash: str, say: Callable[[str], None]) -> None:
        shown, deadline = "", time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            found = await deposit_of(self.api, tx_hash)
            now = f"{_currency(self._sent[tx_hash])} {_deposit_words(found)}"
            if now != shown:
                say(now)
                shown = now
            if found is not None and found["state"].lower() == "credited":
                return
            await asyncio.sleep(0.3)
        raise JourneyFailed(f"The deposit {tx_hash} was not credited: {shown}.")

    # --- Bets

    async def _play(self, count: int) -> None:
        async with self._steps.step(f"{count} bets on dice and mines") as say:
            for number in range(count):
                bet = await (self._mines() if number % MINES_EVERY == 0 else self._dice(number))
                self.bets.append(bet)
                if number % 10 == 9 or number == count - 1:
                    say(f"{number + 1}/{count}, {await self._balances()}")
            await self._repeat_one()
            say("one bet repeated: the same answer, no other effect")

    async def _dice(self, number: int) -> Json:
        currency, stake = ("ETH", "0.0005") if number % 3 == 0 else ("USDT", "1.25")
        target = f"{self._chance.randint(300, 9700) / 100:.2f}"
        direction = self._chance.choice(["over", "under"])
        return await play_dice(
            self.api, currency=currency, stake=stake, target=target, direction=direction
        )

    async def _mines(self) -> Json:
        tiles = self._chance.sample(range(25), self._chance.randint(1, 5))
        mines = self._chance.randint(1, 6)
        return await play_mines(self.api, currency="USDT", stake="2.5", mines=mines, tiles=tiles)

    async def _repeat_one(self) -> None:
        """The same call with the same id again, as after an answer that never came."""
        done = next(bet for bet in reversed(self.bets) if bet["game"] == "dice")
        before = await self._balances()
        again = await self.api.post(
            "/v1/games/dice/bets",
            {
                "id": done["id"],
                "currency": done["currency"],
                "stake": done["stake"],
                "params": done["params"],
            },
        )
        same = all(again[key] == done[key] for key in ("payout", "outcome", "nonce", "id"))
        if not same or before != await self._balances():
            raise JourneyFailed(f"Repeating {done['id']} changed something.")

    async def _balances(self) -> str:
        found = (await self.api.get("/v1/balances"))["balances"]
        real = [row for row in found if row["currency"] in {"ETH", "USDT"}]
        return ", ".join(f"{row['available']} {row['currency']}" for row in real)

    async def _rotate(self) -> None:
        async with self._steps.step("rotate the seeds; the old server seed is revealed") as say:
            active = (await self.api.get("/v1/seeds"))["active"]
            wanted = f"journey-{self._chance.getrandbits(48):012x}"
            rotated = await self.api.post("/v1/seeds/rotate", {"client_seed": wanted})
            announced = active["next_server_seed_hash"]
            if rotated["active"]["server_seed_hash"] != announced:
                raise JourneyFailed("The new server seed is not the one announced before.")
            revealed = {**rotated["revealed"], "next_server_seed_hash": announced}
            self.seeds.append(revealed)
            say(f"{revealed['server_seed'][:16]}… decided {revealed['nonce']} bets")

    async def _recompute(self) -> None:
        """Every bet asked for again, and every outcome by the published rules on our side."""
        async with self._steps.step("recompute every outcome from the seeds") as say:
            for bet in self.bets:
                now = (await self.api.get(f"/v1/bets/{bet['id']}"))["bet"]
                if any(bet[key] != now[key] for key in ("payout", "outcome", "params", "nonce")):
                    raise JourneyFailed(f"{bet['id']} is not what it was answered to be.")
            findings = Findings()
            check_bets(
                {"bets": self.bets, "seeds": self.seeds, "currencies": self.currencies()}, findings
            )
            if findings.differences:
                raise JourneyFailed(f"The seeds differ from a bet: {findings.differences[0]}.")
            say(f"{len(self.bets)} bets, {findings.checked} checks agree")

    # --- Coins out

    async def _cancelled_withdrawal(self) -> None:
        async with self._steps.step("withdrawal requested and cancelled") as say:
            id_ = await self._request(CANCELLED_AMOUNT, say)
            cancelled = await self.api.post(f"/v1/withdrawals/{id_}/cancel")
            if cancelled["state"].lower() != "cancelled":
                raise JourneyFailed(f"{id_} is {cancelled['state']} after its cancellation.")
            say(f"{id_} cancelled, {await self._balances()}")

    async def _paid_withdrawal(self) -> None:
        async with self._steps.step("withdrawal above the threshold, asked for twice") as say:
            id_ = await self._request(PAID_AMOUNT, say)
            say(await self._when(id_, {"waiting", "checking"}, _waits_for_approval))
        async with self._steps.step("approved by staff in the back office") as say:
            office = BackOffice(self._demo.backoffice, self._demo.bank)
            try:
                handle = await office.log_in()
                await office.approve(id_, "journey: the amount and the player were checked")
                say(f"{handle} approved {id_}")
            finally:
                await office.close()
        async with self._steps.step("signed → broadcast → confirmed on the chain") as say:
            await self._follow(id_, say)

    async def _request(self, amount: str, say: Callable[[str], None]) -> str:
        """Quote, fresh proof, request; the request is sent twice and must be one withdrawal."""
        await self._step_up()
        asked = {"asset": USDT, "amount": amount, "destination": WALLET}
        quote = await self.api.post("/v1/withdrawals/quote", asked)
        say(f"{amount} USDT, fee {quote['fee']}, arrives {quote['receives']}")
        id_ = new_id("wdr")
        made = await self.api.post("/v1/withdrawals", {"id": id_, **asked}, key=id_)
        again = await self.api.post("/v1/withdrawals", {"id": id_, **asked}, key=id_)
        if made["id"] != again["id"]:
            raise JourneyFailed(f"One request made two withdrawals: {made['id']}, {again['id']}.")
        self.withdrawals.append(made["id"])
        return str(made["id"])

    async def _step_up(self) -> None:
        """A fresh authenticator code, unless the last proof still counts."""
        found = await self.api.get("/v1/session")
        if found["step_up_until"] is None:
            # A code counts once, and enrolling may have used this one.
            await asyncio.sleep(CODE_LIFE_S - time.time() % CODE_LIFE_S)
            await self.api.post("/v1/step-up", {"code": TOTP(self._totp).now()})

    async def _when(self, id_: str, states: set[str], holds: Callable[[Json], str | None]) -> str:
        """The sentence that `holds` has for the withdrawal, once it has one."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            found = await self.api.get(f"/v1/withdrawals/{id_}")
            sentence = holds(found) if found["state"].lower() in states else None
            if sentence is not None:
                return sentence
            await asyncio.sleep(0.5)
        raise JourneyFailed(f"{id_} did not come to wait for an approval alone.")

    async def _follow(self, id_: str, say: Callable[[str], None]) -> None:
        shown, deadline = "", time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            found = await self.api.get(f"/v1/withdrawals/{id_}")
            state = found["state"].lower()
            if state != shown:
                say(f"{state} {found['tx_hash'] or ''}".rstrip())
                shown = state
            if state == "confirmed":
                return
            if state in {"failed", "rejected", "cancelled"}:
                break
            await asyncio.sleep(0.3)
        raise JourneyFailed(f"{id_} is {shown}, not confirmed.")

    # --- What the report asks for

    def currencies(self) -> dict[str, Json]:
        """Scales of the real currencies, as the platform tells them."""
        return {
            item["code"]: {"scale": item["scale"]}
            for item in self._config["currencies"]
            if item["code"] in {"ETH", "USDT"}
        }


def _currency(asset: str) -> str:
    return asset.partition(".")[0].upper()


def _deposit_words(found: Json | None) -> str:
    if found is None:
        return "sent"
    state = str(found["state"]).lower()
    if state == "confirming":
        return f"confirming {found['confirmations']}/{found['required']}"
    after = found.get("balance_after")
    return f"{state}, balance {after}" if state == "credited" and after else state


def _waits_for_approval(found: Json) -> str | None:
    """Staff can decide once nothing but their approval is missing."""
    missing = [item for item in found["checks"] if item["state"].lower() != "passed"]
    if [item["code"] for item in missing] == ["manual_approval"]:
        return f"{found['id']} waits for an approval"
    return None

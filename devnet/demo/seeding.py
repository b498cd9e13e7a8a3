"""Demo data, made once and by the real roads: public API for players, use cases for the operator.

What was made is noted in `seeded.json`; every step may be interrupted and repeated.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from pyotp import random_base32
from pyotp.totp import TOTP

from devnet.demo.children import Say
from devnet.demo.logins import LOGINS, Login, Made
from devnet.demo.places import BRANDS, Places
from devnet.demo.prepare import CHAIN, player_url
from devnet.evm import USDT, EvmDevnet
from devnet.player import (
    Api,
    Bank,
    Refused,
    Unanswered,
    credited,
    deposit,
    log_in,
    new_id,
    play_dice,
    play_mines,
    register,
)
from fairhouse.app.settings import read_key
from fairhouse.audit import api as audit
from fairhouse.brands.types import BrandId
from fairhouse.cashier.api import back_bankroll
from fairhouse.cashier.types import NothingToBack
from fairhouse.chains.codecs.vaults import decode_vaults
from fairhouse.chains.types import Address
from fairhouse.identity.api import Passwords, create_staff
from fairhouse.identity.types import Role, UsernameTaken
from fairhouse.kernel.currencies import AssetId, asset, currency
from fairhouse.kernel.ids import derived_id
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, PoolSettings

ROOT: Final = Path(__file__).resolve().parents[2]
BOOKED_WITHIN_S: Final = 90
HOT: Final[Mapping[str, int]] = {f"eth.{CHAIN}": 200, f"usdt.{CHAIN}": 500_000}
"""Whole coins that the owners put into each brand's hot wallet."""
GAS_TANK: Final = 20
BANKROLL: Final[Mapping[str, int]] = {f"eth.{CHAIN}": 160, f"usdt.{CHAIN}": 400_000}
"""How much of it backs bets."""
SEED: Final = 7


@dataclass(slots=True)
class Seeding:
    """Makes the demo's data."""

    places: Places
    ports: Mapping[str, int]
    urls: Mapping[str, str]
    say: Say

    @property
    def _made(self) -> Made:
        return Made.of(self.places)

    def _note(self, step: str, totp: Mapping[str, str] | None = None) -> None:
        made = self._made
        made.steps.append(step)
        made.totp.update(totp or {})
        made.keep(self.places)

    async def essentials(self) -> None:
        """Coins in the vaults, the bankroll, staff and players. Quick when they are there."""
        if "treasury" not in self._made.steps:
            await self._fund_vaults()
            self._note("treasury")
        if "bankroll" not in self._made.steps:
            await self._back_bets()
            self._note("bankroll")
        await self._approve_programs()
        await self._hire()
        async with self._client() as http:
            for login in LOGINS:
                if login.where != "backoffice":
                    await self._player(login, http)

    async def history(self) -> None:
        """Deposits, bets and a withdrawal, really made; in the background, trouble is only told."""
        try:
            async with self._client() as http:
                for login in LOGINS:
                    await self._history_of(login, http)
        except (Refused, Unanswered, httpx.HTTPError) as error:
            self.say("demo data", f"the history is not complete, the next start goes on: {error}")

    async def _history_of(self, login: Login, http: httpx.AsyncClient) -> None:
        step = f"history {login.name}"
        if login.plays and step not in self._made.steps:
            await self._play(login, http)
            self._note(step)

    # --- The operator

    async def _approve_programs(self) -> None:
        """What this demo runs may run: an install line whenever it is not what ran before."""
        async with self._database("app") as db, db.tx() as tx:
            manifest = await audit.measure_program(tx, root=ROOT, settings=self.places.settings)
            await audit.install_program(
                tx, manifest=manifest, actor="make demo", reason="the demo was started with it"
            )

    async def _fund_vaults(self) -> None:
        vaults = decode_vaults(self.places.vaults.read_bytes())
        devnet = EvmDevnet(f"http://127.0.0.1:{self.ports['chain']}", mines_itself=True)
        try:
            for signed in vaults:
                hot, tank = Address(signed.record.hot_address), Address(signed.record.gas_address)
                await devnet.give_coins(hot, HOT[f"eth.{CHAIN}"] * 10**18)
                await devnet.give_coins(tank, GAS_TANK * 10**18)
                units = HOT[f"usdt.{CHAIN}"] * 10**6
                await devnet.settle(await devnet.give_tokens(hot, units, contract=USDT))
            await devnet.mine(4)
        finally:
            await devnet.close()

    async def _back_bets(self) -> None:
        """What was sent becomes bankroll as soon as custody has booked it."""
        async with self._database("worker") as db:
            for brand_id in BRANDS:
                for asset_id, whole in BANKROLL.items():
                    await self._back(db, BrandId(brand_id), AssetId(asset_id), whole)

    async def _back(self, db: Database, brand_id: BrandId, asset_id: AssetId, whole: int) -> None:
        scale = currency(asset(asset_id).currency).scale
        deadline = time.monotonic() + BOOKED_WITHIN_S
        while True:
            try:
                async with db.tx() as tx:
                    await back_bankroll(
                        tx,
                        request_id=derived_id("devnet.bankroll", str(brand_id), asset_id),
                        brand_id=brand_id,
                        asset_id=asset_id,
                        units=whole * 10**scale,
                        reason="the demo's bankroll",
                        actor="demo",
                    )
            except NothingToBack:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.5)
            else:
                return

    async def _hire(self) -> None:
        wanted = [login for login in LOGINS if login.where == "backoffice"]
        missing = [login for login in wanted if f"staff {login.name}" not in self._made.steps]
        if not missing:
            return
        sealer = Sealer({1: read_key(str(self.places.keys / "master.key"))})
        passwords = Passwords()
        try:
            async with self._database("app") as db:
                for login in missing:
                    await self._hire_one(db, sealer, passwords, login)
        finally:
            passwords.close()

    async def _hire_one(
        self, db: Database, sealer: Sealer, passwords: Passwords, login: Login
    ) -> None:
        made = self._made
        # Kept first: an account whose secret nobody has would be lost.
        secret = made.totp.setdefault(login.name, random_base32())
        made.keep(self.places)
        hashed = await passwords.hash(login.password, known=(login.name, login.username))
        with contextlib.suppress(UsernameTaken):
            async with db.tx() as tx:
                await create_staff(
                    tx,
                    sealer=sealer,
                    handle=login.name,
                    name=login.username,
                    roles=[Role(role) for role in login.roles],
                    password=hashed,
                    totp_secret=secret,
                )
        self._note(f"staff {login.name}")

    # --- Players

    async def _player(self, login: Login, http: httpx.AsyncClient) -> None:
        step = f"player {login.name}"
        if step in self._made.steps:
            return
        api = Api(player_url(self.ports, login.where), http)
        try:
            await log_in(api, email=login.name, password=login.password)
        except Refused:
            await register(
                api,
                self._bank(http),
                email=login.name,
                username=login.username,
                password=login.password,
            )
        if login.has_totp:
            await self._switch_on_totp(api, login)
        self._note(step)

    async def _switch_on_totp(self, api: Api, login: Login) -> None:
        await api.post("/v1/step-up", {"password": login.password})
        secret = str((await api.post("/v1/totp/enrol"))["secret"])
        self._note(f"totp {login.name}", {login.name: secret})
        await api.post("/v1/totp/confirm", {"code": TOTP(secret).now()})

    async def _play(self, login: Login, http: httpx.AsyncClient) -> None:
        chance = random.Random(f"{SEED} {login.name}")
        api, bank = Api(player_url(self.ports, login.where), http), self._bank(http)
        await log_in(api, email=login.name, password=login.password)
        sent = [
            await deposit(api, bank, asset=f"eth.{CHAIN}", amount="0.75"),
            await deposit(api, bank, asset=f"usdt.{CHAIN}", amount="900"),
        ]
        for tx_hash in sent:
            await credited(api, tx_hash)
        for number in range(40):
            currency, stake = ("USDT", "2.5") if number % 3 else ("ETH", "0.001")
            target = f"{chance.randint(2000, 8000) / 100:.2f}"
            side = chance.choice(["over", "under"])
            await play_dice(api, currency=currency, stake=stake, target=target, direction=side)
        for _ in range(8):
            tiles = chance.sample(range(25), 3)
            await play_mines(api, currency="USDT", stake="5", mines=3, tiles=tiles)
        await api.post("/v1/step-up", {"password": login.password})
        wallet = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
        wanted = {"asset": f"usdt.{CHAIN}", "amount": "60", "destination": wallet}
        id_ = new_id("wdr")
        await api.post("/v1/withdrawals", {"id": id_, **wanted}, key=id_)

    # --- Connections

    def _bank(self, http: httpx.AsyncClient) -> Bank:
        return Bank(f"http://127.0.0.1:{self.ports['bank']}", http)

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[httpx.AsyncClient]:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            yield http

    @asynccontextmanager
    async def _database(self, role: str) -> AsyncGenerator[Database]:
        db = await Database.connect(self.urls[role], PoolSettings(size_max=2))
        try:
            yield db
        finally:
            await db.close()

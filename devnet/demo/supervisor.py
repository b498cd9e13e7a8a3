"""Starts everything in order, keeps it running, and stops it in the opposite order."""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import httpx

from devnet.chain_state import copy_state
from devnet.demo import fleet, prepare
from devnet.demo.agreement import ChainBehind, check_agreement
from devnet.demo.children import Child, ChildFailed
from devnet.demo.control import Control, Diary, listen
from devnet.demo.logins import LOGINS, Made, login_row
from devnet.demo.places import BRANDS, Places, choose_ports
from devnet.demo.screen import Screen
from devnet.demo.seeding import Seeding
from devnet.evm import AnvilFailed, EvmDevnet, NotADevnet
from devnet.player import Refused, Unanswered
from fairhouse.platform.postgres.roles import DATABASE, drop_database, ensure_database
from fairhouse.platform.postgres.server import PostgresServer

DEFAULT_DATA: Final = ".data"
# The signer and the bank (mails, the road to the chain) are needed until the platform has stopped.
_STOP_ORDER: Final = ("backoffice", "api", "watch", "worker", "signer", "bank", "chain", "database")


STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CHAIN_COPY_EVERY_S: Final = 10.0
TROUBLE: Final = (
    *(AnvilFailed, ChainBehind, ChildFailed, NotADevnet, prepare.PreparationFailed),
    *(Refused, Unanswered, httpx.HTTPError),
)
"""What may keep a demo from starting; each says what to do."""


class AlreadyRunning(Exception):
    """Another supervisor holds this data folder."""


@contextmanager
def locked(places: Places) -> Generator[None]:
    """Only one supervisor per data folder. Raises AlreadyRunning."""
    places.data.mkdir(parents=True, exist_ok=True)
    with places.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(
                f"A demo already runs on {places.data} (process {lock.read().strip() or '?'})."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def reset(places: Places) -> None:
    """Forget database, chain and keys. Raises AlreadyRunning."""
    if not places.data.exists():
        return
    with locked(places):
        external = os.environ.get("FAIRHOUSE_DATABASE_URL")
        if external is None:
            PostgresServer(places.postgres).destroy()
        else:
            parts = urlsplit(external)
            admin = urlunsplit(parts._replace(path="/postgres"))
            name = parts.path.lstrip("/") or DATABASE
            drop_database(admin, name)
            ensure_database(admin, name)
        shutil.rmtree(places.sockets, ignore_errors=True)
    shutil.rmtree(places.data)


@dataclass(slots=True)
class Demo:
    """One demo, from start to stop."""

    places: Places
    screen: Screen
    anywhere: bool = False
    with_history: bool = True
    changed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Settings of the platform that differ from the demo's, "table.key" to value."""
    diary: Diary = field(default_factory=Diary)
    children: dict[str, Child] = field(default_factory=dict[str, Child])
    ports: dict[str, int] = field(default_factory=dict[str, int])
    _ear: asyncio.Server | None = None

    async def run(self) -> None:
        """Until SIGINT or SIGTERM; whatever happens, nothing is left running."""
        loop, me = asyncio.get_running_loop(), asyncio.current_task()
        assert me is not None
        for number in STOPS:
            loop.add_signal_handler(number, me.cancel)
        try:
            async with self._running():
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.screen.say("Stopped.")

    @asynccontextmanager
    async def _running(self) -> AsyncGenerator[None]:
        tasks = list[asyncio.Task[None]]()
        try:
            seeding = await self._begun()
            self._show()
            tasks.append(asyncio.create_task(self._copy_chain()))
            if self.with_history:
                tasks.append(asyncio.create_task(seeding.history()))
            yield
        finally:
            # A second Ctrl-C must not leave anything behind.
            for number in STOPS:
                asyncio.get_running_loop().add_signal_handler(number, lambda: None)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._stop()

    async def _begun(self) -> Seeding:
        try:
            return await self._start()
        except TROUBLE as error:
            self.screen.fail(str(error))
            raise

    async def _start(self) -> Seeding:
        say, places = self.screen, self.places
        say.begin("keys and ports")
        places.make_folders()
        places.ready.unlink(missing_ok=True)
        self.ports, moved = choose_ports(places, anywhere=self.anywhere)
        for name, wanted, chosen in moved:
            say.say(f"Port {wanted} ({name}) is taken; {chosen} is used instead.")
        self.children = {
            name: Child(spec, self.diary.note)
            for name, spec in fleet.specs(places, self.ports).items()
        }
        self._ear = await listen(places.control_socket, Control(self.children, self.diary))
        self._begin("database", "chain")
        keys = await asyncio.to_thread(prepare.make_keys, places)
        prepare.write_bank_settings(places, self.ports)
        self._begin("bank", "signer")
        say.begin("local chain")
        await self.children["chain"].wait_ready()
        await self._set_up_chain()
        say.begin("PostgreSQL")
        await self.children["database"].wait_ready()
        urls = json.loads(places.database_urls.read_text())
        prepare.write_settings(places, self.ports, keys, urls, self.changed)
        await check_agreement(places, urls["worker"], self._chain_url)
        say.begin("signer and demo bank")
        await self._ready("signer", "bank")
        say.begin("platform: worker, watcher, player API, back office")
        self._begin(*fleet.PLATFORM)
        await self._ready(*fleet.PLATFORM)
        say.begin("demo logins and bankroll")
        seeding = Seeding(places, self.ports, urls, self.diary.note)
        await seeding.essentials()
        say.done()
        places.ready.write_text(json.dumps({"pid": os.getpid(), "ports": self.ports}))
        return seeding

    @property
    def _chain_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['chain']}"

    async def _set_up_chain(self) -> None:
        devnet = EvmDevnet(self._chain_url, mines_itself=True)
        try:
            await devnet.set_up()
        finally:
            await devnet.close()

    def _begin(self, *names: str) -> None:
        for name in names:
            self.children[name].start()

    async def _ready(self, *names: str) -> None:
        await asyncio.gather(*(self.children[name].wait_ready() for name in names))

    async def _copy_chain(self) -> None:
        while True:
            await asyncio.sleep(CHAIN_COPY_EVERY_S)
            with contextlib.suppress(OSError):
                await asyncio.to_thread(copy_state, self.places.chain_state)

    def _show(self) -> None:
        ports = self.ports
        bank, totp = f"http://127.0.0.1:{ports['bank']}", Made.of(self.places).totp
        apps = [
            (f"player app · {slug}", prepare.player_url(ports, slug)) for slug in BRANDS.values()
        ]
        rows = [
            ("", "Doors"),
            *apps,
            ("back office", f"http://127.0.0.1:{ports['backoffice']}/admin"),
            ("API reference", f"{prepare.player_url(ports, 'fairhouse')}/docs"),
            ("demo bank", f"{bank}/demo"),
            ("mailbox", f"{bank}/demo/mail"),
            ("", ""),
            ("", "Logins (codes change every 30 s; live ones are on the demo bank's page)"),
            *(login_row(login, totp.get(login.name)) for login in LOGINS),
            ("", ""),
            ("logs", str(self.places.logs)),
            ("stop", "Ctrl-C; `make demo` again keeps everything, `make demo-reset` forgets it"),
        ]
        self.screen.box("Fairhouse is running", rows)

    async def _stop(self) -> None:
        self.places.ready.unlink(missing_ok=True)
        started = [name for name in _STOP_ORDER if name in self.children]
        for name in started:
            self.screen.begin(f"stopping {name}")
            await self.children[name].stop()
        self.screen.done()
        if self._ear is not None:
            self._ear.close()
            self.places.control_socket.unlink(missing_ok=True)

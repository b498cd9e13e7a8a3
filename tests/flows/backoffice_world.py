"""The stage of the staff's stories: the real application, staff with codes, a player with money."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape

import httpx
from pyotp.totp import TOTP

from fairhouse.backoffice.http import BackofficeDeps, backoffice_app, edge_settings
from fairhouse.identity import api as identity
from fairhouse.identity.types import Role, Staff
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.platform.http import edge
from tests.conftest import SettableClock
from tests.flows.identity_world import FAST

STAFF_PASSWORD = "tall green window opens slowly"
SECRETS = {
    "sue": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXA",
    "tom": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXB",
    "tess": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXC",
    "carl": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXD",
    "anna": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXE",
}
ROLES = {
    "sue": Role.SUPPORT,
    "tom": Role.TREASURER,
    "tess": Role.TREASURER,
    "carl": Role.COMPLIANCE,
    "anna": Role.ADMIN,
}
HOST = "http://staff.test"


@dataclass
class Browser:
    """One member of staff at their browser: cookies, forms, and nothing a browser lacks."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer = await self.client.get(path, headers=headers)
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer

    async def post(
        self, path: str, fields: Mapping[str, str] | None = None, *, csrf: str | None = None
    ) -> httpx.Response:
        sent = {"csrf": self.csrf if csrf is None else csrf, **(fields or {})}
        return await self.client.post(path, data=sent, headers={"origin": HOST})

    async def text(self, path: str) -> str:
        """The page as a reader sees it; it must be there."""
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-400:])
        return shown(answer)


def shown(answer: httpx.Response) -> str:
    """The words of a page, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@dataclass
class House:
    """Everything that a story needs."""

    db: Database
    worker_db: Database
    clock: SettableClock
    deps: BackofficeDeps
    staff: dict[str, Staff] = field(default_factory=dict[str, Staff])

    @asynccontextmanager
    async def browser(self) -> AsyncGenerator[Browser]:
        """A fresh browser, not logged in."""
        app = edge(backoffice_app(self.deps), edge_settings(self.deps))  # type: ignore[arg-type]
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
            yield Browser(client)

    @asynccontextmanager
    async def at_work(self, handle: str) -> AsyncGenerator[Browser]:
        """A member of staff, logged in with password and code."""
        async with self.browser() as browser:
            answer = await self.log_in(browser, handle)
            assert answer.status_code == 303, shown(answer)
            await browser.get("/admin/")
            yield browser

    async def log_in(
        self, browser: Browser, handle: str, *, password: str = STAFF_PASSWORD
    ) -> httpx.Response:
        """Through the form; time moves on, since a code is good once."""
        self.clock.advance(seconds=31)
        await browser.get("/admin/login")
        code = TOTP(SECRETS[handle]).at(self.clock.time)
        return await browser.post(
            "/admin/login", {"handle": handle, "password": password, "totp": code}
        )

    def wire(self, handle: str) -> str:
        """The wire id of a member of staff."""
        return to_wire("stf", self.staff[handle].id)


async def a_house(
    db: Database, worker_db: Database, clock: SettableClock, deps: BackofficeDeps
) -> House:
    """Five members of staff, one of each role and a second treasurer."""
    house = House(db, worker_db, clock, deps)
    hashed = await deps.passwords.hash(STAFF_PASSWORD, known=())
    async with db.tx() as tx:
        for handle, role in ROLES.items():
            house.staff[handle], _ = await identity.create_staff(
                tx,
                sealer=deps.sealer,
                handle=handle,
                name=handle.title(),
                roles=[role],
                password=hashed,
                totp_secret=SECRETS[handle],
            )
    return house


def passwords() -> identity.Passwords:
    """As strong as tests need."""
    return identity.Passwords(FAST)


def sealer() -> Sealer:
    """The master key of all test worlds."""
    return Sealer({1: bytes(range(32))})


def more_of(answer: httpx.Response) -> str:
    """Where the next rows are."""
    found = re.search(r'hx-get="([^"]+)"[^>]*hx-target="closest tr"', answer.text)
    assert found is not None
    return unescape(found[1])


def ids_of(prefix: str, answer: httpx.Response) -> list[str]:
    """The first id of each row, in order."""
    return re.findall(rf'<td class="k-id" data-sort="({prefix}_[0-9a-z]+)"', answer.text)

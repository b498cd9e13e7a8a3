"""The back office as a person uses it: pages and forms, a password and a code."""

import asyncio
import re
import time
from typing import Final

import httpx

from devnet.demo.logins import LOGINS

APPROVER: Final = next(login for login in LOGINS if "treasurer" in login.roles)
TRIES: Final = 2
CODE_LIFE_S: Final = 30
_CSRF: Final = re.compile(r'name="csrf"\s+value="([0-9a-f]+)"')


class StaffRefused(Exception):
    """The back office did not do it; the message says what it answered."""


class BackOffice:
    """One staff member's browser."""

    def __init__(self, url: str, bank: str) -> None:
        self._bank = bank
        self._http = httpx.AsyncClient(base_url=url, timeout=30, trust_env=False)

    async def close(self) -> None:
        """Close the browser."""
        await self._http.aclose()

    async def log_in(self) -> str:
        """Log in with the code that the demo bank shows; returns the handle."""
        for turn in range(TRIES):
            if turn:
                # A code counts once: somebody used this one.
                await asyncio.sleep(CODE_LIFE_S - time.time() % CODE_LIFE_S + 0.5)
            page = await self._http.get("/admin/login")
            sent = {
                "csrf": _csrf_of(page),
                "handle": APPROVER.name,
                "password": APPROVER.password,
                "totp": await self._code(),
                "next": "",
            }
            answer = await self._http.post("/admin/login", data=sent)
            if answer.status_code == 303:
                return APPROVER.name
        raise StaffRefused(f"The back office refused the login of {APPROVER.name}.")

    async def approve(self, withdrawal: str, reason: str) -> None:
        """Press the button on the withdrawal's page."""
        path = f"/admin/withdrawals/{withdrawal}"
        page = await self._http.get(path)
        sent = {"csrf": _csrf_of(page), "reason": reason}
        answer = await self._http.post(f"{path}/approve", data=sent)
        if answer.status_code != 303:
            raise StaffRefused(
                f"The approval was answered {answer.status_code}: {answer.text[:300]}"
            )

    async def _code(self) -> str:
        codes = (await self._http.get(f"{self._bank}/api/state")).json()["codes"]
        return next(str(item["code"]) for item in codes if item["name"] == APPROVER.name)


def _csrf_of(page: httpx.Response) -> str:
    found = _CSRF.search(page.text)
    if found is None:
        raise StaffRefused(f"{page.url} was answered {page.status_code} without a form.")
    return found.group(1)

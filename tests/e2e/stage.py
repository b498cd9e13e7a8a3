"""What the browser tests stand on: the doors of a demo, and one person's browser."""

import os
import re
import secrets
import string
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

SHOTS = Path(__file__).resolve().parent / "shots"
ANSWER_TIMEOUT_S = 120
PASSWORD = "seven purple kites at noon"


WIDTHS = ("desktop", "phone")
AT_EVERY_WIDTH = os.environ.get("FAIRHOUSE_WIDTHS") == "all"


def widths(usual: str) -> tuple[str, ...]:
    """`make test` tells a long story at one width, `make soak` at both."""
    return WIDTHS if AT_EVERY_WIDTH else (usual,)


def at(usual: str) -> pytest.MarkDecorator:
    """A story whose `visit` is usually at this width."""
    return pytest.mark.parametrize("visit", widths(usual), indirect=True)


@dataclass(frozen=True)
class Demo:
    """The doors of a running demo."""

    ports: dict[str, int]
    data: Path
    """Its folder, with settings and the database's addresses."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['fairhouse']}"

    @property
    def second_url(self) -> str:
        """The second brand's."""
        return f"http://127.0.0.1:{self.ports['nightowl']}"

    @property
    def bank_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['bank']}"

    def code_for(self, email: str, *, after: int = 0) -> str:
        """The six digits in the newest mail to an address; waits for a mail after that number."""
        return self._in_mail(email, re.compile(r"\b\d{6}\b"), after)

    def newest_mail(self, email: str) -> int:
        """The number of the newest mail to an address; 0: there is none."""
        return max((mail["number"] for mail in self._mails(email, 0)), default=0)

    def link_for(self, email: str) -> str:
        """The link in the newest mail that has one; waits for the mail."""
        return self._in_mail(email, re.compile(r"http\S+code=\S+"))

    def _mails(self, email: str, after: int) -> list[Any]:
        answer = httpx.get(f"{self.bank_url}/api/mail", params={"to": email, "after": after})
        return answer.json()["mails"] if answer.is_success else []

    def _in_mail(self, email: str, wanted: re.Pattern[str], after: int = 0) -> str:
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while time.monotonic() < deadline:
            for mail in reversed(self._mails(email, after)):
                found = wanted.search(mail["text"])
                if found:
                    return found.group()
            time.sleep(0.3)
        raise AssertionError(f"no mail with {wanted.pattern} came to {email}")

    def give(self, asset: str, address: str, amount: str) -> None:
        """Send coins on the chain, as a player's own wallet would."""
        asked = {"asset": asset, "address": address, "amount": amount}
        answer = httpx.post(
            f"{self.bank_url}/api/faucet",
            json=asked,
            headers={"X-Demo-Bank": "1"},
            timeout=ANSWER_TIMEOUT_S,
        )
        assert answer.is_success, answer.text


@dataclass
class Visit:
    """One person's browser: a page, and what its console complained about."""

    page: Page
    name: str
    complaints: list[str] = field(default_factory=list[str])

    def listen(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _on_console(self, message: ConsoleMessage) -> None:
        # A refusal is an answer, which Chromium logs all the same.
        if (
            message.type == "error"
            and "the server responded with a status of 4" not in message.text
        ):
            self.complaints.append(message.text)

    def shot(self, name: str) -> None:
        """Keep a picture for people to look at."""
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{self.name}-{name}.png")

    @property
    def is_phone(self) -> bool:
        return self.name == "phone"


def fresh_name() -> str:
    """A username that nobody has. Letters only: lists sort digits as numbers, tests do not."""
    return "e2e_" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(10))


def sign_up(demo: Demo, page: Page, username: str) -> tuple[str, str]:
    """A new account by form and mailed code, with the wallet closed: its e-mail and password."""
    email = f"{username}@players.example"
    before = demo.newest_mail(email)
    page.goto(demo.url)
    page.get_by_role("button", name="Sign up").first.click()
    page.fill("[name=email]", email)
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=birth_date]", "1990-02-03")
    page.check("[name=terms]")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    page.fill("[name=code]", demo.code_for(email, after=before))
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("dialog", name="Wallet")).to_be_visible()
    close_dialog(page)
    return email, PASSWORD


def close_dialog(page: Page) -> None:
    """By its own button."""
    page.get_by_role("dialog").get_by_role("button", name="Close").first.click()
    expect(page.get_by_role("dialog")).not_to_be_visible()

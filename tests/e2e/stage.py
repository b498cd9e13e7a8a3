"""What the browser tests stand on: the doors of a demo, and one person's browser."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import ConsoleMessage, Page

SHOTS = Path(__file__).resolve().parent / "shots"
ANSWER_TIMEOUT_S = 60


@dataclass(frozen=True)
class Demo:
    """The doors of a running demo."""

    ports: dict[str, int]

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

    def code_for(self, email: str) -> str:
        """The six digits in the newest mail to an address; waits for the mail."""
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while time.monotonic() < deadline:
            answer = httpx.get(f"{self.bank_url}/api/mail", params={"to": email, "after": 0})
            if answer.is_success and answer.json()["mails"]:
                text = answer.json()["mails"][-1]["text"]
                words = [word.strip(".:,") for word in text.split()]
                return next(word for word in words if len(word) == 6 and word.isdecimal())
            time.sleep(0.3)
        raise AssertionError(f"no mail came to {email}")

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

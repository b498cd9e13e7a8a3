"""The demo as people use it: started, walked through, tampered with, stopped, started again."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devnet.demo.control import ask
from devnet.demo.logins import LOGINS
from devnet.demo.places import Places
from devnet.player import Api, log_in
from tools.journey_demo import RunningDemo

ROOT = Path(__file__).resolve().parents[2]
START_S = 600
STOP_S = 180
Tamper = Callable[[dict[str, Any]], None]
pytestmark = [pytest.mark.chain, pytest.mark.timeout(1800)]


class Demo:
    """One supervisor on a folder of its own."""

    def __init__(self, data: Path) -> None:
        self.places = Places(data)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> RunningDemo:
        command = [sys.executable, "-m", "devnet.demo", "--data", str(self.places.data)]
        self.process = subprocess.Popen(
            [*command, "--any-ports", "--no-history"], cwd=ROOT, start_new_session=True
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            found = RunningDemo.of(self.places.data)
            if found is not None:
                return found
            assert self.process.poll() is None, "the demo ended while it started"
            time.sleep(0.2)
        raise AssertionError("the demo did not become ready")

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(STOP_S)

    def left_behind(self) -> list[str]:
        """Command lines of processes that still use the folder."""
        found: list[str] = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.places.data) in line:
                found.append(line)
        return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """Stopped at the end, whatever happened."""
    made = Demo(tmp_path_factory.mktemp("demo") / "data")
    made.places.data.parent.chmod(0o755)
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.stop()
        reset = [sys.executable, "-m", "devnet.demo", "--data", str(made.places.data), "--reset"]
        subprocess.run(reset, cwd=ROOT, check=True)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def payout_of_a_bet(journey: dict[str, Any]) -> None:
    journey["bets"][7]["payout"] = "1234.5"


def client_seed(journey: dict[str, Any]) -> None:
    journey["seeds"][0]["client_seed"] += "x"


def amount_of_a_deposit(journey: dict[str, Any]) -> None:
    journey["deposits"][0]["amount"] += "1"


def paid_to_another(journey: dict[str, Any]) -> None:
    paid = next(item for item in journey["withdrawals"] if item["state"] == "confirmed")
    paid["destination"] = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"


def a_unit_of_custody(journey: dict[str, Any]) -> None:
    row = journey["custody"]["rows"][0]
    row["base_units"] = str(int(row["base_units"]) + 1)


def a_unit_of_the_books(journey: dict[str, Any]) -> None:
    row = next(iter(journey["trial_balance"].values()))[0]
    row["debits"] = str(int(row["debits"]) + 1)


TAMPERINGS: tuple[Tamper, ...] = (
    *(payout_of_a_bet, client_seed, amount_of_a_deposit),
    *(paid_to_another, a_unit_of_custody, a_unit_of_the_books),
)


def test_a_demo_is_walked_proven_and_kept(demo: Demo, tmp_path: Path):
    demo.start()
    report = tmp_path / "journey.json"

    walked = run("-m", "tools.journey", "--data", str(demo.places.data), "--json", str(report))
    assert 0 == walked.returncode, walked.stdout + walked.stderr

    agreed = run("tools/check_journey.py", str(report))
    assert 0 == agreed.returncode, agreed.stdout + agreed.stderr
    for tamper in TAMPERINGS:
        journey = json.loads(report.read_text())
        tamper(journey)
        forged = tmp_path / "forged.json"
        forged.write_text(json.dumps(journey))
        assert 1 == run("tools/check_journey.py", str(forged)).returncode, tamper.__name__

    assert asyncio.run(killed_and_back(demo, "signer"))
    assert 0 == demo.stop()
    assert [] == demo.left_behind()

    again = demo.start()
    assert asyncio.run(alice_is_there(again))
    assert demo.process is not None
    demo.process.kill()
    demo.process.wait()
    deadline = time.monotonic() + STOP_S
    while demo.left_behind() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert [] == demo.left_behind()


async def killed_and_back(demo: Demo, name: str) -> bool:
    """kill -9 by the supervisor's own door; the process comes back with another id."""
    path = demo.places.control_socket
    before = await process_of(path, name)
    await ask(path, do="kill", name=name)
    for _ in range(200):
        now = await process_of(path, name)
        if now["state"] == "ready" and now["pid"] != before["pid"]:
            return now["restarts"] == before["restarts"] + 1
        await asyncio.sleep(0.2)
    return False


async def process_of(path: Path, name: str) -> dict[str, Any]:
    state = await ask(path, do="state")
    return next(item for item in state["processes"] if item["name"] == name)


async def alice_is_there(demo: RunningDemo) -> bool:
    """The second start has the first one's accounts."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        api = Api(demo.player, http)
        found = await log_in(api, email=LOGINS[0].name, password=LOGINS[0].password)
        return bool(found["player"]["username"] == LOGINS[0].username)

"""A browser and a running demo for the tests of the web app.

FAIRHOUSE_DEMO_DATA names the data folder of a demo that runs already; otherwise one is started on
free ports in a temporary folder and stopped at the end.
"""

import fcntl
import ipaddress
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.stage import ANSWER_TIMEOUT_S, WIDTHS, Demo, Visit

ROOT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT_S = 600
EXPECT_TIMEOUT_MS = 30_000
"""No test asserts how fast a page is, and machines are busy."""
SETTINGS = (
    *("--set", 'http.trusted_proxies="127.0.0.1"'),  # every visit has an address of its own
    *("--set", "live.betting_s=4"),  # enough to see a round begin
)
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
TEST_NETWORK = ipaddress.IPv4Network("10.0.0.0/12")
BROWSER_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """A running demo, one for all test processes: the first starts it, the last stops it."""
    running = os.environ.get("FAIRHOUSE_DEMO_DATA")
    if running:
        data = Path(running)
        yield Demo(json.loads((data / "ready.json").read_text())["ports"], data)
        return
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo"
    place.mkdir(exist_ok=True)
    try:
        with _alone(place) as users:
            if not users:
                _start(place)
            users.append(os.getpid())
        yield Demo(json.loads((place / "ports.json").read_text()), place)
    finally:
        with _alone(place) as users:
            if os.getpid() in users:
                users.remove(os.getpid())
            if not users:
                _stop(place)


@contextmanager
def _alone(place: Path) -> Generator[list[int]]:
    """The test processes that use the demo, changed under a lock."""
    with (place / "users.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users: list[int] = json.loads(file.read() or "[]")
        try:
            yield users
        finally:
            file.truncate(0)
            file.write(json.dumps(users))
            file.flush()


def _start(place: Path) -> None:
    log = place / "demo.log"
    command = [sys.executable, "-m", "devnet.demo", "--data", str(place), "--any-ports"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--no-history", *SETTINGS],
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (place / "demo.pid").write_text(str(process.pid))
    _wait_until_ready(process, log)


def _stop(place: Path) -> None:
    pid = place / "demo.pid"
    if not pid.exists():
        return
    number = int(pid.read_text())
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGTERM)
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    while time.monotonic() < deadline and "database" not in _stopped(place):
        time.sleep(0.2)


def _stopped(place: Path) -> str:
    """What the demo's terminal says about stopping."""
    return "\n".join(
        line for line in (place / "demo.log").read_text().splitlines() if "stopping" in line
    )


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while "is running" not in log.read_text():
        assert process.poll() is None, f"the demo did not start:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"the demo takes too long:\n{log.read_text()}"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Debian's Chromium, gone with its module: while it is there an event loop runs in this
    thread, in which no other test could start its own.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium: as root, `apt-get install chromium`")
    expect.set_options(timeout=EXPECT_TIMEOUT_MS)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield found
        found.close()


def _address() -> str:
    """Somebody's own: from one address only a few newcomers may begin in a minute."""
    return str(ipaddress.IPv4Address(int(TEST_NETWORK.network_address) + secrets.randbits(20)))


def _visit(browser: Browser, name: str) -> Generator[Visit]:
    size = PHONE if name == "phone" else DESKTOP
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        has_touch=name == "phone",
        locale="en-US",
        extra_http_headers={"X-Forwarded-For": _address()},
        permissions=["clipboard-read", "clipboard-write"],
    )
    visit = Visit(context.new_page(), name)
    visit.listen()
    yield visit
    context.close()
    assert [] == visit.complaints


@pytest.fixture(params=WIDTHS)
def visit(request: pytest.FixtureRequest, browser: Browser) -> Generator[Visit]:
    """The same story at both widths."""
    yield from _visit(browser, request.param)


@pytest.fixture
def desktop(browser: Browser) -> Generator[Visit]:
    """A wide window."""
    yield from _visit(browser, "desktop")

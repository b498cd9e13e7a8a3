"""`make journey`: walk the player's whole journey on the demo, on its real chain; prove the books.

Uses what anybody can use: the public HTTP API, the demo bank for coins and mails, the back office's
own forms for the approval, and the operator's loopback pages for the books at the end. Starts a
demo when none runs, and stops that one afterwards. `--json FILE` writes everything that
`tools/check_journey.py` needs to recompute it without us.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, TextIO

import httpx

from devnet.player import Refused, Unanswered
from tools.journey_demo import DemoUnavailable, RunningDemo, running_demo
from tools.journey_report import check_trial_balance, report
from tools.journey_screen import Steps
from tools.journey_staff import StaffRefused
from tools.journey_walk import Journey, JourneyFailed, Json

TROUBLE: Final = (
    *(DemoUnavailable, JourneyFailed, Refused, StaffRefused, TimeoutError, Unanswered),
    httpx.HTTPError,
)


def main() -> int:
    """0 with exact books; otherwise a sentence and 1."""
    arguments = _parser().parse_args()
    to_stdout = arguments.json == "-"
    out = sys.stderr if to_stdout else sys.stdout
    try:
        found = asyncio.run(_walk(arguments, out))
    except TROUBLE as error:
        out.write(f"\nThe journey ends here: {error or type(error).__name__}\n")
        return 1
    except KeyboardInterrupt:
        out.write("\nStopped.\n")
        return 1
    text = json.dumps(found, indent=1)
    if to_stdout:
        sys.stdout.write(text + "\n")
    elif arguments.json:
        Path(arguments.json).write_text(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.journey", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".data"), help="the demo's data folder")
    parser.add_argument("--json", metavar="FILE", help="write the report there; - for stdout")
    parser.add_argument("--seed", type=int, default=1, help="which bets are made")
    parser.add_argument("--any-ports", action="store_true", help="for a demo that is started here")
    return parser


async def _walk(arguments: argparse.Namespace, out: TextIO) -> Json:
    data = arguments.data.resolve()
    async with (
        running_demo(data, any_ports=arguments.any_ports) as demo,
        httpx.AsyncClient(timeout=30, trust_env=False) as http,
    ):
        return await _on(demo, http, arguments.seed, out)


async def _on(demo: RunningDemo, http: httpx.AsyncClient, seed: int, out: TextIO) -> Json:
    steps = Steps(out)
    journey = Journey(demo, http, steps, seed)
    await journey.walk()
    async with steps.step("trial balance and custody against the chain") as say:
        found = await report(journey, demo, http)
        units = check_trial_balance(found["trial_balance"])
        custody = found["custody"]
        say(f"{units} units: debits equal credits, exactly")
        say(f"{len(custody['rows'])} custody accounts equal the chain at block {custody['height']}")
    async with steps.step("the independent checker, on the chain's own RPC") as say:
        say(await asyncio.to_thread(_checked, found))
    balances = ", ".join(f"{amount} {code}" for code, amount in found["final_balances"].items())
    steps.line(f"\nThe journey is complete in {steps.elapsed_s:.0f} s. Left to play: {balances}.")
    return found


def _checked(found: Json) -> str:
    """What `tools/check_journey.py` says, run as anybody would. Raises JourneyFailed."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(found, file)
        file.flush()
        checker = str(Path(__file__).with_name("check_journey.py"))
        answer = subprocess.run(
            [sys.executable, "-I", checker, file.name], capture_output=True, text=True, check=False
        )
    if answer.returncode:
        raise JourneyFailed(f"The checker disagrees: {(answer.stdout + answer.stderr).strip()}")
    return answer.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

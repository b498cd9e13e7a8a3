"""`python -m tests.simulation --seed 7 [--steps 400]`, or `--soak [--runs 50]`."""

import argparse
import asyncio
import random
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path

from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.roles import DatabaseUrls, drop_database, ensure_database
from fairhouse.platform.postgres.server import PostgresServer
from fairhouse.platform.telemetry import configure_logging
from tests.simulation.run import STEPS, History, run

TEMPLATE = "simulation_template"


def main() -> int:
    """0 when every invariant held."""
    arguments = _arguments()
    # Told to go, it leaves neither chain nor database running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    configure_logging("simulation", level="CRITICAL", pretty=False)
    seeds = [arguments.seed]
    if arguments.soak:
        chosen = random.SystemRandom()
        seeds = [chosen.randrange(10**9) for _ in range(arguments.runs)]
    with tempfile.TemporaryDirectory(prefix="fairhouse-simulation-") as folder:
        server = PostgresServer(Path(folder) / "postgres", durable=False)
        urls = server.start()
        try:
            ensure_database(urls.admin, TEMPLATE)
            upgrade(urls.to(TEMPLATE).owner)
            return max(_run_one(seed, urls, arguments) for seed in seeds)
        finally:
            server.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--soak", action="store_true", help="many seeds, chosen at random")
    parser.add_argument("--runs", type=int, default=50, help="how many seeds a soak takes")
    parser.add_argument("--log", action="store_true", help="print the whole history")
    return parser.parse_args()


def _run_one(seed: int, urls: DatabaseUrls, arguments: argparse.Namespace) -> int:
    name = f"simulation_{secrets.token_hex(6)}"
    ensure_database(urls.admin, name, template=TEMPLATE)
    started = time.monotonic()
    tell = _print if arguments.log else None
    try:
        history = asyncio.run(run(seed, urls.to(name), steps=arguments.steps, tell=tell))
    except Exception as error:  # noqa: BLE001 - a soak goes on with the next seed
        _print(f"seed {seed}: BROKEN. Again: make simulate SEED={seed}")
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    finally:
        drop_database(urls.admin, name)
    _tell(history, time.monotonic() - started, whole=arguments.log)
    return 0


def _tell(history: History, seconds: float, *, whole: bool) -> None:
    if whole:
        _print(", ".join(f"{what}: {times}" for what, times in history.ends.items()))
    _print(
        f"seed {history.seed}: {len(history.lines)} steps, {history.deaths} deaths, every "
        f"invariant held, {seconds:.0f} s, history {history.digest[:16]}"
    )


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

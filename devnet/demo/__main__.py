"""`python -m devnet.demo`: run the demo; `--reset` forgets its data."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from devnet.demo.places import Places
from devnet.demo.screen import Screen
from devnet.demo.supervisor import (
    DEFAULT_DATA,
    TROUBLE,
    AlreadyRunning,
    Demo,
    locked,
    reset,
)


def main() -> int:
    """0 after a clean stop; 1 with a sentence when the demo cannot run."""
    parser = argparse.ArgumentParser(prog="python -m devnet.demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(DEFAULT_DATA), help="the data folder")
    parser.add_argument("--reset", action="store_true", help="forget database, chain and keys")
    parser.add_argument("--any-ports", action="store_true", help="take free ports, for tests")
    parser.add_argument("--no-history", action="store_true", help="make logins and bankroll only")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="TABLE.KEY=JSON",
        help="another value of a setting of the platform, for tests",
    )
    arguments = parser.parse_args()
    places, screen = Places(arguments.data.resolve()), Screen()
    try:
        if arguments.reset:
            reset(places)
            screen.say(f"Forgotten: {places.data}")
            return 0
        with locked(places):
            demo = Demo(
                places,
                screen,
                anywhere=arguments.any_ports,
                with_history=not arguments.no_history,
                changed=dict(_changed(text) for text in arguments.set),
            )
            asyncio.run(demo.run())
    except AlreadyRunning as error:
        screen.fail(str(error))
        return 1
    except TROUBLE:
        return 1
    return 0


def _changed(text: str) -> tuple[str, Any]:
    """ "live.betting_s=3": the name of a setting and its value."""
    name, _, value = text.partition("=")
    return name, json.loads(value)


if __name__ == "__main__":
    sys.exit(main())

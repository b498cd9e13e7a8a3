"""The processes of the platform, and tools that need its settings, by name."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import uvloop

from fairhouse.app import (
    backoffice,
    brand,
    callbacks,
    player,
    receipt_key,
    sanctions,
    treasury,
    watch,
    worker,
)
from fairhouse.app.evidence import command as evidence
from fairhouse.app.openapi import document
from fairhouse.app.process import PortTaken
from fairhouse.app.settings import Settings, SettingsInvalid, load
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.migrate import upgrade

PROCESSES: Final[Mapping[str, Callable[[Settings], Awaitable[None]]]] = {
    "api": player.main,
    "backoffice": backoffice.main,
    "callbacks": callbacks.main,
    "worker": worker.main,
    "watch": watch.main,
}

TOOLS: Final[Mapping[str, Callable[[Settings, argparse.Namespace], Awaitable[str]]]] = {
    "bankroll": treasury.main,
    "brand": brand.main,
    "receipt-key": receipt_key.main,
    "sanctions": sanctions.main,
    "audit": evidence.main,
}


def main(argv: list[str] | None = None) -> int:
    """0 when it went well; otherwise a sentence on standard error and 1."""
    arguments = _parser().parse_args(argv)
    try:
        _run(arguments)
    except (SettingsInvalid, PortTaken, Refusal) as error:
        print(f"fairhouse {arguments.command}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fairhouse", description=__doc__)
    parser.add_argument("--settings", type=Path, help="the settings file")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in PROCESSES:
        commands.add_parser(name, help=f"run the {name} process")
    commands.add_parser("migrate", help="bring the database's schema up to date")
    commands.add_parser("openapi", help="print the player API's document")
    commands.add_parser("fairness", help="verify bets, chains and histories", add_help=False)
    treasury.add_arguments(commands.add_parser("bankroll", help="raise a brand's bankroll"))
    brand.add_arguments(commands.add_parser("brand", help="make, show and change brands"))
    receipt_key.add_arguments(commands.add_parser("receipt-key", help="rotate or revoke it"))
    sanctions.add_arguments(commands.add_parser("sanctions", help="import a sanctions list"))
    evidence.add_arguments(commands.add_parser("audit", help="verify or export the audit log"))
    return parser


def _run(arguments: argparse.Namespace) -> None:
    if arguments.command == "openapi":
        print(json.dumps(document(), indent=1, sort_keys=True))
        return
    settings = load(arguments.settings)
    if arguments.command == "migrate":
        for applied in upgrade(settings.database.owner_url):
            print(applied)
        return

    async def run() -> None:
        if arguments.command in TOOLS:
            print(await TOOLS[arguments.command](settings, arguments))
        else:
            await PROCESSES[arguments.command](settings)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())

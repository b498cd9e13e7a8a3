"""`fairhouse audit`: verify the log, hand it out, approve and verify the programs that run."""

import argparse
import getpass
import os
from pathlib import Path
from typing import Final

from fairhouse.app import wiring
from fairhouse.app.settings import DEFAULT_FILE, Settings
from fairhouse.audit import api as audit
from fairhouse.audit.types import Comparison
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database, Tx

ROOT: Final = Path(__file__).resolve().parents[3]


class NotWhole(Refusal):
    """The log, or what runs, is not what it should be; the message names the first place."""

    code = "evidence_broken"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked."""
    parser.add_argument("deed", choices=("verify", "export", "key", "programs", "approve"))
    parser.add_argument("file", nargs="?", type=Path, help="where to write the export")
    parser.add_argument("--reason", help="why these programs are to run")


async def main(settings: Settings, arguments: argparse.Namespace) -> str:
    """Do it; returns sentences for the operator. Refuses with NotWhole, and as the use cases."""
    keys = audit.audit_keys(wiring.sealer(settings))
    file = settings_file(arguments.settings)
    db = await Database.connect(settings.database.app_url)
    try:
        match arguments.deed:
            case "verify":
                return await _verify(db, keys)
            case "export":
                return await _export(db, keys, arguments.file or Path("audit.jsonl"))
            case "key":
                return keys.public.hex()
            case "programs":
                return await _programs(db, file)
            case _:
                return await _approve(db, file, arguments.reason or "installed")
    finally:
        await db.close()


async def _verify(db: Database, keys: audit.Keys) -> str:
    async with db.read() as tx:
        verdict = await audit.verify(tx, keys=keys)
    if verdict.breaks:
        first = "; ".join(f"{one.stream} #{one.seq} {one.flaw}" for one in verdict.breaks)
        raise NotWhole(f"The log is broken: {first}.")
    return f"{verdict.entries} entries in {verdict.streams} chains: every link holds."


async def _export(db: Database, keys: audit.Keys, file: Path) -> str:
    count = 0
    async with db.read() as tx:
        with file.open("w", encoding="utf-8") as out:
            async for line in audit.export(tx, keys=keys):
                out.write(line)
                count += 1
    return f"{count} lines in {file}. Anybody verifies them: python tools/verify_audit.py {file}"


async def _programs(db: Database, settings: Path | None) -> str:
    async with db.read() as tx:
        found = await measured(tx, settings)
    if found.approved is None:
        raise NotWhole(f"{found.digest}: nothing was approved yet. Use `fairhouse audit approve`.")
    if not found.agrees:
        async with db.tx() as tx:
            await audit.note_program(tx, found=found, actor=_operator())
        parts = "; ".join(f"{path} {how}" for path, how in list(found.changed.items())[:10])
        raise NotWhole(f"{found.digest} is not what was approved: {parts}.")
    return f"{found.digest}: what runs is what was approved."


async def _approve(db: Database, settings: Path | None, reason: str) -> str:
    async with db.tx() as tx:
        manifest = await audit.measure_program(tx, root=ROOT, settings=settings)
        made = await audit.install_program(tx, manifest=manifest, actor=_operator(), reason=reason)
    return f"{made.digest}: {len(manifest)} parts may run."


async def measured(tx: Tx, settings: Path | None, root: Path = ROOT) -> Comparison:
    """What runs here, against what was approved."""
    manifest = await audit.measure_program(tx, root=root, settings=settings)
    return await audit.compare_program(tx, manifest=manifest)


def settings_file(given: Path | None = None) -> Path | None:
    """The settings that this process was started with."""
    file = given or Path(os.environ.get("FAIRHOUSE_SETTINGS", DEFAULT_FILE))
    return file if file.is_file() else None


def _operator() -> str:
    return f"cli:{getpass.getuser()}"

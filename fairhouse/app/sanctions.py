"""`fairhouse sanctions FILE`: import OFAC's `sdn_advanced.xml` as the list in force."""

import argparse
from pathlib import Path

from fairhouse.app import wiring
from fairhouse.app.settings import Settings
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.screening.api import import_content, read_sdn

STATEMENT_TIMEOUT_MS = 120_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The document, and what it may do."""
    parser.add_argument("file", type=Path, help="sdn_advanced.xml as OFAC publishes it")
    parser.add_argument("--fixture", action="store_true", help="known to be out of date")
    parser.add_argument(
        "--may-shrink", action="store_true", help="although it leaves out a third of the list"
    )


async def main(settings: Settings, arguments: argparse.Namespace) -> str:
    """Import it; returns a sentence for the operator. Refuses as the use cases do."""
    with arguments.file.open("rb") as document:
        content = read_sdn(document)
    chosen = PoolSettings(statement_timeout_ms=STATEMENT_TIMEOUT_MS)
    db = await Database.connect(settings.database.worker_url, chosen)
    try:
        async with db.tx() as tx:
            made = await import_content(
                tx,
                content,
                is_fixture=arguments.fixture,
                may_shrink=arguments.may_shrink,
                policy=wiring.screening_policy(settings),
            )
    finally:
        await db.close()
    if made is None:
        return "This very document is in force already."
    return (
        f"The list of {made.published_on} is in force: {made.addresses} addresses, "
        f"{made.parties} parties, {made.added} new entries, {made.removed} removed."
    )

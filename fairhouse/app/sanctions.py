"""`fairhouse sanctions FILE`: import OFAC's `sdn_advanced.xml`, or a table of people, as the list
in force.
"""

import argparse
from datetime import date
from pathlib import Path

from fairhouse.app import wiring
from fairhouse.app.settings import Settings
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.screening.api import Content, import_content, read_sdn, read_table
from fairhouse.screening.types import OFAC, ListMalformed, ListName, Topic

STATEMENT_TIMEOUT_MS = 120_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The document, and what it may do."""
    parser.add_argument("file", type=Path, help="sdn_advanced.xml as OFAC publishes it")
    parser.add_argument("--table", metavar="LIST", help="the file is a CSV table: its list's name")
    parser.add_argument("--published", type=date.fromisoformat, help="day of a table, YYYY-MM-DD")
    parser.add_argument("--pep", action="store_true", help="a table of exposed, not listed, people")
    parser.add_argument("--fixture", action="store_true", help="known to be out of date")
    parser.add_argument(
        "--may-shrink", action="store_true", help="although it leaves out a third of the list"
    )


async def main(settings: Settings, arguments: argparse.Namespace) -> str:
    """Import it; returns a sentence for the operator. Refuses as the use cases do."""
    content = _content(arguments)
    name = ListName(arguments.table) if arguments.table else OFAC
    chosen = PoolSettings(statement_timeout_ms=STATEMENT_TIMEOUT_MS)
    db = await Database.connect(settings.database.worker_url, chosen)
    try:
        async with db.tx() as tx:
            made = await import_content(
                tx,
                content,
                list_=name,
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


def _content(arguments: argparse.Namespace) -> Content:
    with arguments.file.open("rb") as document:
        if not arguments.table:
            return read_sdn(document)
        if arguments.published is None:
            raise ListMalformed("A table does not say when it was published: --published does.")
        topic = Topic.PEP if arguments.pep else Topic.SANCTIONS
        return read_table(document, published_on=arguments.published, topic=topic)

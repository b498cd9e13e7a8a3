"""`python -m fairhouse.app bankroll`: turn coins that the owners sent to a vault into bankroll."""

import getpass
import os
from argparse import ArgumentParser, Namespace
from uuid import UUID

from fairhouse.app.settings import Settings
from fairhouse.brands import api as brands
from fairhouse.cashier.api import back_bankroll
from fairhouse.kernel.currencies import asset, currency
from fairhouse.kernel.ids import uuid7
from fairhouse.kernel.money import format_units, parse_positive
from fairhouse.platform.database import Database


def add_arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--brand", required=True, help="its slug")
    parser.add_argument("--asset", required=True, help="for example eth.ethereum")
    parser.add_argument("--amount", required=True, help="whole coins, for example 12.5")
    parser.add_argument("--reason", required=True)
    parser.add_argument("--id", type=UUID, help="a version 7 UUID; repeat it to retry safely")


async def main(settings: Settings, arguments: Namespace) -> str:
    """What was done, as a sentence. Refuses as `back_bankroll`."""
    of = asset(arguments.asset)
    units = parse_positive(arguments.amount, currency(of.currency))
    db = await Database.connect(settings.database.worker_url)
    try:
        async with db.tx() as tx:
            await brands.refresh(tx)
            brand = brands.brand_named(arguments.brand)
            made = uuid7(int(tx.now.timestamp() * 1000), os.urandom(10))
            await back_bankroll(
                tx,
                request_id=arguments.id or made,
                brand_id=brand.id,
                asset_id=of.id,
                units=units,
                reason=arguments.reason,
                actor=f"cli:{getpass.getuser()}",
            )
    finally:
        await db.close()
    amount = format_units(units, currency(of.currency).scale)
    return f"{amount} {of.currency} of {brand.name} now back its bets."

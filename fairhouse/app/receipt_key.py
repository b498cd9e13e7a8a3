"""`fairhouse receipt-key`: rotate or revoke the key that signs receipts."""

import argparse

from fairhouse.app import wiring
from fairhouse.app.settings import Settings
from fairhouse.fairness.api import revoke_receipt_key, rotate_receipt_key
from fairhouse.fairness.types import ReceiptKey
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is done, and to which key."""
    parser.add_argument("deed", choices=("rotate", "revoke"))
    parser.add_argument("key_id", nargs="?", help="of the key to revoke")
    parser.add_argument("--because", help="shown to everybody beside a revoked key")


async def main(settings: Settings, arguments: argparse.Namespace) -> str:
    """Do it; returns a sentence for the operator. Refuses as the use cases do."""
    sealer = wiring.sealer(settings)
    db = await Database.connect(settings.database.app_url)
    try:
        async with db.tx() as tx:
            made = await _do(tx, sealer, arguments)
    finally:
        await db.close()
    return f"Key {made.id} signs receipts from {made.active_from.isoformat(timespec='seconds')}."


async def _do(tx: Tx, sealer: Sealer, arguments: argparse.Namespace) -> ReceiptKey:
    if arguments.deed == "rotate":
        return await rotate_receipt_key(tx, sealer=sealer)
    return await revoke_receipt_key(
        tx,
        sealer=sealer,
        key_id=arguments.key_id or "",
        because=arguments.because or "No reason was given.",
    )

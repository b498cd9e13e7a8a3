"""kill -9 of the application, of PostgreSQL, and of both, at random moments under load over HTTP.

A real API process on a PostgreSQL of its own with fsync on. Its clients outlive it and give no bet
up: what got no answer is asked again, with the same id, until it is answered. Then every bet that
was ever acknowledged is there once and as it was told, nothing else is there, nonces have neither
gap nor reuse, the books balance, and the hot rows are what the journal adds up to.

`make soak` takes twenty rounds: FAIRHOUSE_CRASH_ROUNDS. The moments follow from
FAIRHOUSE_CRASH_SEED, which a failure names.
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devnet.prices import signed_snapshot
from fairhouse.brands.api import all_brands
from fairhouse.kernel.ids import from_wire
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.crypto import token_hash
from fairhouse.platform.database import Database, DatabaseUnavailable, Tx
from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.roles import DatabaseUrls
from fairhouse.platform.postgres.server import PostgresServer
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateSettings
from tests.flows.api_process import GIFT, Api, Punter, free_ports, guests, playing, until_told
from tests.flows.betting_kit import USDT, check_books

ROUNDS = int(os.environ.get("FAIRHOUSE_CRASH_ROUNDS", "3"))
SEED = int(os.environ.get("FAIRHOUSE_CRASH_SEED", time.time_ns() % 1_000_000))
VICTIMS = ("application", "database", "both")
PLAYERS = 4
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RATES = RateSettings(public_keys=(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),))


@pytest.fixture
def server(tmp_path: Path):
    server = PostgresServer(tmp_path / "postgres", port=free_ports(1)[0], durable=True)
    yield server
    server.destroy()


def power_off(server: PostgresServer) -> None:
    """SIGKILL; the backends notice that their postmaster is gone, and write nothing more."""
    running = server._running()
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)


async def make_rich(urls: DatabaseUrls, punters: Sequence[Punter]) -> None:
    """They become registered players who bet real money: its value is counted in hot rows."""
    terms = all_brands()[0].terms_version
    db = await Database.connect(urls.owner)
    moves: list[Transfer] = []
    issuance = AccountKey(1, AccountCode.PLAY_ISSUANCE, USDT)
    for number, punter in enumerate(punters):
        punter.currency = USDT
        async with db.tx() as tx:
            player_id = await tx.fetchval(
                """
                update identity.player p
                set kind = 'registered', username = $2, email_index = $3, sealed_data = '',
                    password_hash = '$argon2id$', terms_version = $4, email_verified_at = now()
                from identity.session s where s.player_id = p.id and s.token_hash = $1
                returning p.id
                """,
                token_hash(punter.token),
                f"player{number}",
                bytes([number]),
                terms,
            )
            cash = AccountKey(1, AccountCode.PLAYER_CASH, USDT, owner=player_id)
            moves.append(a_move(tx, issuance, cash, GIFT))
    async with db.tx() as tx:
        await ledger.post(tx, transfers=moves)
    await db.close()


async def fund(urls: DatabaseUrls) -> None:
    """A bankroll, before the first process reads it."""
    db = await Database.connect(urls.app)
    async with db.tx() as tx:
        issuance = AccountKey(1, AccountCode.PLAY_ISSUANCE, USDT)
        bankroll = AccountKey(1, AccountCode.HOUSE_BANKROLL, USDT, lane=0)
        await ledger.post(tx, transfers=[a_move(tx, issuance, bankroll, 10**12)])
    await db.close()


def a_move(tx: Tx, debit: AccountKey, credit: AccountKey, amount: int) -> Transfer:
    return Transfer(
        id=tx.new_id(), debit=debit, credit=credit, amount=amount, reason="test", ref="test"
    )


async def tell_prices(urls: DatabaseUrls) -> None:
    db = await connected(urls.worker)
    async with db.tx() as tx:
        await rates.record_snapshot(tx, document=signed_snapshot(tx.now, KEY), settings=RATES)
    await db.close()


async def check_journal(url: str, punters: Sequence[Punter]) -> None:
    """The journal holds what was told, and nothing else; hot rows follow from it."""
    db = await connected(url)
    await check_books(db)
    async with db.read() as tx:
        rows = await tx.fetch("select * from betting.entry")
        hot = await tx.fetch("select * from betting.player_hot")
    await db.close()
    told = {
        from_wire("bet", id_): bet["nonce"]
        for punter in punters
        for id_, bet in (punter.told | punter.rounds).items()
    }
    placed = [row for row in rows if row["kind"] in {"instant", "open"}]
    assert len(placed) == len(told)
    assert {row["id"]: row["nonce"] for row in placed} == told
    for row in hot:
        mine = [one for one in rows if one["player_id"] == row["player_id"]]
        today = [one for one in mine if one["at"].astimezone(UTC).date() == row["counted_day"]]
        assert (row["wagered_value"], row["returned_value"]) == values(mine)
        assert (row["wagered_day"], row["returned_day"]) == values(today)


def values(rows: Iterable[Any]) -> tuple[int, int]:
    """What was wagered and what came back, in micro-units of the reference currency."""
    wagered = returned = 0
    for row in rows:
        assert row["stake_value"] is not None
        if row["kind"] in {"instant", "open"}:
            wagered += row["stake_value"]
        if row["stake"]:
            returned += row["stake_value"] * row["payout"] // row["stake"]
    return wagered, returned


async def connected(url: str) -> Database:
    async with asyncio.timeout(300):
        while True:
            try:
                return await Database.connect(url)
            except DatabaseUnavailable:
                await asyncio.sleep(0.1)


async def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(server, tmp_path):
    urls = await asyncio.to_thread(server.start)
    await asyncio.to_thread(upgrade, urls.owner)
    await fund(urls)
    await tell_prices(urls)
    chance = random.Random(SEED)
    api = Api(urls, tmp_path)
    await api.start()
    try:
        async with guests([api.url], PLAYERS) as punters:
            await make_rich(urls, punters)
            for number in range(ROUNDS):
                victim = VICTIMS[number % len(VICTIMS)]
                told = f"round {number}, {victim}, FAIRHOUSE_CRASH_SEED={SEED}"
                await tell_prices(urls)
                try:
                    async with playing(punters):
                        await until_told(punters, 30)
                        await asyncio.sleep(chance.uniform(0, 0.4))
                        await crash(victim, api, server, chance)
                        await until_told(punters, 30)
                    for punter in punters:
                        await punter.ask_again(5)
                        await punter.check()
                    await check_journal(urls.app, punters)
                except Exception as error:
                    error.add_note(told)
                    raise
    finally:
        await api.kill()


async def crash(victim: str, api: Api, server: PostgresServer, chance: random.Random) -> None:
    """In either order, a moment apart; then both come back."""
    blows = {
        "application": [api.kill],
        "database": [lambda: asyncio.to_thread(power_off, server)],
    }.get(victim) or [api.kill, lambda: asyncio.to_thread(power_off, server)]
    chance.shuffle(blows)
    for blow in blows:
        await blow()
        await asyncio.sleep(chance.uniform(0, 0.05))
    await asyncio.to_thread(server.start)
    if victim != "database":
        await api.start()

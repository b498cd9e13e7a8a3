"""The disk is full: under the tables, under the log, and (where we may mount) for real.

A limit on the size of files does to PostgreSQL what a full disk does (it says so itself, where it
ignores SIGXFSZ), and needs no rights: the server's own user sets it on its running processes.
Bets are refused meanwhile, and nothing is lied about: what was acknowledged is there, what was
refused is whole or absent, and the repetition under the same id says which.
"""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from structlog.testing import capture_logs

from fairhouse.betting.api import WriterSettings
from fairhouse.betting.jobs import fold_lanes
from fairhouse.betting.types import Bettor
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.refusals import Unavailable
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.binaries import PostgresUnavailable, choose_user
from fairhouse.platform.postgres.roles import DatabaseUrls
from fairhouse.platform.postgres.server import PostgresServer
from tests.flows.api_process import free_ports
from tests.flows.betting_kit import Table, check_books, new_player, table_on
from tests.folding import check_fold

UNIT = 10**6
PLAYERS = 12
SEGMENT = 16 * 2**20
"""A file of the log: as large from its beginning."""
UNLIMITED = "unlimited"
FILLER_ROWS = 70_000
DISK_MB = 260
FILL_S = 20
RECOVER_S = 60


def can_mount() -> bool:
    """Whether this process may mount a small disk."""
    made = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt"],
        capture_output=True,
        check=False,
    )
    return made.returncode == 0


@dataclass
class Machine:
    """A server of our own, and the means to fill its disk."""

    server: PostgresServer
    urls: DatabaseUrls
    folder: Path

    def limit_files(self, size: int | str) -> None:
        """No process of the server may write beyond this place in any file."""
        user = choose_user()
        for pid in self._pids():
            subprocess.run(
                ["prlimit", "--pid", str(pid), f"--fsize={size}:"],
                check=False,
                capture_output=True,
                user=user.uid if user.is_other else None,
                group=user.gid if user.is_other else None,
            )

    def _pids(self) -> list[int]:
        running = self.server._running()
        if running is None:
            return []
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        return [running.pid, *map(int, children)]

    def start_again(self) -> None:
        """As its operator would, once there is space: it recovers by itself if it still runs."""
        deadline = time.monotonic() + RECOVER_S
        while True:
            self.limit_files(UNLIMITED)
            try:
                self.server.start()
                return
            except (PostgresUnavailable, psycopg.OperationalError):
                assert time.monotonic() < deadline
                time.sleep(0.2)


@contextmanager
def machine_on(folder: Path) -> Generator[Machine]:
    server = PostgresServer(folder / "postgres", port=free_ports(1)[0])
    urls = server.start()
    try:
        upgrade(urls.owner)
        yield Machine(server, urls, folder)
    finally:
        server.destroy()


@contextmanager
def small_disk() -> Generator[Path]:
    """A disk of its own, a few hundred megabytes, where the server's user can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="fairhouse-disk-"))
    options = f"size={DISK_MB}m,mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill_partitions(machine: Machine) -> None:
    """Bets of nothing, by nobody: today's partition is larger than the limit to come."""
    with psycopg.connect(machine.urls.owner) as connection:
        connection.execute(
            """
            insert into betting.entry (
                id, kind, round_id, brand_id, lane, lane_seq, player_id, currency, cash_account,
                house_account, stake, payout, balance_after, game, game_version, table_hash,
                seed_pair_id, nonce, step, params, outcome, fingerprint, at)
            select id, 'instant', id, 1, 15, number, id, 'PLAY', 0, 0, 0, 0, 0, 'dice', '1', '',
                id, 0, 0, '{}', jsonb_build_object('filler', repeat(md5(number::text), 4)),
                ''::bytea, now()
            from (select uuidv7() as id, number from generate_series(1, %s) as number)
            """,
            [FILLER_ROWS],
        )


def limit_tables(machine: Machine) -> Callable[[], None]:
    """The log has room, today's bets have none."""
    machine.limit_files(SEGMENT + 2**20)
    return lambda: machine.limit_files(UNLIMITED)


def limit_log(machine: Machine) -> Callable[[], None]:
    """The log cannot be written any further: PostgreSQL stops itself and has to recover."""
    with psycopg.connect(machine.urls.admin) as connection:
        row = connection.execute(
            "select file_offset from pg_walfile_name_offset(pg_current_wal_insert_lsn())"
        ).fetchone()
    assert row is not None
    machine.limit_files(row[0] + 2**15)
    return machine.start_again


def fill_disk(machine: Machine) -> Callable[[], None]:
    """Not a byte is left on it."""
    ballast = machine.folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(2**20))

    def make_room() -> None:
        ballast.unlink()
        machine.start_again()

    return make_room


@dataclass
class Asked:
    """A bet as it was asked for, and what was told."""

    bettor: Bettor
    id: str
    answer: Any = None


class Crowd:
    """Players who bet on, whatever they are told, each keeping what they were told."""

    def __init__(self, table: Table, players: list[Bettor]) -> None:
        self.table = table
        self.players = players
        self.asked: list[Asked] = []
        self.refused = 0
        self.stopped = False

    async def play(self, bettor: Bettor) -> None:
        while not self.stopped:
            one = Asked(bettor, self.table.bet_id())
            self.asked.append(one)
            try:
                one.answer = await self.table.dice(bettor, bet_id=one.id, stake="0.01")
            except Unavailable:
                self.refused += 1
                await asyncio.sleep(0.02)

    async def repeat(self) -> None:
        """Ask again for everything that has no answer."""
        for one in self.asked:
            while one.answer is None:
                try:
                    one.answer = await self.table.dice(one.bettor, bet_id=one.id, stake="0.01")
                except Unavailable:
                    await asyncio.sleep(0.05)


async def _until(condition: Callable[[], bool], seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing was refused, or nothing came back"
        await asyncio.sleep(0.02)


async def story(machine: Machine, fill: Callable[[Machine], Callable[[], None]]) -> None:
    """Play, fill the disk, be refused, make room, repeat, and look at everything."""
    db = await Database.connect(machine.urls.app, PoolSettings(size_max=6))
    settings = WriterSettings(lease_s=1.0)
    async with table_on(db, settings) as table:
        players = [new_player() for _ in range(PLAYERS)]
        for player in players:
            await table.give(player, 100 * UNIT)
            await table.dice(player)
        crowd = Crowd(table, players)
        playing = [asyncio.create_task(crowd.play(player)) for player in players]
        await _until(lambda: len(crowd.asked) > 10 * PLAYERS, FILL_S)
        make_room = await asyncio.to_thread(fill, machine)
        await _until(lambda: crowd.refused > 3 * PLAYERS, FILL_S)
        await asyncio.to_thread(make_room)
        crowd.stopped = True
        await asyncio.wait_for(asyncio.gather(*playing), RECOVER_S)
        acknowledged = [one for one in crowd.asked if one.answer is not None]
        await asyncio.wait_for(crowd.repeat(), RECOVER_S)

        async with db.read() as tx:
            rows = await tx.fetch(
                "select id, nonce, outcome, player_id from betting.entry where stake > 0"
            )
        there = {row["id"]: row for row in rows}
        assert len(acknowledged) < len(crowd.asked)
        assert len(there) == len(crowd.asked) + PLAYERS
        for one in crowd.asked:
            row = there[from_wire("bet", one.id)]
            told = (one.answer.nonce, one.answer.outcome)
            assert told == (row["nonce"], row["outcome"])
        await check_books(db)
    while await fold_lanes(db):
        pass
    await check_fold(db)
    await db.close()


async def test_tables_cannot_grow(tmp_path: Path):
    with machine_on(tmp_path) as machine, capture_logs():
        fill_partitions(machine)
        await story(machine, limit_tables)


async def test_the_log_cannot_be_written(tmp_path: Path):
    with machine_on(tmp_path) as machine, capture_logs():
        await story(machine, limit_log)


if can_mount():

    async def test_a_real_disk_is_full():
        with small_disk() as folder, machine_on(folder) as machine, capture_logs():
            await story(machine, fill_disk)

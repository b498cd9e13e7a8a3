"""Evidence: exports that strangers verify, significant events, programs, clocks."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from fairhouse.app.evidence.significant import RULES, Marks, SignificantEvents
from fairhouse.app.evidence.watching import IllLoops, note_process
from fairhouse.audit import api as audit
from fairhouse.audit.jobs import ClockDrifted, watch_audit, watch_clock
from fairhouse.audit.types import Significant
from fairhouse.betting.jobs import keep_partitions
from fairhouse.betting.types import BetId
from fairhouse.brands.types import BrandId
from fairhouse.identity.events import (
    CredentialsChanged,
    LoginFailed,
    PlayerErased,
    PlayerStatusChanged,
)
from fairhouse.identity.types import PlayerId
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.ledger.events import BooksFoundImbalanced
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, PoolSettings, WritesHalted
from fairhouse.platform.loops import HealthBoard, LoopHealth
from fairhouse.platform.outbox import News, announce
from fairhouse.platform.postgres.roles import DatabaseUrls
from fairhouse.protection.events import PlayerExcluded
from fairhouse.protection.types import ExclusionKind
from fairhouse.reports.api import fold_results
from fairhouse.reports.types import Marks as BetMarks
from tests.conftest import SettableClock
from tests.flows.betting_kit import new_player
from tests.flows.test_drift import table
from tests.norms import ROOT

__all__ = ["table"]

SEALER = Sealer({1: bytes(range(32))})
KEYS = audit.audit_keys(SEALER)
PLAYER = PlayerId(UUID("01890000-0000-7000-8000-000000000001"))
SCRIPT = [sys.executable, "-S", str(ROOT / "tools/verify_audit.py")]


async def write(db: Database, count: int, stream: str = "brand:1") -> None:
    for number in range(count):
        async with db.tx() as tx:
            await audit.record(
                tx,
                stream=stream,
                actor="stf_x",
                deed="switch.pause",
                subject="betting",
                reason=f"reason {number} with ümlaut and 'quotes'",
                before=False,
                after=True,
            )


async def exported(db: Database, file: Path) -> list[str]:
    async with db.read() as tx:
        lines = [line async for line in audit.export(tx, keys=KEYS)]
    write_text(file, "".join(lines))
    return lines


def write_text(file: Path, text: str) -> None:
    file.write_text(text)


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def judged(file: Path, *more: str) -> tuple[int, str]:
    done = subprocess.run([*SCRIPT, str(file), *more], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


async def events(db: Database) -> list[tuple[str, str, str]]:
    async with db.read() as tx:
        found = await audit.entries(tx, streams=["events", "events:1"], limit=200)
    return [(one.action, one.actor, one.subject) for one in reversed(found)]


# --- Exports


async def test_a_stranger_verifies_an_export_with_nothing_of_ours(db: Database, tmp_path: Path):
    await write(db, 4)
    await write(db, 2, "house")
    await watch_audit(db, SEALER)
    await exported(db, tmp_path / "log")

    assert judged(tmp_path / "log") == (0, "every link and every signed checkpoint holds\n")
    assert judged(tmp_path / "log", "--public-key", KEYS.public.hex())[0] == 0
    other = audit.audit_keys(Sealer({1: bytes(32)})).public.hex()
    assert judged(tmp_path / "log", "--public-key", other)[0] == 1


def _flip(lines: list[str]) -> list[str]:
    return [line.replace("reason 2", "reason 3") for line in lines]


def _delete(lines: list[str]) -> list[str]:
    return lines[:2] + lines[3:]


def _reorder(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def _cut(lines: list[str]) -> list[str]:
    return lines[:-1]


def _end(lines: list[str]) -> list[str]:
    return [line for line in lines if '"seq\\":4' not in line]


def _forge(lines: list[str]) -> list[str]:
    made = [json.loads(line) for line in lines]
    for one in made:
        if "checkpoint" in one:
            good = bytes.fromhex(one["checkpoint"]["signature"])
            one["checkpoint"]["signature"] = (good[:-1] + bytes((good[-1] ^ 1,))).hex()
    return [json.dumps(one) + "\n" for one in made]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_flip, "brand:1 #3 altered"),
        (_delete, "brand:1 #2 unlinked"),
        (_reorder, "brand:1 #1 unlinked"),
        (_cut, "the file has no last line"),
        (_end, "brand:1 #4 cut"),
        (_forge, "brand:1 #4 forged"),
    ],
)
async def test_what_was_done_to_an_export_is_named(
    db: Database, tmp_path: Path, change: Callable[[list[str]], list[str]], said: str
):
    await write(db, 4)
    await watch_audit(db, SEALER)
    lines = await exported(db, tmp_path / "log")
    (tmp_path / "log").write_text("".join(change(lines)))

    code, text = judged(tmp_path / "log")
    assert code == 1
    assert said in text


# --- Significant events


async def test_each_kind_of_news_is_exactly_one_event(db: Database, worker_db: Database):
    now = db.now()
    news = [
        LoginFailed(1, PLAYER, locked=True),
        CredentialsChanged(1, PLAYER, "email"),
        PlayerErased(1, PLAYER),
        PlayerStatusChanged(1, PLAYER, "locked"),
        PlayerExcluded(BrandId(1), PLAYER, ExclusionKind.SELF_EXCLUSION, now + timedelta(days=30)),
        BooksFoundImbalanced(
            brand_id=1,
            invariant="never_negative",
            subject="1/player_cash/ETH",
            expected="0",
            actual="-1",
        ),
    ]
    async with db.tx() as tx:
        for one in news:
            await announce(tx, one)  # type: ignore[arg-type]
    watch = SignificantEvents(worker_db)
    while await watch.step():
        pass
    assert await SignificantEvents(worker_db).step() == 0, "another reader finds them done"

    player = to_wire("ply", PLAYER)
    assert await events(db) == [
        ("event.login_failed", "unknown", player),
        ("event.personal_data_changed", player, player),
        ("event.personal_data_changed", "identity", player),
        ("event.account_status_changed", "identity", player),
        ("event.excluded", "protection", player),
        ("event.program_error", "job:books", "1/player_cash/ETH"),
    ]
    async with db.read() as tx:
        for one in await audit.entries(tx, streams=["events:1"]):
            assert one.reason
            assert {"before", "after"} <= one.details.keys()
            assert one.component == "fairhouse-tests"


def test_payments_are_events_from_their_mark_on():
    rule = RULES["cashier.deposit_credited"]

    def news(value: str | None) -> News:
        view = {"value": value, "amount": "1", "asset": "eth.ethereum"}
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return News(1, 1, "cashier.deposit_credited", 1, 1, "dep_x", {"deposit": view}, at)

    assert rule(news("9999.999999"), Marks()) is None
    assert rule(news(None), Marks()) is None
    noted = rule(news("10000"), Marks())
    assert noted is not None
    assert noted.kind is Significant.LARGE_TRANSACTION


async def test_a_process_says_that_it_began_and_ended(db: Database):
    await note_process(db, is_started=True)
    await note_process(db, is_started=False)
    assert await events(db) == [
        ("event.process_started", "operator", "fairhouse-tests"),
        ("event.process_stopped", "operator", "fairhouse-tests"),
    ]


async def test_a_loop_that_became_ill_is_told_once_and_its_recovery_once(db: Database):
    board = HealthBoard()
    board.loops["rates"] = LoopHealth("rates", 1.0, failures=3, last_error="E: no", started=-1e9)
    watch = IllLoops(db, board)
    for _ in range(3):
        await watch.step()
    board.loops.clear()
    await watch.step()
    async with db.read() as tx:
        found = await audit.entries(tx, streams=["events"])
    assert [(one.subject, one.reason, one.details["after"]) for one in reversed(found)] == [
        ("fairhouse-tests/rates", "E: no", {"ill": True}),
        ("fairhouse-tests/rates", "well again", {"ill": False}),
    ]


# --- Clocks


class OwnClock:
    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


async def test_a_clock_that_is_off_halts_writes_and_says_so(database_urls: DatabaseUrls):
    clock = OwnClock()
    db = await Database.connect(
        database_urls.app, PoolSettings(application_name="fairhouse-off"), clock=clock
    )
    try:
        assert await watch_clock(db) == 0
        clock.off = timedelta(seconds=0.2)
        assert await watch_clock(db) == 0
        for seconds in (2, -2):
            clock.off = timedelta(seconds=seconds)
            for _ in range(2):
                with pytest.raises(ClockDrifted):
                    await watch_clock(db)
        with pytest.raises(WritesHalted, match="off the database's"):
            async with db.tx() as tx:
                await tx.execute("select 1")
        async with db.read() as tx:
            assert await tx.fetchval("select 1") == 1
        clock.off = timedelta()
        assert await watch_clock(db) == 0
        async with db.tx() as tx:
            assert await tx.fetchval("select 1") == 1
        found = await events(db)
    finally:
        await db.close()
    assert found == [
        ("event.clock_drift", "job:clock", "fairhouse-off"),
        ("event.clock_drift", "job:clock", "fairhouse-off"),
    ]


# --- Programs


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A small tree of programs."""
    for name, text in {
        "fairhouse/a.py": "x = 1\n",
        "fairhouse/__pycache__/a.pyc": "junk",
        "signer/s.py": "y = 2\n",
        "migrations/sql/1.sql": "select 1;\n",
        "pyproject.toml": "[project]\n",
        "settings.toml": "a = 1\n",
        "README.md": "not a program\n",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


async def measure(db: Database, root: Path):
    async with db.read() as tx:
        manifest = await audit.measure_program(tx, root=root, settings=root / "settings.toml")
        return manifest, await audit.compare_program(tx, manifest=manifest)


async def approve(db: Database, root: Path) -> None:
    manifest, _ = await measure(db, root)
    async with db.tx() as tx:
        await audit.install_program(tx, manifest=manifest, actor="cli:ann", reason="release 1")


async def test_a_changed_program_setting_or_table_is_found(
    db: Database, owner_db: Database, installed: Path
):
    _, before = await measure(db, installed)
    assert (before.approved, before.agrees) == (None, False)
    await approve(db, installed)
    assert (await measure(db, installed))[1].agrees

    (installed / "fairhouse/a.py").write_text("x = 2\n")
    (installed / "signer/new.py").write_text("")
    (installed / "migrations/sql/1.sql").unlink()
    (installed / "settings.toml").write_text("a = 2\n")
    async with owner_db.tx() as tx:
        await tx.execute("alter table audit.program disable trigger append_only")
    manifest, found = await measure(db, installed)
    assert dict(found.changed) == {
        "database": "altered",
        "fairhouse/a.py": "altered",
        "migrations/sql/1.sql": "removed",
        "settings": "altered",
        "signer/new.py": "added",
    }
    for is_new in (True, False):
        async with db.tx() as tx:
            assert await audit.note_program(tx, found=found, actor="job:programs") is is_new
    await approve(db, installed)
    async with db.read() as tx:
        log = await audit.entries(tx, streams=["house", "events"], limit=9)
    assert [one.action for one in reversed(log)] == [
        "program.install",
        "event.program_mismatch",
        "program.install",
    ] or sorted(one.action for one in log) == [
        "event.program_mismatch",
        "program.install",
        "program.install",
    ]
    assert next(one.details["after"] for one in log if one.action == "program.install") == {
        "digest": found.digest,
        "files": len(manifest),
    }


async def test_the_standalone_script_gives_the_same_digest(db: Database, installed: Path):
    _, found = await measure(db, installed)
    async with db.read() as tx:
        schema = await tx.fetchval("select audit.schema_text()")
    (installed / "schema.txt").write_text(schema + "\n")
    script = [sys.executable, "-S", str(ROOT / "tools/program_digest.py"), str(installed)]
    more = ["--settings", f"{installed}/settings.toml", "--schema", f"{installed}/schema.txt"]
    assert run(*script, *more).strip() == found.digest


async def test_what_time_adds_to_the_tables_changes_no_digest(
    db: Database, worker_db: Database, clock: SettableClock
):
    async with db.read() as tx:
        before = await tx.fetchval("select audit.schema_text()")
    clock.advance(days=40)
    await keep_partitions(worker_db)
    async with db.read() as tx:
        assert await tx.fetchval("select audit.schema_text()") == before


# --- Bets


async def test_large_and_voided_bets_are_events_once(table, db: Database, worker_db: Database):
    player = new_player()
    marks = BetMarks(wager=2 * 10**6, win=10**6)
    await table.give(player, 10**9, CurrencyCode("USDT"))
    small = await table.dice(player, currency_code="USDT", stake="0.1")
    large = await table.dice(player, currency_code="USDT", stake="2")
    opened = await table.mines(player, currency_code="USDT")
    await table.road.void(
        round_id=BetId(from_wire("bet", opened.id)), bettor=player, reason="a test"
    )
    for _ in range(2):
        await fold_results(worker_db, marks=marks)
    async with db.read() as tx:
        found = await audit.entries(tx, streams=["events:1"])
    by_bet = {(one.action, one.subject) for one in found}
    won = {("event.large_win", large.id)} if Decimal(large.payout) >= 1 else set()
    assert by_bet == {
        ("event.large_wager", large.id),
        ("event.bet_voided", opened.id),
        *won,
    }
    assert len(found) == len(by_bet)
    assert small.id not in {one.subject for one in found}


class SlowClock(OwnClock):
    """Two seconds pass between a question and its answer, as on a machine that stood still."""

    def __call__(self) -> datetime:
        self.off = timedelta(seconds=2) - self.off
        return super().__call__()


async def test_a_measurement_that_took_long_halts_nothing(database_urls: DatabaseUrls):
    clock = SlowClock()
    db = await Database.connect(database_urls.app, clock=clock)
    try:
        clock.off = timedelta(seconds=2)
        skew_s, error_s = await db.skew_s()
        assert 0.9 < skew_s < 1.5
        assert error_s >= 1
        clock.off = timedelta(seconds=2)
        assert await watch_clock(db) == 0
        assert db.halted is None
    finally:
        await db.close()

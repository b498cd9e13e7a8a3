"""The norms hold for every file of ours, and each check is shown to catch its sin."""

import subprocess
from collections.abc import Iterable

import pytest

from tests import norms
from tests.norms import CHECKS, ROOT, Check, Source

SOURCES = norms.sources()
SCHEMAS = {path.name for path in (ROOT / "fairhouse").iterdir() if path.is_dir()}
TEXT_SUFFIXES = {
    *(".py", ".md", ".sql", ".toml", ".json", ".txt", ".in", ".ts", ".svelte", ".html", ".css"),
    *(".sh", ".sol", ".vy", ".yml", ".yaml", ".j2", ""),
}


def expect_none(findings: Iterable[str]) -> None:
    """Fail with one finding per line."""
    found = [*findings]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_norm_holds(check: Check):
    expect_none(finding for source in SOURCES for finding in check(source))


def test_stores_keep_to_their_schema():
    expect_none(
        finding
        for source in SOURCES
        for finding in norms.stores_keep_to_their_schema(source, SCHEMAS)
    )


def test_modules_are_small():
    sizes = norms.module_sizes(SOURCES)

    bounds = norms.MODULE_LINES_MAX_OF
    assert {} == {
        name: size
        for name, size in sizes.items()
        if size > bounds.get(name, norms.MODULE_LINES_MAX)
    }


def test_migrations_keep_their_schema_and_width():
    files = [(path.name, path.read_text()) for path in (ROOT / "migrations/sql").glob("*.sql")]

    assert files
    expect_none(
        finding
        for name, text in files
        for check in (norms.migration_keeps_to_its_schema, norms.lines_fit)
        for finding in check(name, text)
    )


def test_no_machine_is_named():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    texts = [name for name in names if (ROOT / name).suffix in TEXT_SUFFIXES]

    expect_none(
        finding
        for name in texts
        if name != "tests/test_tidy.py"
        for finding in norms.no_machine_in_it(name, (ROOT / name).read_text(errors="replace"))
    )


DEEP = """
def f(a):
    for b in a:
        if b:
            with b:
                while b: pass
"""
FLAT = """
def f(a):
    if a: pass
    elif a: pass
    elif a: pass
    elif a: pass
    elif a: pass
"""
LONG = "def f():\n" + "    x = 1\n" * 70
API = "async def place(tx, player): ...\n"
SINS = [
    (norms.file_is_short, "fairhouse/ledger/rules.py", "x = 1\n" * 501),
    (norms.functions_are_short, "tests/x.py", LONG),
    (norms.nesting_is_shallow, "fairhouse/ledger/rules.py", DEEP),
    (norms.names_say_something, "fairhouse/ledger/utils.py", ""),
    (norms.names_say_something, "fairhouse/common/rules.py", ""),
    (norms.money_knows_no_float, "fairhouse/ledger/rules.py", "x = 1.5"),
    (norms.money_knows_no_float, "fairhouse/games/dice/rules.py", "def f(a: float): ..."),
    (norms.money_knows_no_float, "fairhouse/cashier/rules.py", "x = float(y)"),
    (norms.money_knows_no_float, "fairhouse/kernel/money.py", "x = a / b"),
    (norms.money_knows_no_float, "fairhouse/kernel/money.py", "x /= b"),
    (norms.money_knows_no_float, "fairhouse/custody/x.py", "def f(b_s=1, *, a=5.0): ..."),
    (norms.pure_files_ask_no_clock, "fairhouse/risk/rules.py", "x = datetime.now(UTC)"),
    (norms.pure_files_ask_no_clock, "fairhouse/risk/types.py", "x = uuid4()"),
    (norms.time_is_read_at_the_edge, "fairhouse/risk/api.py", "x = datetime.now(UTC)"),
    (norms.own_code_is_never_mocked, "tests/x.py", "from unittest.mock import Mock"),
    (norms.own_code_is_never_mocked, "tests/x.py", "from unittest import mock"),
    (norms.own_code_is_never_mocked, "tests/x.py", "monkeypatch.setattr(a, 'b', 1)"),
    (norms.sql_lives_in_the_store, "fairhouse/risk/api.py", "x = 'select 1 from risk.x'"),
    (norms.sql_lives_in_the_store, "fairhouse/risk/jobs.py", "x = f'delete from risk.{y}'"),
    (norms.stores_return_types, "fairhouse/risk/store.py", "def f() -> list[Record]: ..."),
    (norms.peers_use_the_front_door, "fairhouse/risk/api.py", "import fairhouse.ledger.store"),
    (norms.peers_use_the_front_door, "fairhouse/risk/api.py", "from fairhouse.ledger import rules"),
    (
        norms.peers_use_the_front_door,
        "fairhouse/risk/api.py",
        "from fairhouse.ledger.store import f",
    ),
    (
        norms.adapters_are_named_by_wiring,
        "fairhouse/app/worker.py",
        "from fairhouse.chains.adapters.evm import Node",
    ),
    (norms.apis_are_narrow, "fairhouse/risk/api.py", API),
    (norms.apis_are_narrow, "fairhouse/risk/api.py", "async def place(tx): ...\n"),
    (norms.apis_are_narrow, "fairhouse/risk/api/x.py", "async def _(): 'x'\n" + API * 13),
    (norms.signer_keeps_to_itself, "signer/x.py", "from fairhouse.custody import types"),
    (norms.signer_keeps_to_itself, "signer/x.py", "from fairhouse.chains.ports import Node"),
]
VIRTUES = [
    (norms.functions_are_short, "tests/x.py", LONG.removesuffix("    x = 1\n")),
    (norms.nesting_is_shallow, "fairhouse/ledger/rules.py", FLAT),
    (norms.money_knows_no_float, "fairhouse/custody/engine.py", "POLL_S: float = 0.5"),
    (norms.money_knows_no_float, "fairhouse/custody/engine.py", "await asyncio.sleep(0.5)"),
    (norms.money_knows_no_float, "fairhouse/custody/x.py", "def f(*, a_s: float = 5.0): ..."),
    (norms.money_knows_no_float, "fairhouse/fairness/rules.py", "def floats(): return 1 / 2"),
    (norms.money_knows_no_float, "fairhouse/platform/loops.py", "x = 1.5"),
    (norms.sql_lives_in_the_store, "fairhouse/risk/store.py", "x = 'select 1 from risk.x'"),
    (norms.sql_lives_in_the_store, "fairhouse/risk/api.py", "'''select a thing from it'''"),
    (norms.sql_lives_in_the_store, "fairhouse/risk/api.py", "x = 'Select a currency.'"),
    (norms.peers_use_the_front_door, "fairhouse/risk/api.py", "from fairhouse.ledger import api"),
    (
        norms.peers_use_the_front_door,
        "fairhouse/risk/api.py",
        "from fairhouse.ledger.api import post\nfrom fairhouse.risk.store import x",
    ),
    (norms.apis_are_narrow, "fairhouse/risk/api.py", "async def f(tx, *, a):\n    'It does.'"),
    (norms.signer_keeps_to_itself, "signer/x.py", "from fairhouse.chains.codecs import evm"),
]


@pytest.mark.parametrize(("check", "path", "text"), SINS)
def test_a_sin_is_caught(check: Check, path: str, text: str):
    assert [*check(Source(path, text))]


@pytest.mark.parametrize(("check", "path", "text"), VIRTUES)
def test_a_virtue_is_let_pass(check: Check, path: str, text: str):
    assert [] == [*check(Source(path, text))]


def test_sins_outside_of_python_are_caught():
    foreign = Source("fairhouse/risk/store.py", "x = 'select 1 from ledger.balance'")

    assert [*norms.stores_keep_to_their_schema(foreign, {"ledger", "risk"})]
    assert [*norms.migration_keeps_to_its_schema("0008_risk.sql", "create table ledger.x ()")]
    assert [*norms.lines_fit("x.sql", "-" * 101)]
    assert [*norms.no_machine_in_it("x.md", "see /home/ada/notes")]
    assert [*norms.no_machine_in_it("x.txt", "https://files.pythonHOSTED.org/x".lower())]

"""What somebody with the application's own database role can do to the books: nothing unseen.

Each attack is tried as fairhouse_app and as fairhouse_worker; the journal also as its owner, whose
mistakes the triggers stop.
"""

from uuid import UUID, uuid4

import asyncpg
import pytest

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.ledger import api
from fairhouse.ledger.types import AccountCode, AccountKey, Kind, Transfer
from fairhouse.platform.database import Database, Tx

BTC = CurrencyCode("BTC")
HOUSE = AccountKey(1, AccountCode.HOUSE_BANKROLL, BTC, lane=0)
PLAYER = AccountKey(1, AccountCode.PLAYER_CASH, BTC, owner=UUID(int=7))
FORGED = "decode(repeat('00', 32), 'hex')"

DENIED = asyncpg.InsufficientPrivilegeError
IMPOSSIBLE = asyncpg.CheckViolationError
FROZEN = asyncpg.RestrictViolationError

CHANGES = [
    "update ledger.transfer set amount = amount + 1",
    "update ledger.transfer set reason = 'gift'",
    "delete from ledger.transfer",
    "truncate ledger.transfer cascade",
    "update ledger.resolution set transfer_id = pending_id",
    "delete from ledger.resolution",
    "truncate ledger.resolution",
    "update ledger.account set owner = null",
    "delete from ledger.account",
    "truncate ledger.account cascade",
    "update ledger.chart set floored = false",
    "delete from ledger.chart",
]
ATTACKS = [
    *((sql, DENIED) for sql in CHANGES),
    # The floor of a balance, and balance rows themselves, belong to the owner.
    ("update ledger.balance set floored = false", DENIED),
    ("update ledger.balance set account_id = account_id + 100", DENIED),
    ("insert into ledger.balance (account_id, floored) values (99, false)", DENIED),
    ("delete from ledger.balance", DENIED),
    ("truncate ledger.balance", DENIED),
    ("delete from ledger.asset_balance", DENIED),
    ("insert into ledger.chart values ('free', 'credit', false, 'currency')", DENIED),
    (("insert into ledger.account (id, brand_id, code, unit) overriding system value"
     " values (99, 1, 'hot', 'eth.ethereum')"), DENIED),
    # The guards cannot be taken off.
    ("alter table ledger.balance drop constraint balance_no_overdraw", DENIED),
    ("alter table ledger.transfer disable trigger append_only", DENIED),
    ("drop trigger check_transfers on ledger.transfer", DENIED),
    (("create or replace function ledger.open_balance() returns trigger language plpgsql"
     " as 'begin return null; end'"), DENIED),
    ("set session_replication_role = replica", DENIED),
    ("drop view ledger.journal", DENIED),
    ("create table ledger.other (id int)", DENIED),
    ("select ledger.open_balance()", DENIED),
    ("set role fairhouse_owner", DENIED),
    ("alter role current_user superuser", DENIED),
    # What the role may write must still be possible.
    ("update ledger.balance set debits_posted = credits_posted + 1 where floored", IMPOSSIBLE),
    ("update ledger.balance set debits_pending = credits_posted + 1 where floored", IMPOSSIBLE),
    ("update ledger.balance set debits_posted = -1", IMPOSSIBLE),
    ("insert into ledger.account (brand_id, code, unit) values (1, 'player_cash', 'eth.ethereum')",
     IMPOSSIBLE),
    ("insert into ledger.account (brand_id, code, unit) values (1, 'hot', 'ETH')", IMPOSSIBLE),
    ("insert into ledger.account (brand_id, code, unit) values (1, 'free', 'ETH')",
     asyncpg.ForeignKeyViolationError),
]  # fmt: skip


def forged(kind: str, debit: str, credit: str, amount: str, pending: str = "null") -> str:
    """A hand-written journal line; accounts by a subquery."""
    return (
        "insert into ledger.transfer (id, kind, debit_account, credit_account, amount, pending_id,"
        f" reason, ref, request_hash, at) values (gen_random_uuid(), '{kind}', {debit}, {credit},"
        f" {amount}, {pending}, 'forged', '', {FORGED}, now())"
    )


def account(key: AccountKey) -> str:
    return f"(select id from ledger.account where name = '{key.name}')"


@pytest.fixture(params=["app", "worker"])
def attacked(request: pytest.FixtureRequest, db: Database, worker_db: Database) -> Database:
    """The database under each of the roles that processes have."""
    return db if request.param == "app" else worker_db


@pytest.fixture
async def hold(db: Database) -> Transfer:
    """Books with something in them: a balance, an open hold, and accounts to cross over to."""
    held = Transfer(
        id=uuid4(), debit=PLAYER, credit=HOUSE, amount=40, reason="t", ref="t", kind=Kind.PENDING
    )
    single = Transfer(id=uuid4(), debit=HOUSE, credit=PLAYER, amount=100, reason="t", ref="t")
    async with db.tx() as tx:
        await api.post(tx, transfers=[single, held])
        await api.open_accounts(tx, keys=[OTHER_UNIT, OTHER_BRAND])
    return held


OTHER_UNIT = AccountKey(1, AccountCode.HOUSE_BANKROLL, CurrencyCode("ETH"), lane=0)
OTHER_BRAND = AccountKey(2, AccountCode.HOUSE_BANKROLL, BTC, lane=0)


async def strike(db: Database, sql: str, refused_as: type[Exception]) -> None:
    with pytest.raises(refused_as):
        async with db.tx() as tx:
            await tx.execute(sql)


async def test_no_attack_gets_through(attacked: Database, hold: Transfer):
    for sql, refused_as in ATTACKS:
        await strike(attacked, sql, refused_as)

    async with attacked.read() as tx:
        assert await api.imbalances(tx) == []
        assert (await api.balance(tx, key=PLAYER)).available == 60


async def test_a_forged_line_cannot_break_the_form(attacked: Database, hold: Transfer):
    player, house = account(PLAYER), account(HOUSE)
    pending = f"'{hold.id}'"
    for sql in (
        forged("single", player, player, "1"),
        forged("single", house, player, "0"),
        forged("single", house, player, "-5"),
        forged("single", house, account(OTHER_UNIT), "5"),
        forged("single", house, account(OTHER_BRAND), "5"),
        forged("single", house, "99", "5"),
        forged("single", house, player, "5", pending),
        forged("gift", house, player, "5"),
        forged("post", player, house, "5"),
        forged("post", player, house, "41", pending),
        forged("post", house, player, "5", pending),
        forged("void", player, house, "5", pending),
        forged("post", player, house, "5", "gen_random_uuid()"),
    ):
        await strike(attacked, sql, IMPOSSIBLE)


async def test_what_can_be_written_is_seen(attacked: Database, hold: Transfer):
    """The role may add journal lines and move counters: each alone is found by the invariants."""
    player, house = account(PLAYER), account(HOUSE)
    cases = [
        (("update ledger.balance set credits_posted = credits_posted + 5"
         f" where account_id = {player}"),
         {"debits_equal_credits", "stored_equals_journal"}),
        (("update ledger.balance set credits_posted = credits_posted + 5,"
         " debits_posted = debits_posted + 5"),
         {"stored_equals_journal"}),
        ("update ledger.balance set debits_pending = 0 where floored",
         {"debits_equal_credits", "stored_equals_journal"}),
        (forged("single", house, player, "5"), {"stored_equals_journal"}),
        (forged("post", player, house, "40", f"'{hold.id}'"),
         {"stored_equals_journal", "resolved_once"}),
        ((f"insert into ledger.resolution values ('{hold.id}',"
         f" (select id from ledger.transfer where kind = 'single'), now())"),
         {"stored_equals_journal", "resolved_once"}),
    ]  # fmt: skip
    for sql, invariants in cases:
        assert {item.invariant for item in await seen_after(attacked, sql)} == invariants


async def seen_after(db: Database, sql: str) -> list:
    class Undo(Exception):
        found: list

    async def attack(tx: Tx) -> None:
        assert await tx.execute(sql) > 0
        undo = Undo()
        undo.found = await api.imbalances(tx)
        raise undo

    with pytest.raises(Undo) as undone:
        async with db.tx() as tx:
            await attack(tx)
    return undone.value.found


async def test_even_the_owner_cannot_edit_the_journal_by_mistake(
    owner_db: Database, hold: Transfer
):
    for sql in CHANGES:
        await strike(owner_db, sql, FROZEN)


async def test_a_missing_floor_is_seen(owner_db: Database, db: Database, hold: Transfer):
    async with owner_db.tx() as tx:
        await tx.execute("alter table ledger.balance drop constraint balance_no_overdraw")
    async with db.tx() as tx:
        gift = Transfer(id=uuid4(), debit=PLAYER, credit=HOUSE, amount=61, reason="t", ref="t")
        await api.post(tx, transfers=[gift])
        (found,) = await api.imbalances(tx)

    assert (found.invariant, found.subject, found.actual) == ("never_negative", PLAYER.name, -1)

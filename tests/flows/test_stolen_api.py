"""Somebody owns the API: its database role with every grant, and our own code to write with.

What the grants and constraints forbid, and what the worker finds out for itself before it orders a
payment. What stays possible is named in docs/decisions/0080-what-a-stolen-api-can-do.md.
"""

from uuid import UUID

import asyncpg
import pytest

from fairhouse.cashier import postings
from fairhouse.cashier.types import Withdrawal, WithdrawalState
from fairhouse.custody import api as custody
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.ledger import api as ledger
from tests.flows.cashier_world import ETH, ETHER, World, a_vault, a_world

W = WithdrawalState
FORGED = UUID("019b8000-0000-7000-8000-000000000001")
WRITABLE = {
    "cashier.approval": "INSERT",
    "cashier.withdrawal": "INSERT UPDATE",
    "cashier.withdrawal_event": "INSERT",
    "chains.cursor": "update(rescan_last) update(rescan_next)",
    "chains.watched": "INSERT",
    "custody.address_sequence": "update(next_index)",
    "custody.deposit_address": "INSERT",
    "ledger.account": ("insert(brand_id) insert(code) insert(lane) insert(owner) insert(unit)"),
    "ledger.asset_balance": (
        "update(credits_pending) update(credits_posted) update(debits_pending)"
        " update(debits_posted)"
    ),
    "ledger.balance": (
        "update(credits_pending) update(credits_posted) update(debits_pending)"
        " update(debits_posted)"
    ),
    "ledger.resolution": "INSERT",
    "ledger.transfer": "INSERT",
    "rates.confirmation": "INSERT",
}
"""All that the API may write where coins are kept, counted, priced and ordered."""
DENIED = [
    "insert into chains.observation select * from chains.observation",
    "update chains.block set hash = '0x'",
    "update chains.cursor set height = 0",
    "insert into cashier.deposit select * from cashier.deposit",
    "update cashier.deposit set state = 'CREDITED'",
    "update cashier.receivable set repaid_units = owed_units",
    "update cashier.cursor set height = 10",
    "delete from cashier.withdrawal",
    "update cashier.approval set staff_id = gen_random_uuid()",
    "insert into custody.vault select * from custody.vault",
    "insert into custody.family select * from custody.family",
    "insert into custody.member select * from custody.member",
    "update custody.family set destination = '0x'",
    "update custody.family set state = 'planned'",
    "update custody.member set raw_signed = ''",
    "update custody.lane set next_nonce = 0",
    "update custody.deposit_address set player_id = gen_random_uuid()",
    "insert into rates.snapshot select * from rates.snapshot",
    "insert into rates.rate select * from rates.rate",
]

ALTERED = [
    "destination = destination || '1'",
    "base_units = base_units + 1",
    "units = units + 1",
    "player_id = gen_random_uuid()",
]


@pytest.fixture
async def world(db, worker_db):
    """A player with 10 ether, and enough in the hot vault."""
    made = await a_world(db, worker_db)
    await made.give(ETH, 10 * 10**9)
    await made.fill_hot(ETH, 100 * ETHER)
    return made


async def test_the_api_may_write_exactly_this(owner_db):
    async with owner_db.read() as tx:
        whole = await tx.fetch(
            "select table_schema || '.' || table_name as name, privilege_type as may"
            " from information_schema.role_table_grants where grantee = 'fairhouse_app'"
            " and privilege_type <> 'SELECT'"
        )
        columns = await tx.fetch(
            "select table_schema || '.' || table_name as name, privilege_type as may, column_name"
            " from information_schema.role_column_grants where grantee = 'fairhouse_app'"
            " and privilege_type <> 'SELECT'"
        )
    found: dict[str, set[str]] = {}
    for row in whole:
        found.setdefault(row["name"], set()).add(row["may"])
    for row in columns:
        if row["may"] not in found.get(row["name"], set()):
            entry = f"{row['may'].lower()}({row['column_name']})"
            found.setdefault(row["name"], set()).add(entry)

    schemas = ("cashier", "chains", "custody", "ledger", "rates")
    assert WRITABLE == {
        name: " ".join(sorted(may))
        for name, may in sorted(found.items())
        if name.partition(".")[0] in schemas
    }


async def test_what_decides_about_coins_is_not_the_apis_to_write(db):
    for sql in DENIED:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.tx() as tx:
                await tx.execute(sql)


# --- withdrawals


async def forge(world: World, like: Withdrawal, **columns: str) -> UUID:
    """Another row like a real one, with columns of the thief's choice (as SQL)."""
    changed = {
        "id": f"'{FORGED}'",
        "request_key": "gen_random_uuid()::text",
        "state": "'APPROVED'",
        **columns,
    }
    async with world.db.tx() as tx:
        names: list[str] = [
            row["column_name"]
            for row in await tx.fetch(
                "select column_name from information_schema.columns where table_schema = 'cashier'"
                " and table_name = 'withdrawal' order by ordinal_position"
            )
        ]
        values = ", ".join([changed.get(name, name) for name in names])
        return await tx.fetchval(
            f"insert into cashier.withdrawal select {values} from cashier.withdrawal"
            " where id = $1 returning id",
            like.id,
        )


async def approve_twice(world: World, id_: UUID) -> None:
    async with world.db.tx() as tx:
        for _ in range(2):
            await tx.execute(
                "insert into cashier.approval (withdrawal_id, staff_id, reason, at)"
                " values ($1, gen_random_uuid(), 'forged', $2)",
                id_,
                tx.now,
            )


async def let_worker_run(world: World, clock) -> None:
    for _ in range(4):
        clock.advance(seconds=61)
        await world.price()
        await world.jobs.step_withdrawals()


async def orders(world: World) -> int:
    async with world.db.read() as tx:
        return await tx.fetchval("select count(*) from custody.family where kind = 'withdrawal'")


async def test_an_honest_withdrawal_is_ordered_once(world, clock):
    await world.ask()

    await let_worker_run(world, clock)

    assert 1 == await orders(world)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"base_units": "base_units * 100"},
        {"value": "0"},
        {"units": "units * 100", "base_units": "base_units * 100", "value": "value * 100"},
        {"brand_id": "2"},
        {"asset": "'usdt.ethereum'"},
    ],
    ids=["no hold", "more coins", "worthless", "a hundred times", "brand", "asset"],
)
async def test_a_forged_withdrawal_is_not_ordered(world, clock, columns):
    real = await world.ask()
    id_ = await forge(world, real, **columns)
    await approve_twice(world, id_)

    await let_worker_run(world, clock)

    assert 1 == await orders(world)
    assert W.ORDERED is (await world.withdrawal(real.id)).state


async def test_with_the_hold_of_its_own_it_is_still_not_ordered_for_more(world, clock):
    """The thief makes the hold with our own code, for the small amount."""
    real = await world.ask()
    id_ = await forge(world, real, base_units="base_units * 100")
    forged = await world.withdrawal(id_)
    async with world.db.tx() as tx:
        await ledger.post(tx, transfers=[postings.hold(forged)])

    await let_worker_run(world, clock)

    assert 1 == await orders(world)


async def test_a_withdrawal_whose_hold_was_given_back_is_not_ordered(world, clock):
    made = await world.ask()
    async with world.db.tx() as tx:
        await ledger.post(tx, transfers=postings.release(made))

    await let_worker_run(world, clock)

    assert 0 == await orders(world)


async def test_an_ordered_withdrawal_is_not_ordered_a_second_time(world, clock):
    """Back to APPROVED under another attempt: the first family may still be paid."""
    made = await world.ask()
    await let_worker_run(world, clock)
    async with world.db.tx() as tx:
        await tx.execute(
            "update cashier.withdrawal set state = 'APPROVED', attempt = 1 where id = $1", made.id
        )

    await let_worker_run(world, clock)

    assert 1 == await orders(world)


async def test_a_request_cannot_be_altered(world):
    made = await world.ask()

    for change in ALTERED:
        with pytest.raises(asyncpg.RestrictViolationError):
            async with world.db.tx() as tx:
                await tx.execute(f"update cashier.withdrawal set {change}")

    assert made.destination == (await world.withdrawal(made.id)).destination


# --- deposits


async def test_a_deposit_address_of_ones_own_choice_owns_nothing(world):
    """The vault's hot address, or an exchange's: what arrives there is nobody's deposit."""
    chosen = (a_vault().record.hot_address, "0x28C6c06298d514Db089934071355E5743bf21d60")
    for index, address in enumerate(chosen):
        async with world.db.tx() as tx:
            await tx.execute(
                "insert into custody.deposit_address"
                " (chain, address, brand_id, player_id, index, created_at)"
                " values ('ethereum', $1, 1, gen_random_uuid(), $2, $3)",
                address,
                index + 7,
                tx.now,
            )

    async with world.db.read() as tx:
        for address in chosen:
            assert await custody.owner_of(tx, chain=ETHEREUM, address=address) is None

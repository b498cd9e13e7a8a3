"""The journal of play under attack, over partitions, in real money, and back to the books."""

from datetime import timedelta

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devnet.prices import signed_snapshot
from fairhouse.betting import api as betting
from fairhouse.betting import jobs
from fairhouse.betting.jobs import fold_lanes
from fairhouse.betting.types import ProfitTooLarge, RoundClosed, StakeOutOfRange
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import format_units
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateSettings, RateUnavailable
from tests.flows.betting_kit import PLAY, USDT, new_player, table_on

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RATES = RateSettings(public_keys=(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),))

DENIED = (asyncpg.InsufficientPrivilegeError,)


@pytest.fixture
async def table(db):
    async with table_on(db) as table:
        yield table
    await table.check_books()


ATTACKS = [
    "update betting.entry set payout = payout + 1",
    "update betting.entry set outcome = '{}'",
    "delete from betting.entry",
    "truncate betting.entry",
    "delete from betting.entry_default",
    "update betting.entry_default set stake = 0",
    "insert into betting.entry_default select * from betting.entry",
    "update betting.round set stake = 1",
    "update betting.round set params = '{}'",
    "delete from betting.round",
    "delete from betting.player_hot",
    "update betting.player_account set cash_account = 1",
    "delete from betting.lane",
    "select betting.make_partitions('2031-01-01', '2031-01-01')",
    "alter table betting.entry disable trigger append_only",
]


async def test_what_the_application_role_cannot_do(table, db):
    player = new_player()
    await table.give(player, 10_000_000)
    await table.mines(player)
    for attack in ATTACKS:
        with pytest.raises(DENIED):
            async with db.tx() as tx:
                await tx.execute(attack)


async def test_not_even_the_owner_rewrites_the_journal(table, owner_db):
    player = new_player()
    await table.give(player, 10_000_000)
    await table.dice(player)
    for attack in ("update betting.entry set payout = 0", "delete from betting.entry"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with owner_db.tx() as tx:
                await tx.execute(attack)


class Undone(Exception):
    """Ends a transaction that is to leave no trace."""


async def test_a_forged_entry_shows_in_the_books(table, db):
    player = new_player()
    await table.give(player, 10_000_000)
    bet = await table.dice(player)
    with pytest.raises(Undone):
        async with db.tx() as tx:
            assert [] == await ledger.imbalances(tx)
            row = await tx.fetchrow(
                "select * from betting.entry where id = $1", from_wire("bet", bet.id)
            )
            assert row is not None
            forged = {"id": table.uuid(), "lane_seq": 10**9, "payout": 5}
            values = dict(row.items()) | forged
            marks = ", ".join(f"${at}" for at in range(1, len(values) + 1))
            await tx.execute(
                f"insert into betting.entry ({', '.join(values)}) values ({marks})",
                *values.values(),
            )
            assert await ledger.imbalances(tx)
            raise Undone


async def test_partitions_are_made_ahead_and_what_falls_outside_is_noticed(table, worker_db, clock):
    player = new_player()
    await table.give(player, 10_000_000)
    async with worker_db.read() as tx:
        assert 0 == await tx.fetchval("select count(*) from betting.entry_default")
    await jobs.keep_partitions(worker_db)
    await table.dice(player)
    clock.advance(days=8)
    await table.dice(player)
    async with worker_db.read() as tx:
        rows = await tx.fetch(
            "select tableoid::regclass::text as name from betting.entry order by id"
        )
    assert ["betting.entry_20260102", "betting.entry_20260110"] == [row["name"] for row in rows]
    assert await jobs.keep_partitions(worker_db) == 0
    clock.advance(days=30)
    await table.dice(player)
    assert await jobs.keep_partitions(worker_db) == 1


async def test_an_open_round_is_voided_once(table):
    player = new_player()
    await table.give(player, 10_000_000)
    bet = await table.mines(player, stake="4")
    round_id = from_wire("bet", bet.id)
    voided = await table.road.void(round_id=round_id, bettor=player, reason="incident 7")

    assert voided.state == "void"
    assert voided.outcome["reason"] == "incident 7"
    assert voided == await table.road.void(round_id=round_id, bettor=player, reason="again")
    assert await table.balance(player) == 10_000_000
    assert await table.balance(player, code=AccountCode.LOCKED_WAGER) == 0
    with pytest.raises(RoundClosed):
        await table.cash_out(player, bet)
    seen = await table.games.bet(bet_id=bet.id, reader=player.player_id)
    assert (seen.state, seen.payout) == ("void", "0")


async def test_play_money_is_granted_once(table, db):
    player = new_player()
    for _ in range(2):
        async with db.tx() as tx:
            await betting.grant_play_money(tx, brand_id=1, player_id=player.player_id)
    assert await table.balance(player) == 1_000_000_000
    bet = await table.dice(player)
    assert bet.value is None


async def fund(table, units):
    """The house pays in: as much on each of two lanes."""
    async with table.db.tx() as tx:
        for lane in (0, 5):
            move = Transfer(
                id=table.uuid(),
                debit=AccountKey(1, AccountCode.PLAY_ISSUANCE, USDT),
                credit=AccountKey(1, AccountCode.HOUSE_BANKROLL, USDT, lane=lane),
                amount=units // 2,
                reason="test",
                ref="test",
            )
            await ledger.post(tx, transfers=[move])
    await table.road.refresh_house()


async def test_real_money_needs_a_bankroll_and_a_price_and_stores_its_value(
    table, worker_db, clock
):
    player = new_player()
    await table.give(player, 10_000_000_000, USDT)
    asked = {"currency_code": "USDT", "stake": "10"}
    with pytest.raises(StakeOutOfRange):
        await table.dice(player, **asked)
    await fund(table, 100_000 * 10**6)
    with pytest.raises(RateUnavailable):
        await table.dice(player, **asked)
    async with worker_db.tx() as tx:
        await rates.record_snapshot(tx, document=signed_snapshot(clock(), KEY), settings=RATES)
    await table.road.refresh_house()
    bet = await table.dice(player, **asked)

    assert await fold_lanes(table.db) == 1
    async with table.db.read() as tx:
        found = await betting.bet(tx, bet_id=from_wire("bet", bet.id), player_id=None)
        assert found.rate_id is not None
        rate = await rates.rate_of(tx, rate_id=found.rate_id, base="USDT")
        hot = await tx.fetchrow("select * from betting.player_hot")
    assert hot is not None
    value = 10_000_000 * rate.numerator // rate.denominator
    assert (bet.value, hot["wagered_value"]) == (format_units(value, 6), value)
    assert hot["returned_value"] == value * found.payout // found.stake


async def test_limits_are_a_share_of_the_bankroll_over_all_lanes(table, worker_db, clock):
    player = new_player()
    await table.give(player, 10_000_000_000, USDT)
    async with worker_db.tx() as tx:
        await rates.record_snapshot(tx, document=signed_snapshot(clock(), KEY), settings=RATES)
    await fund(table, 10_000 * 10**6)
    limits = table.road.limits(1, "dice", USDT)

    assert (limits.stake_max, limits.profit_max) == (100 * 10**6, 100 * 10**6)
    with pytest.raises(StakeOutOfRange) as refused:
        await table.dice(player, currency_code="USDT", stake="100.000001")
    assert refused.value.fields["maximum"] == "100"
    with pytest.raises(ProfitTooLarge):
        await table.dice(player, currency_code="USDT", stake="2", target="1.00")
    await table.dice(player, currency_code="USDT", stake="1", target="1.00")
    with pytest.raises(ProfitTooLarge):
        await table.mines(player, currency_code="USDT", stake="10", mines=24)
    assert table.road.limits(2, "dice", USDT).stake_max == 0


async def test_consumers_read_a_lane_in_the_order_of_its_commits(table, db, clock):
    player = new_player(lane=7)
    await table.give(player, 100_000_000, PLAY)
    wanted = []
    for _ in range(5):
        clock.advance(seconds=1)
        wanted.append((await table.dice(player)).id)
    seen: list[str] = []
    after = 0
    while True:
        async with db.read() as tx:
            page = await betting.journal(tx, lane=7, after=after, limit=2)
        if not page:
            break
        after = page[-1].lane_seq
        seen += [str(entry.id) for entry in page]

    assert [str(from_wire("bet", one)) for one in wanted] == seen
    assert clock() - timedelta(seconds=1) < table.committed[-1].at <= clock()

"""What holds after every step whatever happened, and what holds when everything is at rest."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from devnet.evm import USDT
from fairhouse.betting import api as betting
from fairhouse.cashier import api as cashier
from fairhouse.chains.types import TxHash
from fairhouse.custody import api as custody
from fairhouse.kernel.currencies import ETHEREUM, AssetId, CurrencyCode
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.database import Tx
from tests.flows.betting_kit import check_books
from tests.folding import check_fold
from tests.simulation.people import CURRENCIES, PLAY_GRANT, Someone
from tests.simulation.world import BRAND, CUSTODY, ETH, USDT_ASSET, World

RELEASED = ("CANCELLED", "REJECTED", "FAILED")
OVER = (*RELEASED, "CONFIRMED")
MOVED = ("ORDERED", "SIGNED", "BROADCAST", "CONFIRMED")


async def check(world: World) -> None:
    """Every invariant that needs no rest."""
    await check_books(world.app_db)
    await check_fold(world.app_db)
    await world.book.read()
    async with world.owner_db.read() as tx:
        deposits = await _rows(tx, "select * from cashier.deposit order by tx_hash, idx")
        withdrawals = await _rows(tx, "select * from cashier.withdrawal order by id")
        await _check_balances(tx, world, deposits, withdrawals)
        await _check_limits(tx, world)
    _check_credits(world, deposits)
    _check_payments(world, withdrawals)


async def _rows(tx: Tx, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await tx.fetch(sql)]


# --- balances


async def _check_balances(
    tx: Tx,
    world: World,
    deposits: list[dict[str, Any]],
    withdrawals: list[dict[str, Any]],
) -> None:
    """Each player has what follows from what they were told, to the last unit."""
    known = {id_ for someone in world.people for id_ in someone.withdrawals}
    assert {row["id"] for row in withdrawals} == known
    for someone in world.people:
        expected = await _expected(tx, someone, deposits, withdrawals)
        found: dict[str, tuple[int, int, int]] = {}
        for code in CURRENCIES:
            cash, locked, held = [
                await ledger.balance(
                    tx,
                    key=AccountKey(BRAND, account, CurrencyCode(code), owner=someone.player.id),
                )
                for account in (
                    AccountCode.PLAYER_CASH,
                    AccountCode.LOCKED_WAGER,
                    AccountCode.WITHDRAWAL_HOLD,
                )
            ]
            assert min(cash.available, cash.posted, locked.posted, held.posted) >= 0
            found[code] = cash.available, cash.posted, locked.posted
        assert expected == found, someone.number


async def _expected(
    tx: Tx,
    someone: Someone,
    deposits: list[dict[str, Any]],
    withdrawals: list[dict[str, Any]],
) -> dict[str, tuple[int, int, int]]:
    """By currency: available, posted and locked units."""
    owed = await _owed(tx, someone)
    credited, asked, paid = Counter[str](), Counter[str](), Counter[str]()
    for row in deposits:
        if row["player_id"] == someone.player.id and row["state"] == "CREDITED":
            credited[_code(row["asset"])] += row["units"]
    for row in withdrawals:
        if row["player_id"] != someone.player.id or row["state"] in RELEASED:
            continue
        asked[row["currency"]] += row["units"]
        if row["state"] == "CONFIRMED":
            paid[row["currency"]] += row["units"]
    played, locked = someone.played()
    expected: dict[str, tuple[int, int, int]] = {}
    for code in CURRENCIES:
        grant = PLAY_GRANT if code == "PLAY" else 0
        has = grant + played[code] + credited[code] + owed[code]
        expected[code] = has - asked[code], has - paid[code], locked[code]
    return expected


async def _owed(tx: Tx, someone: Someone) -> Counter[str]:
    rows = await tx.fetch(
        "select asset, sum(owed_units - repaid_units)::bigint as units from cashier.receivable"
        " where player_id = $1 and settled_at is null group by asset",
        someone.player.id,
    )
    return Counter({_code(row["asset"]): row["units"] for row in rows})


def _code(asset_id: str) -> str:
    return asset_id.partition(".")[0].upper()


# --- limits


async def _check_limits(tx: Tx, world: World) -> None:
    """Nobody wagered beyond a limit, and what limits are counted against is the journal."""
    rows = await tx.fetch(
        "select player_id, (at at time zone 'UTC')::date as day, sum(stake_value)::bigint as value"
        " from betting.entry where kind in ('instant', 'open') and stake_value is not null"
        " group by 1, 2"
    )
    wagered = {(row["player_id"], row["day"]): row["value"] for row in rows}
    for someone in world.people:
        for (player_id, day), value in wagered.items():
            most = someone.may_wager(day)
            if player_id == someone.player.id and most is not None:
                assert value <= most, (someone.number, day)
        played = await betting.played(tx, player_id=someone.player.id)
        today = tx.now.date()
        assert wagered.get((someone.player.id, today), 0) == played.wagered_day, someone.number


# --- credits


def _check_credits(world: World, deposits: list[dict[str, Any]]) -> None:
    """One credit per movement, of what was really sent, to whom it was sent."""
    sent = {item.tx_hash: item for item in world.sent}
    ids = {someone.player.id: someone.number for someone in world.people}
    found: dict[TxHash, Counter[tuple[int, int]]] = defaultdict(Counter)
    for row in deposits:
        item = sent[row["tx_hash"]]
        found[row["tx_hash"]][ids[row["player_id"]], int(row["base_units"])] += 1
        assert row["state"] != "CREDITED" or row["asset"] == item.asset, row
    for tx_hash, parts in found.items():
        assert parts <= Counter(sent[tx_hash].parts), tx_hash


# --- payments


def payments(world: World) -> Counter[tuple[str, AssetId, int]]:
    """What the chain shows as paid by our hot wallet: destination, asset, base units."""
    hot = world.signer.vault().record.hot_address
    return Counter(
        (item.target, ETH if item.contract is None else USDT_ASSET, item.base_units)
        for item in world.book.paid()
        if item.source == hot and item.contract in {None, USDT} and item.target != hot
    )


def _check_payments(world: World, withdrawals: list[dict[str, Any]]) -> None:
    """Each withdrawal was paid at most once, and a confirmed one once."""
    asked = {id_: item for someone in world.people for id_, item in someone.withdrawals.items()}
    allowed, due = Counter[tuple[str, AssetId, int]](), Counter[tuple[str, AssetId, int]]()
    for row in withdrawals:
        item = asked[row["id"]]
        assert (row["units"], int(row["base_units"]), row["destination"]) == (
            item.units,
            item.base_units,
            item.destination,
        )
        key = (item.destination, item.asset, item.base_units)
        allowed[key] += row["state"] in MOVED
        due[key] += row["state"] == "CONFIRMED"
    paid = payments(world)
    assert paid <= allowed, paid - allowed
    assert due <= paid, due - paid


# --- at rest


async def check_at_rest(world: World) -> None:
    """Watcher and worker have caught up, nothing is in the air: books and chain agree exactly."""
    async with world.worker_db.read() as tx:
        head = await world.node.head()
        uncredited = await cashier.unbooked_deposits(tx, chain=ETHEREUM, height=head.height)
        rows = await custody.reconcile(
            tx, node=world.node, policy=CUSTODY, height=head.height, uncredited=uncredited
        )
    assert [] == [row for row in rows if row.difference]


async def check_settled(world: World) -> None:
    """At the end: what the chain holds is credited, what was asked is paid or given back."""
    async with world.owner_db.read() as tx:
        deposits = await _rows(tx, "select * from cashier.deposit order by tx_hash, idx")
        withdrawals = await _rows(tx, "select * from cashier.withdrawal order by id")
        families = await _rows(
            tx,
            "select id, kind, state, failure from custody.family"
            " where state not in ('confirmed', 'failed_on_chain', 'cancelled_unsigned')",
        )
        halted = (await custody.health(tx)).halted_lanes
    assert () == halted
    stuck = [row for row in withdrawals if row["state"] not in OVER]
    assert [] == [(row["id"], row["state"], row["checks"]) for row in stuck]
    nameless = [row for row in families if not row["failure"] and row["state"] != "planned"]
    assert [] == nameless
    _check_all_credited(world, deposits)


def _check_all_credited(world: World, deposits: list[dict[str, Any]]) -> None:
    states: Mapping[str, list[dict[str, Any]]] = defaultdict(list)
    for row in deposits:
        states[row["tx_hash"]].append(row)
    small = Counter[tuple[Any, str]]()
    for item in world.sent:
        rows = states[item.tx_hash]
        if item.asset is None:
            assert all(row["state"] == "UNRECOGNISED" for row in rows)
            continue
        if world.book.height_of(item.tx_hash) is None:
            assert all(row["state"] in {"ORPHANED", "REVERSED", "SEEN"} for row in rows), rows
            continue
        assert len(rows) == len(item.parts), (item, rows)
        assert {row["state"] for row in rows} <= {"CREDITED", "BELOW_MINIMUM"}, rows
        for row in rows:
            if row["state"] == "BELOW_MINIMUM":
                small[row["player_id"], row["asset"]] += row["units"]
    for (_, asset_id), units in small.items():
        assert units < world.policy.assets[AssetId(asset_id)].minimum_deposit

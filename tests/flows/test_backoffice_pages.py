"""Every page as staff see it: filled, empty, narrowed, exported, searched."""

import csv
import io
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

import pytest

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.backoffice.http.lists import csv_line
from fairhouse.backoffice.types import Condition, Part, Reconciliation
from fairhouse.betting.types import Bettor
from fairhouse.cashier.types import Withdrawal
from fairhouse.identity import api as identity
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import to_wire
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.database import Database
from fairhouse.reports import api as reports
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import House
from tests.flows.betting_kit import Table, table_on
from tests.flows.cashier_world import ETH, WALLET, World, a_player, a_world

ETHER = 10**9


@dataclass
class Scene:
    """A house with a player who deposited, played and asked to be paid."""

    house: House
    world: World
    table: Table
    bettor: Bettor
    withdrawal: Withdrawal
    dice: str
    mines: str

    @property
    def player(self) -> str:
        return to_wire("ply", self.world.player.id)


async def _parts() -> list[Part]:
    return [Part("worker", Condition.WELL, ""), Part("signer", Condition.SILENT, "no answer")]


async def _nothing() -> list[Reconciliation]:
    return []


@pytest.fixture
async def scene(db: Database, worker_db: Database, clock: SettableClock) -> AsyncGenerator[Scene]:
    world = await a_world(db, worker_db)
    deps = BackofficeDeps(
        db=db,
        sealer=stage.sealer(),
        passwords=stage.passwords(),
        policies={1: world.policy},
        parts=_parts,
        reconcile=_nothing,
    )
    house = await stage.a_house(db, worker_db, clock, deps)
    async with db.tx() as tx:
        bankroll = AccountKey(1, AccountCode.HOUSE_BANKROLL, CurrencyCode("ETH"), lane=0)
        issued = AccountKey(1, AccountCode.PLAY_ISSUANCE, CurrencyCode("ETH"))
        move = Transfer(
            id=tx.new_id(), debit=issued, credit=bankroll, amount=10**12, reason="t", ref="t"
        )
        await ledger.post(tx, transfers=[move])
    await world.give(ETH, 10 * ETHER)
    await world.fill_hot(ETH, 10**19)
    bettor = Bettor(world.player.id, 1, world.player.lane)
    async with table_on(db) as table:
        dice = await table.dice(bettor, currency_code="ETH", stake="0.1")
        mines = await table.mines(bettor, currency_code="ETH", stake="0.2")
        withdrawal = await world.ask(2 * ETHER)
        yield Scene(house, world, table, bettor, withdrawal, dice.id, mines.id)


PAGES = (
    *("", "players", "deposits", "withdrawals", "bets", "families", "treasury", "ledger"),
    *("switches", "audit", "staff", "health", "live", "treasury/reconciliation"),
    *(
        "protection",
        "protection?kind=cool_off",
        "limits",
        "limits/1/all/USDT",
        "limits/1/dice/PLAY",
        "road",
        "road/live",
        "games",
        "games/1/dice",
        "games/1/blackjack",
        "games/2/crash",
        "crash",
        "crash/live",
    ),
    *("search?q=nobody", "ledger/entries?ref=nothing", "players?kind=guest", "bets?state=open"),
)


async def test_every_page_draws_for_an_admin_in_both_languages(scene: Scene):
    async with scene.house.at_work("anna") as anna:
        for page in PAGES:
            assert await anna.text(f"/admin/{page}")
        german = await anna.get("/admin/", **{"accept-language": "de-AT,de;q=0.9"})

    assert 'lang="de"' in german.text


async def test_empty_pages_say_so(db: Database, worker_db: Database, clock: SettableClock):
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    house = await stage.a_house(db, worker_db, clock, deps)
    async with house.at_work("anna") as anna:
        for page in PAGES:
            await anna.text(f"/admin/{page}")
        assert "The queue is empty" in await anna.text("/admin/withdrawals")
        assert "No watcher has reached the node yet" in await anna.text("/admin/")


async def test_home_counts_real_money_and_shows_exact_books(scene: Scene):
    async with scene.house.at_work("sue") as sue:
        home = await sue.text("/admin/")
    async with scene.house.db.read() as tx:
        (kpis, _) = await reports.home(tx, brands=(1, 2), since=tx.now.replace(hour=0))

    dice = await scene.table.games.bet(bet_id=scene.dice, reader=scene.bettor.player_id)
    assert kpis.bets == 1, "an open round is no result yet"
    assert kpis.active_players == 1
    assert kpis.turnover > 0
    assert (kpis.ggr == kpis.turnover) is (dice.payout == "0")
    assert kpis.registrations == 1
    assert "The books are exact." in home
    assert "signer silent" in home


async def test_test_accounts_and_play_money_are_in_no_sum(scene: Scene):
    await scene.table.give(scene.bettor, 10**9)
    await scene.table.dice(scene.bettor)
    async with scene.house.db.tx() as tx:
        before = await reports.home(tx, brands=(1,), since=tx.now.replace(hour=0))
        await identity.flag_test_account(tx, player_id=scene.world.player.id, is_test=True)
        after = await reports.home(tx, brands=(1,), since=tx.now.replace(hour=0))

    assert (before[0].bets, after[0].bets) == (1, 0)
    assert (before[0].registrations, after[0].registrations) == (1, 0)
    assert after[0].turnover == 0


async def test_player_card_has_every_tab(scene: Scene):
    async with scene.house.at_work("anna") as anna:
        cards = {
            tab: await anna.text(f"/admin/players/{scene.player}?tab={tab}")
            for tab in (
                *("overview", "deposits", "withdrawals", "bets", "ledger", "sessions"),
                *("notes", "audit"),
            )
        }
        statement = await anna.text(f"/admin/players/{scene.player}?tab=ledger&currency=ETH")

    assert "player1" in cards["overview"]
    assert "Held for withdrawals" in cards["overview"] or "2 ETH" in cards["overview"]
    assert "dice" in cards["bets"]
    assert "2 ETH" in cards["withdrawals"]
    assert "Opening balance 0 ETH" in statement
    assert "stake" in statement


async def test_bet_is_recomputed_once_its_seed_is_revealed(scene: Scene):
    bettor = scene.bettor
    async with scene.house.at_work("sue") as sue:
        before = await sue.text(f"/admin/bets/{scene.dice}")
        found = await scene.table.games.bet(bet_id=scene.mines, reader=bettor.player_id)
        found = await scene.table.reveal(bettor, found, 0, 0)
        if found.state == "open":
            await scene.table.cash_out(bettor, found)
        await scene.table.road.rotate(bettor, client_seed=None)
        after = [await sue.text(f"/admin/bets/{bet}") for bet in (scene.dice, scene.mines)]

    assert "not revealed before the player rotates" in before
    for page in after:
        assert "The seeds give the stored outcome." in page


async def test_withdrawal_page_shows_the_players_own_reasons(scene: Scene):
    wire = to_wire("wdr", scene.withdrawal.id)
    async with scene.house.at_work("tom") as tom:
        page = await tom.text(f"/admin/withdrawals/{wire}")

    assert "Our team approves amounts of this size (0 of 1)." in page
    assert WALLET in page
    assert "Approve" in page
    assert "Held for withdrawals" in page, "its ledger lines"


SEARCHES = ("player", "username", "email", "withdrawal", "bet", "destination", "address", "staff")


@pytest.mark.parametrize("what", SEARCHES)
async def test_search_finds_by(scene: Scene, what: str):
    house, world = scene.house, scene.world
    wdr = to_wire("wdr", scene.withdrawal.id)
    address = await world.address()
    text, target = {
        "player": (scene.player, f"/admin/players/{scene.player}"),
        "username": ("PLAYER1", f"/admin/players/{scene.player}"),
        "email": ("P1@player.test", f"/admin/players/{scene.player}"),
        "withdrawal": (wdr.upper(), f"/admin/withdrawals/{wdr}"),
        "bet": (scene.dice, f"/admin/bets/{scene.dice}"),
        "destination": (WALLET.lower(), f"/admin/withdrawals/{wdr}"),
        "address": (str(address), f"/admin/players/{scene.player}"),
        "staff": (house.wire("tom"), f"/admin/staff#{house.wire('tom')}"),
    }[what]
    async with house.at_work("sue") as sue:
        answer = await sue.get(f"/admin/search?q={text}")

    assert answer.status_code == 303
    assert answer.headers["location"] == target


async def test_search_by_session_seed_transfer_and_hash(scene: Scene):
    async with scene.house.db.read() as tx:
        seed = await tx.fetchval("select seed_pair_id from betting.player_hot")
        transfer = await tx.fetchrow("select id, ref from ledger.transfer where ref <> 't' limit 1")
    assert transfer is not None
    async with scene.house.at_work("sue") as sue:
        by_seed = await sue.get(f"/admin/search?q={to_wire('sed', seed)}")
        by_transfer = await sue.get(f"/admin/search?q={to_wire('trf', transfer['id'])}")
        nothing = await sue.text(f"/admin/search?q=0x{'ab' * 32}")
        unknown = await sue.text(f"/admin/search?q={to_wire('ply', UUID(int=7))}")

    assert by_seed.headers["location"] == f"/admin/players/{scene.player}"
    assert by_transfer.headers["location"] == f"/admin/ledger/entries?ref={transfer['ref']}"
    assert "Nothing found." in nothing
    assert "Nothing found." in unknown


async def test_withdrawal_queues(scene: Scene):
    wire = to_wire("wdr", scene.withdrawal.id)
    async with scene.house.at_work("tom") as tom:
        found = {
            queue: stage.ids_of("wdr", await tom.get(f"/admin/withdrawals?queue={queue}"))
            for queue in ("", "needs_review", "undecided", "in_flight", "nonsense")
        }
    async with scene.house.db.read() as tx:
        (queues,) = await reports.queues(tx, brands=(1,))

    assert found["in_flight"] == []
    assert all(ids == [wire] for queue, ids in found.items() if queue != "in_flight")
    assert (queues.needs_review, queues.undecided, queues.in_flight) == (1, 1, 0)


async def test_a_deposit_is_found_by_its_transaction_and_counted(scene: Scene):
    deposits = [await add_deposit(scene, number) for number in range(2)]
    tx_hash = "0x" + "01" * 32
    async with scene.house.at_work("sue") as sue:
        by_hash = await sue.get(f"/admin/search?q={tx_hash.upper().replace('0X', '0x')}")
        page = await sue.text(f"/admin/deposits/{deposits[1]}")
        listed = await sue.text("/admin/deposits?state=CREDITED")
    async with scene.house.db.read() as tx:
        (kpis,) = await reports.home(tx, brands=(1,), since=tx.now.replace(hour=0))

    assert by_hash.headers["location"] == f"/admin/deposits/{deposits[1]}"
    assert "1.234567890123456789 ETH" in page
    assert "$3,703.70" in listed
    assert (kpis.deposits.count, kpis.deposits.value) == (2, 2 * 3_703_700_000)


async def add_deposit(scene: Scene, number: int) -> str:
    """A credited deposit, as the worker writes it when the chain is final."""
    async with scene.house.worker_db.tx() as tx:
        id_ = tx.new_id()
        await tx.execute(
            """
            insert into cashier.deposit (id, brand_id, player_id, chain, tx_hash, idx, asset,
                address, from_address, base_units, seen_base_units, units, state, sighting,
                block_height, block_hash, confirmations, required, rounds, rate_id, value,
                seen_at, credited_at, updated_at)
            select $1, 1, $2, 'ethereum', $3, 'n', 'eth.ethereum', $4, $4, 1234567890123456789,
                1234567890123456789, 1234567890, 'CREDITED', 'included', 12, $3, 3, 3, 1, id,
                3703700000, $5, $5, $5
            from rates.snapshot limit 1
            """,
            id_,
            scene.world.player.id,
            f"0x{f'{number:02x}' * 32}",
            WALLET,
            tx.now,
        )
    return to_wire("dep", id_)


async def test_lists_page_by_key_and_filter(scene: Scene):
    for _ in range(60):
        await scene.table.dice(scene.bettor, currency_code="ETH", stake="0.01")
    async with scene.house.at_work("sue") as sue:
        first = await sue.get("/admin/bets")
        more = stage.more_of(first)
        rest = await sue.get(more, **{"hx-request": "true"})
        mines = await sue.get("/admin/bets?game=mines")
        wrong = await sue.get("/admin/bets?before=bet_no")
        older = await sue.get("/admin/bets?until=2001-01-31T12:00")
        newer = await sue.get("/admin/bets?until=2101-01-31T12:00")
        unclear = await sue.get("/admin/bets?until=yesterday")

    seen = [*stage.ids_of("bet", first), *stage.ids_of("bet", rest)]
    assert len(seen) == len(set(seen)) == 62
    assert seen == sorted(seen, reverse=True)
    assert "<html" not in rest.text
    assert stage.ids_of("bet", mines) == [scene.mines]
    assert wrong.status_code == 422
    assert ([], 50) == (stage.ids_of("bet", older), len(stage.ids_of("bet", newer)))
    assert (422, True) == (unclear.status_code, "until" in unclear.text)


async def test_export_is_the_whole_list_and_is_written_down(scene: Scene):
    for _ in range(55):
        await scene.table.dice(scene.bettor, currency_code="ETH", stake="0.01")
    async with scene.house.at_work("tom") as tom:
        answer = await tom.get("/admin/bets.csv?game=dice")
    async with scene.house.at_work("sue") as sue:
        refused = await sue.get("/admin/bets.csv")
        page = await sue.text("/admin/bets")
    async with scene.house.at_work("anna") as anna:
        log = await anna.text("/admin/audit?action=list.export")

    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(rows) == 56
    assert {row["game"] for row in rows} == {"dice"}
    assert {row["stake"] for row in rows} == {"0.01", "0.1"}
    assert refused.status_code == 403
    assert "Export CSV" not in page
    assert "game=dice" in log


async def test_books_and_log_are_exported_whole(scene: Scene):
    async with scene.house.at_work("anna") as anna:
        books = await anna.get("/admin/ledger.csv")
        log = await anna.get("/admin/audit.csv")
    async with scene.house.at_work("tom") as tom:
        refused = await tom.get("/admin/audit.csv")

    rows = [*csv.DictReader(io.StringIO(books.text))]
    sums: dict[str, int] = {}
    for row in rows:
        sums[row["unit"]] = sums.get(row["unit"], 0) + int(row["debits"]) - int(row["credits"])
    assert {"ETH", "eth.ethereum"} <= sums.keys()
    assert {0} == {*sums.values()}
    entries = [*csv.DictReader(io.StringIO(log.text))]
    assert [row["action"] for row in entries] == ["list.export", "list.export", "staff.log_in"]
    assert all(len(row["hash"]) == 64 for row in entries)
    assert refused.status_code == 403


async def test_export_makes_no_formulas():
    assert "'=1+1,plain\r\n" == csv_line(["=1+1", "plain"])


async def test_malformed_and_unknown_ids_get_a_page(scene: Scene):
    async with scene.house.at_work("sue") as sue:
        unknown = await sue.get(f"/admin/players/{to_wire('ply', UUID(int=9))}")
        malformed = await sue.get("/admin/withdrawals/wdr_zzz")
        nowhere = await sue.get("/admin/nowhere")

    assert [unknown.status_code, malformed.status_code, nowhere.status_code] == [404, 422, 404]
    assert "text/html" in nowhere.headers["content-type"]


async def test_second_player_is_found_by_their_own_name_only(scene: Scene):
    other = await a_player(scene.house.db, 2)
    async with scene.house.at_work("sue") as sue:
        answer = await sue.get("/admin/search?q=player2")

    assert answer.headers["location"] == f"/admin/players/{to_wire('ply', other.id)}"

"""What a brand offers of a game: tables chosen by two people, versions stopped by one."""

from uuid import UUID

import asyncpg
import pytest

from fairhouse.games import api as games
from fairhouse.games import catalogue, store
from fairhouse.games.types import (
    ApprovalByAnother,
    GameSlug,
    GameStopped,
    InvalidGameParams,
    Offer,
    OfferChanged,
    OfferDecided,
    OfferPending,
    OfferUnchanged,
    TableChanged,
    UnknownGame,
    UnknownOfferWish,
)
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.refusals import IdempotencyConflict, Paused
from tests.flows.betting_kit import new_player, table_on

ANN, BOB = UUID(int=1), UUID(int=2)


@pytest.fixture
async def table(db):
    async with table_on(db) as table:
        await table.games.refresh()
        yield table
    await table.check_books()


@pytest.fixture
async def player(table):
    player = new_player()
    await table.give(player, 100_000_000)
    return player


async def wish(table, variant="97", game="mines", version="1", staff_id=ANN):
    async with table.db.tx() as tx:
        return await games.propose_offer(
            tx,
            brand_id=1,
            game=game,
            version=version,
            variant=variant,
            staff_id=staff_id,
            reason="as agreed",
        )


async def decide(table, wish_id, staff_id=BOB, *, is_approved=True):
    async with table.db.tx() as tx:
        made = await games.decide_offer(
            tx, wish_id=wish_id, is_approved=is_approved, staff_id=staff_id, reason="checked"
        )
    await table.games.refresh()
    return made


async def stop(table, game="mines", staff_id: UUID | None = ANN):
    async with table.db.tx() as tx:
        made = await games.stop_version(
            tx, brand_id=1, game=game, version="1", staff_id=staff_id, reason="returns drift"
        )
    await table.games.refresh()
    return made


async def test_two_people_choose_a_table_and_open_rounds_keep_theirs(table, player):
    before = await table.mines(player)
    made = await wish(table)
    await table.games.refresh()
    assert table.games.offers.game(1, "mines").info.variant == "99"
    with pytest.raises(ApprovalByAnother):
        await decide(table, made.id, ANN)
    await decide(table, made.id)
    info = catalogue.release("mines", "1", "97").info
    assert table.games.offers.game(1, "mines").info == info
    assert table.games.offers.game(2, "mines").info.variant == "99", "another brand"

    tile = await safe_tile(table, player, before)
    step = await table.reveal(player, before, 0, tile)
    assert (step.table_hash, step.multiplier) == (before.table_hash, "1.1250")
    await table.cash_out(player, step)
    after = await table.mines(player)
    assert (after.table_hash, after.game_version) == (info.table_hash, "1")
    tile = await safe_tile(table, player, after)
    assert (await table.reveal(player, after, 0, tile)).multiplier == "1.1022"


async def test_what_was_accepted_is_answered_though_its_table_is_gone(table, player):
    """98 under pays at 99 %, and would pay less than the stake at 96 %."""
    ids = [table.bet_id() for _ in range(3)]
    asked = {"target": "98.00", "direction": "under"}
    before = await table.dice(player, bet_id=ids[0], **asked)
    opened = await table.mines(player, bet_id=ids[1], mines=1)
    for slug in ("dice", "mines"):
        await decide(table, (await wish(table, "96", slug)).id)

    assert before == await table.dice(player, bet_id=ids[0], **asked)
    assert opened == await table.mines(player, bet_id=ids[1], mines=1)
    with pytest.raises(InvalidGameParams):
        await table.dice(player, bet_id=ids[2], **asked)
    with pytest.raises(IdempotencyConflict):
        await table.dice(player, bet_id=ids[0], target="98.00", direction="over")
    with pytest.raises(IdempotencyConflict):
        await table.dice(new_player(), bet_id=ids[0], **asked)
    await stop(table)
    assert opened == await table.mines(player, bet_id=ids[1], mines=1)
    step = await table.reveal(player, opened, 0, await safe_tile(table, player, opened))
    assert step.table_hash == opened.table_hash


async def safe_tile(table, player, bet):
    async with table.db.tx() as tx:
        held = await table.road._writer._committer._memory.player(tx, player)
    mined = held.seeds.stream(bet.nonce).drawn(bet.params["mines"], 25)
    return next(tile for tile in range(25) if tile not in mined)


async def test_a_stopped_version_takes_no_bets_and_finishes_its_rounds(table, player):
    id_ = table.bet_id()
    opened = await table.mines(player, bet_id=id_)
    await stop(table)
    with pytest.raises(Paused) as refused:
        await table.mines(new_player())
    assert refused.value.fields["switch"] == "game:mines"
    assert opened == await table.mines(player, bet_id=id_), "what was accepted is answered"
    await table.dice(player)
    with pytest.raises(GameStopped):
        await stop(table)
    tile = await safe_tile(table, player, opened)
    await table.cash_out(player, await table.reveal(player, opened, 0, tile))

    async with table.db.tx() as tx:
        again = await games.propose_restart(
            tx, brand_id=1, game="mines", version="1", staff_id=ANN, reason="looked into"
        )
    with pytest.raises(ApprovalByAnother):
        await decide(table, again.id, ANN)
    with pytest.raises(Paused):
        await table.mines(player)
    await decide(table, again.id)
    assert (await table.mines(player)).state == "open"
    async with table.db.read() as tx:
        assert [] == await games.stops(tx, brand_id=1)


async def test_the_platform_stops_a_version_by_itself(table, player):
    made = await stop(table, "dice", staff_id=None)
    assert made.stopped_by is None
    with pytest.raises(Paused):
        await table.dice(player)


async def test_wishes_that_cannot_be(table):
    with pytest.raises(UnknownGame):
        await wish(table, game="whist")
    with pytest.raises(UnknownGame):
        await wish(table, version="9")
    with pytest.raises(UnknownGame):
        await wish(table, variant="12")
    with pytest.raises(OfferUnchanged):
        await wish(table, variant="99")
    with pytest.raises(UnknownOfferWish):
        await decide(table, UUID(int=7))
    async with table.db.tx() as tx:
        with pytest.raises(GameStopped):
            await games.propose_restart(
                tx, brand_id=1, game="dice", version="1", staff_id=ANN, reason="why not"
            )
    first = await wish(table)
    with pytest.raises(OfferPending):
        await wish(table, variant="98")
    await decide(table, first.id, is_approved=False)
    with pytest.raises(OfferDecided):
        await decide(table, first.id)
    async with table.db.read() as tx:
        decided = await games.offer_wishes(tx, brand_ids=[1], is_open=False)
        assert ([first.id], []) == (
            [one.id for one in decided],
            await games.offer_wishes(tx, brand_ids=[1], is_open=True),
        )


async def test_an_outdated_wish_is_not_approved(table):
    made = await wish(table)
    async with table.db.tx() as tx:
        other = await store.add_wish(
            tx,
            Offer(1, GameSlug("mines"), "1", "98"),
            replaces=None,
            stop_id=None,
            staff_id=BOB,
            reason="at the same time",
        )
    await decide(table, other, ANN)
    with pytest.raises(OfferChanged):
        await decide(table, made.id)


async def test_the_database_itself_asks_for_a_second_person(table):
    made = await wish(table)
    async with table.db.tx() as tx:
        with pytest.raises(asyncpg.RestrictViolationError):
            await store.add_decision(
                tx, made.id, is_approved=True, staff_id=ANN, reason="by myself"
            )
    async with table.db.tx() as tx:
        with pytest.raises(asyncpg.RestrictViolationError):
            await store.put_in_force(tx, made)
    for sql in ("delete from games.wish", "update games.stop set reason = 'else'"):
        async with table.db.tx() as tx:
            with pytest.raises(asyncpg.PostgresError):
                await tx.execute(sql)


async def test_a_table_other_than_the_one_shown_is_refused(table, player):
    seen = catalogue.game("mines").table_hash
    asked = {"currency_code": "PLAY", "stake": "1", "params": {"mines": 3}, "table_hash": seen}
    bet = await table.games.place("mines", bettor=player, bet_id=table.bet_id(), **asked)
    await table.road.void(round_id=from_wire("bet", bet.id), bettor=player, reason="for the test")
    await decide(table, (await wish(table)).id)
    with pytest.raises(TableChanged) as refused:
        await table.games.place("mines", bettor=player, bet_id=table.bet_id(), **asked)
    assert refused.value.fields["variant"] == "97"
    assert (
        refused.value.fields["table_hash"] == catalogue.release("mines", "1", "97").info.table_hash
    )
    assert await table.balance(player) == 100_000_000


async def test_a_lower_return_has_its_own_range(table, player):
    await table.dice(player, target="98.00")
    await decide(table, (await wish(table, game="dice")).id)
    with pytest.raises(InvalidGameParams) as refused:
        await table.dice(player, target="98.00")
    assert refused.value.fields["maximum"] == "96.00"

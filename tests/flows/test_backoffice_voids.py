"""An open round is undone by two people; its stake goes back, and both stand in the log."""

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.games.jobs import do_voids
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.betting_kit import new_player, table_on

WHY = {"reason": "the board showed another tile"}


async def test_two_people_void_a_round(db: Database, worker_db: Database, clock: SettableClock):
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    house = await stage.a_house(db, worker_db, clock, deps)
    player = new_player()
    async with table_on(db) as table:
        await table.give(player, 5_000_000)
        bet = await table.mines(player)
        dice = await table.dice(player)
        after_dice = await table.balance(player)
        here = f"/admin/bets/{bet.id}"
        async with house.at_work("sue") as sue, house.at_work("carl") as carl:
            assert "Void this round" in await sue.text(here)
            sent = await sue.post(f"{here}/void/propose", WHY)
            twice = await sue.post(f"{here}/void/propose", WHY)
            alone = await sue.post(f"{here}/void/approve", WHY)
            settled = await sue.post(f"/admin/bets/{dice.id}/void/propose", WHY)
            assert await do_voids(db, table.road) == 0
            assert "sue wishes that this round is voided" in await carl.text(here)
            own = await carl.post(f"{here}/void/approve", WHY)
            assert await do_voids(db, table.road) == 1
            assert await do_voids(db, table.road) == 0
            page = await carl.text(here)
        async with house.at_work("tom") as tom:
            await tom.get(here)
            may_not = await tom.post(f"{here}/void/propose", WHY)
        found = await table.games.bet(bet_id=bet.id, reader=player.player_id)
        assert (found.state, found.outcome["reason"]) == ("void", WHY["reason"])
        assert await table.balance(player) == after_dice + 1_000_000
        await table.check_books()

    assert (sent.status_code, own.status_code) == (303, 303)
    assert [one.status_code for one in (twice, alone, settled, may_not)] == [409, 403, 409, 403]
    assert "Void this round" not in page
    async with db.read() as tx:
        rows = await tx.fetch(
            "select action, actor, subject from audit.entry"
            " where action like 'round.%' order by seq"
        )
    assert [tuple(row.values()) for row in rows] == [
        ("round.propose_void", house.wire("sue"), bet.id),
        ("round.approve_void", house.wire("carl"), bet.id),
    ]

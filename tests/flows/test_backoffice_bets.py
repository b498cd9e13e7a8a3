"""Bets of one player at the staff's desk: found by the index, linked to the player's own page."""

from dataclasses import replace

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.betting_kit import new_player, table_on


async def test_bets_of_a_player_alone(db: Database, worker_db: Database, clock: SettableClock):
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    deps = replace(deps, player_url=lambda brand_id: f"http://brand{brand_id}.test")
    house = await stage.a_house(db, worker_db, clock, deps)
    one, other = new_player(), new_player()
    async with table_on(db) as table:
        await table.give(one, 10**9)
        await table.give(other, 10**9)
        mine = [(await table.dice(one)).id for _ in range(3)]
        foreign = (await table.dice(other)).id
        async with house.at_work("sue") as sue:
            wire = to_wire("ply", one.player_id)
            page = (await sue.get(f"/admin/bets?player={wire}")).text
            narrowed = (await sue.get(f"/admin/bets?player={wire}&game=mines")).text
            nobody = (await sue.get(f"/admin/bets?player={to_wire('ply', table.uuid())}")).text
            wrong = await sue.get("/admin/bets?player=ply_x")
            bet = (await sue.get(f"/admin/bets/{mine[0]}")).text

    assert all(id_ in page for id_ in mine)
    assert foreign not in page
    assert mine[0] not in narrowed
    assert mine[0] not in nobody
    assert wrong.status_code == 422
    assert f'href="http://brand1.test/#/bet/{mine[0]}"' in bet
    assert f'href="/admin/bets?player={wire}"' in bet

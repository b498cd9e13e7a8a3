"""Links: incremental is from scratch, hubs join nobody, households stay apart."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.platform.database import Database
from fairhouse.risk import api as risk
from fairhouse.risk.links import HOLDERS_MAX, LinkGraph, clusters
from fairhouse.risk.store import links as store
from fairhouse.risk.types.links import Attribute, LinkKind, Sighting
from fairhouse.risk.types.observations import Kind
from tests.conftest import SettableClock
from tests.flows.risk_kit import Teller, install, names, player

START = datetime(2026, 1, 1, tzinfo=UTC)


def sighting(kind: LinkKind, value: int, who: int, *, hours: int = 0) -> Sighting:
    attribute = Attribute(kind, value.to_bytes(4, "big"))
    return Sighting(attribute, UUID(int=who), 1, START + timedelta(hours=hours))


def drawn(rng: Random, count: int) -> list[Sighting]:
    return [
        sighting(
            rng.choice(list(LinkKind)),
            rng.randrange(6),
            rng.randrange(1, 30),
            hours=rng.randrange(99),
        )
        for _ in range(count)
    ]


def from_scratch(seen: list[Sighting]) -> list[tuple[UUID, ...]]:
    first: dict[tuple[Attribute, UUID], Sighting] = {}
    for one in seen:
        first.setdefault((one.attribute, one.player_id), one)
    counts: dict[Attribute, int] = {}
    for attribute, _ in first:
        counts[attribute] = counts.get(attribute, 0) + 1
    return [one.players for one in clusters(first.values(), counts)]


@given(st.integers(0, 2**32))
def test_step_by_step_is_from_scratch(seed: int):
    seen = drawn(Random(seed), 60)
    graph = LinkGraph()
    for number, one in enumerate(seen, 1):
        graph.see(one)
        found = {cluster.players for cluster in graph.cluster_of.values()}
        assert sorted(found) == from_scratch(seen[:number])


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_database_says_the_same(worker_db: Database, seed: int):
    seen = drawn(Random(seed), 80)
    for one in seen:
        async with worker_db.tx() as tx:
            await _link(tx, one)
    async with worker_db.read() as tx:
        found = await store.members(tx, {one.player_id for one in seen})
    grouped: dict[UUID, list[UUID]] = {}
    for member, cluster in sorted(found.items()):
        grouped.setdefault(cluster, []).append(member)
    assert sorted(tuple(group) for group in grouped.values()) == from_scratch(seen)


async def _link(tx, one: Sighting) -> None:
    new = await store.insert(tx, [one])
    if not new:
        return
    counts = await store.count_holders(tx, new)
    [(attribute, count)] = counts.items()
    if 1 < count <= HOLDERS_MAX[attribute.kind] + 1:
        near = await store.neighbours(tx, await store.holders_of(tx, [attribute]))
        known, holders = await store.sightings(tx, near)
        brands = {item.player_id: 1 for item in known}
        await store.replace(tx, near, clusters(known, holders), brands)


def test_a_hub_joins_nobody_and_lets_go_of_those_it_joined():
    graph = LinkGraph()
    bound = HOLDERS_MAX[LinkKind.PAYOUT]
    for who in range(1, bound + 1):
        graph.see(sighting(LinkKind.PAYOUT, 7, who))
    assert len(graph.cluster_of[UUID(int=1)].players) == bound
    graph.see(sighting(LinkKind.PAYOUT, 7, bound + 1))
    assert graph.cluster_of == {}


def test_a_cafe_does_not_join_the_city():
    seen = [sighting(LinkKind.NETWORK, 1, who) for who in range(1, 200)]
    seen += [sighting(LinkKind.DEVICE, 2, who) for who in range(1, 40)]
    assert [] == from_scratch(seen)


def test_a_household_stays_apart_and_a_shared_wallet_does_not():
    home = [
        sighting(kind, 1, who)
        for who in (1, 2, 3)
        for kind in (LinkKind.NETWORK, LinkKind.DEVICE, LinkKind.REFERRAL)
    ]
    assert [] == from_scratch(home)
    wallet = [sighting(LinkKind.PAYOUT, 9, who) for who in (1, 2)]
    assert [(UUID(int=1), UUID(int=2))] == from_scratch([*home, *wallet])


async def test_a_farm_is_held_when_it_cashes_out(worker_db: Database, clock: SettableClock):
    await install(worker_db)
    teller = Teller(worker_db, clock)
    for who in (1, 2, 3):
        await teller.tell(player(who), Kind.LOGIN, device="one phone", network="home")
        await teller.tell(player(who), Kind.BONUS, 50, ref="welcome")
    clock.advance(days=1)
    held = await teller.tell(player(2), Kind.WITHDRAWAL_REQUESTED, 60, address="own wallet")
    async with worker_db.read() as tx:
        cluster = await risk.cluster_of(tx, player_id=player(3))
        [(first, accounts, _, _)] = await risk.largest_clusters(tx, brands=[1])

    assert "linked_accounts" in names(held)
    assert cluster is not None
    assert cluster.players == (player(1), player(2), player(3))
    assert cluster.links[0].reasons == (LinkKind.CLAIM, LinkKind.DEVICE, LinkKind.NETWORK)
    assert (first, accounts) == (player(1), 3)

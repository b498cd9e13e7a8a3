"""Which accounts belong together: pure, over the sightings of a neighbourhood.

Evidence is added per pair and kind. A household shares network, perhaps a tablet, perhaps a
referral: that stays below what joins. Attributes of more accounts than HOLDERS_MAX are places where
strangers meet (a café, a carrier's NAT) and say nothing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final
from uuid import UUID

from fairhouse.risk.types.links import Attribute, Cluster, Link, LinkKind, Sighting
from fairhouse.risk.types.observations import Kind, Observation
from fairhouse.risk.windows import micros

JOIN_POINTS: Final = 90
POINTS: Final[Mapping[LinkKind, int]] = {
    LinkKind.DOCUMENT: 100,
    LinkKind.PAYOUT: 100,
    LinkKind.WALLET: 90,
    LinkKind.PHONE: 90,
    LinkKind.DEVICE: 60,
    LinkKind.CLAIM: 35,
    LinkKind.CASH_OUT: 35,
    LinkKind.NETWORK: 15,
    LinkKind.REFERRAL: 10,
}
HOLDERS_MAX: Final[Mapping[LinkKind, int]] = {
    LinkKind.DOCUMENT: 60,
    LinkKind.PAYOUT: 60,
    LinkKind.WALLET: 60,
    LinkKind.PHONE: 60,
    LinkKind.DEVICE: 60,
    LinkKind.CLAIM: 60,
    LinkKind.CASH_OUT: 60,
    LinkKind.NETWORK: 60,
    LinkKind.REFERRAL: 60,
}
NETWORK_WITHIN: Final = timedelta(hours=48)
"""A network says something of accounts that appeared in it about the same time."""
_CLAIM_MINUTES: Final = 10
_PAYOUT_MINUTES: Final = 60
_OF_KIND: Final[Mapping[Kind, LinkKind]] = {
    Kind.WITHDRAWAL_REQUESTED: LinkKind.PAYOUT,
    Kind.ADDRESS_ADDED: LinkKind.PAYOUT,
    Kind.DEPOSIT: LinkKind.WALLET,
    Kind.DOCUMENT: LinkKind.DOCUMENT,
    Kind.PHONE: LinkKind.PHONE,
    Kind.REFERRAL: LinkKind.REFERRAL,
}
"""What the `address` of an observation is."""


def sightings_of(fact: Observation) -> Iterator[Sighting]:
    """What an observation shows of its player."""
    for attribute in _attributes(fact):
        yield Sighting(attribute, fact.player_id, fact.brand_id, fact.at)


def _attributes(fact: Observation) -> Iterator[Attribute]:
    if fact.device is not None:
        yield Attribute(LinkKind.DEVICE, fact.device)
    if fact.network is not None:
        yield Attribute(LinkKind.NETWORK, fact.network)
    if fact.address is not None and fact.kind in _OF_KIND:
        yield Attribute(_OF_KIND[fact.kind], fact.address)
    if fact.kind is Kind.BONUS:
        yield from _acts(LinkKind.CLAIM, fact, fact.ref or "", _CLAIM_MINUTES)
    if fact.kind is Kind.WITHDRAWAL_REQUESTED:
        yield from _acts(LinkKind.CASH_OUT, fact, str(fact.value), _PAYOUT_MINUTES)


def _acts(kind: LinkKind, fact: Observation, what: str, minutes: int) -> Iterator[Attribute]:
    """Two grids of twice the length, half a length apart: acts within `minutes` share a cell."""
    half_us = minutes * 60 * 1_000_000
    place = micros(fact.at) // half_us
    for slot in (place, place + 1):
        text = f"{fact.brand_id}:{what}:{slot}"
        yield Attribute(kind, hashlib.sha256(text.encode()).digest()[:16])


def clusters(sightings: Iterable[Sighting], holders: Mapping[Attribute, int]) -> list[Cluster]:
    """Accounts joined by links, those alone left out; by their first player.

    `holders` says how many accounts share each attribute everywhere, not only here.
    """
    links = list(_links(sightings, holders))
    root: dict[UUID, UUID] = {}
    for link in links:
        one, other = _find(root, link.one), _find(root, link.other)
        root[max(one, other)] = min(one, other)
    groups: defaultdict[UUID, list[Link]] = defaultdict(list)
    for link in links:
        groups[_find(root, link.one)].append(link)
    return [_cluster(group) for _, group in sorted(groups.items())]


def _cluster(group: list[Link]) -> Cluster:
    players = sorted({player for link in group for player in (link.one, link.other)})
    mean = sum(min(link.points, 100) for link in group) // len(group)
    return Cluster(tuple(players), mean, tuple(group))


def _links(sightings: Iterable[Sighting], holders: Mapping[Attribute, int]) -> Iterator[Link]:
    """Pairs with evidence enough, in order."""
    seen: defaultdict[Attribute, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        seen[sighting.attribute].append(sighting)
    shared: defaultdict[tuple[UUID, UUID], list[LinkKind]] = defaultdict(list)
    for attribute, group in seen.items():
        if holders.get(attribute, len(group)) > HOLDERS_MAX[attribute.kind]:
            continue
        for one, other in combinations(sorted(group, key=lambda item: item.player_id), 2):
            if says_something(attribute.kind, one.first_at, other.first_at):
                shared[one.player_id, other.player_id].append(attribute.kind)
    for (one, other), kinds in sorted(shared.items()):
        points = evidence(kinds)
        if points >= JOIN_POINTS:
            yield Link(one, other, points, tuple(sorted(set(kinds))))


def says_something(kind: LinkKind, one: datetime, other: datetime) -> bool:
    """Whether sharing it counts, by the times of the first sightings."""
    return kind is not LinkKind.NETWORK or abs(one - other) <= NETWORK_WITHIN


def evidence(kinds: Iterable[LinkKind]) -> int:
    """Each kind counts once."""
    return sum(POINTS[kind] for kind in set(kinds))


def _find(root: dict[UUID, UUID], player: UUID) -> UUID:
    top = player
    while root.get(top, top) != top:
        top = root[top]
    while root.get(player, player) != top:
        root[player], player = top, root[player]
    return top


class LinkGraph:
    """All sightings in memory; after each news only its neighbourhood is looked at again."""

    def __init__(self) -> None:
        self._of_player: defaultdict[UUID, dict[Attribute, Sighting]] = defaultdict(dict)
        self._holders: defaultdict[Attribute, set[UUID]] = defaultdict(set)
        self.cluster_of: dict[UUID, Cluster] = {}

    def see(self, sighting: Sighting) -> frozenset[UUID]:
        """Remember it; the players whose cluster changed by it."""
        known = self._of_player[sighting.player_id]
        if sighting.attribute in known:
            return frozenset()
        known[sighting.attribute] = sighting
        holders = self._holders[sighting.attribute]
        holders.add(sighting.player_id)
        if len(holders) > HOLDERS_MAX[sighting.attribute.kind] + 1:
            return frozenset()
        return self._look_again(holders)

    def _look_again(self, around: Iterable[UUID]) -> frozenset[UUID]:
        near = {
            member
            for player in around
            for member in (
                self.cluster_of[player].players if player in self.cluster_of else (player,)
            )
        }
        before = {player: self.cluster_of.pop(player, None) for player in near}
        found = clusters(
            (one for player in near for one in self._of_player[player].values()),
            {
                attribute: len(self._holders[attribute])
                for player in near
                for attribute in self._of_player[player]
            },
        )
        for cluster in found:
            self.cluster_of |= dict.fromkeys(cluster.players, cluster)
        return frozenset(
            player
            for player, old in before.items()
            if _members(old) != _members(self.cluster_of.get(player))
        )


def _members(cluster: Cluster | None) -> tuple[UUID, ...]:
    return cluster.players if cluster else ()

"""The lists' names in memory, and people looked for among them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fairhouse.identity.types import PlayerId
from fairhouse.platform.database import Tx
from fairhouse.screening.engine.casework import open_case
from fairhouse.screening.rules.names import CERTAIN, Words, keys, match, words
from fairhouse.screening.store import lists, people
from fairhouse.screening.types import (
    CaseKind,
    ListedName,
    ListName,
    Match,
    Person,
    Topic,
    Verdict,
)

MATCHES_MAX: Final = 10
CASE_DUE: Final = timedelta(hours=72)
RESCAN_EVERY: Final = timedelta(days=30)


@dataclass(slots=True)
class NameIndex:
    """Every listed name by the beginnings of its words; read again when a list changed."""

    loaded_for: datetime | None = None
    is_loaded: bool = False
    _by_key: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    _names: list[tuple[ListName, ListedName, Words]] = field(
        default_factory=list[tuple[ListName, ListedName, Words]]
    )

    async def refresh(self, tx: Tx) -> None:
        """As of now; nothing to do while no list changed."""
        newest = await lists.last_import(tx)
        if self.is_loaded and newest == self.loaded_for:
            return
        self.fill(await lists.names_in_force(tx))
        self.loaded_for, self.is_loaded = newest, True

    def fill(self, names: Sequence[tuple[ListName, ListedName]]) -> None:
        """Take these names instead of those before."""
        found = [(list_, name, words(name.name)) for list_, name in names]
        by_key: dict[str, list[int]] = defaultdict(list)
        for number, (_, _, parts) in enumerate(found):
            for key in keys(parts):
                by_key[key].append(number)
        self._names, self._by_key = found, dict(by_key)

    def search(self, person: Person) -> list[tuple[ListName, Match]]:
        """The best match per party, the best first."""
        best: dict[tuple[ListName, str], Match] = {}
        for name in person.names:
            parts = words(name)
            numbers = {n for key in keys(parts) for n in self._by_key.get(key, ())}
            for number in numbers:
                list_, listed, its = self._names[number]
                found = match(person, parts, listed, its)
                before = best.get((list_, listed.party))
                if found is not None and (before is None or found.score > before.score):
                    best[list_, listed.party] = found
        ordered = sorted(best.items(), key=lambda item: -item[1].score)
        return [(key[0], found) for key, found in ordered[:MATCHES_MAX]]


async def screen_people(
    tx: Tx, index: NameIndex, people_: Mapping[PlayerId, tuple[int, Person]]
) -> int:
    """Look for each (brand, person); possible matches become cases. Returns how many were new."""
    await index.refresh(tx)
    opened = 0
    for player_id, (brand_id, person) in people_.items():
        found = index.search(person)
        for list_, one in found:
            opened += await _open(tx, player_id, brand_id, list_, one)
        await people.set_scanned(tx, player_id, brand_id=brand_id, matches=len(found))
    return opened


async def _open(tx: Tx, player_id: PlayerId, brand_id: int, list_: ListName, found: Match) -> bool:
    is_certain = found.score >= CERTAIN and found.birth == "same"
    is_pep = found.topic is Topic.PEP
    return await open_case(
        tx,
        kind=CaseKind.PEP if is_pep else CaseKind.NAME,
        brand_id=brand_id,
        player_id=player_id,
        subject=f"{list_}:{found.party}",
        verdict=Verdict.FREEZE if is_certain and not is_pep else Verdict.HOLD,
        # Stable for the same entry: a rescan does not open again what people have cleared.
        reasons=(f"listed.{list_}.{found.party}", f"birth.{found.birth}"),
        evidence={
            "listed": found.listed,
            "score": f"{found.score:.3f}",
            "name_score": f"{found.name_score:.3f}",
            "words": [f"{listed} {value:.2f}" for _, listed, value in found.pairs],
            "birth": found.birth,
            "country": found.country,
        },
        due_in=CASE_DUE,
    )

"""Every process knows the brands: read at its start and every second; the API hears news, too."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fairhouse.app.process import Process
from fairhouse.brands import api as brands
from fairhouse.games.api import GAMES
from fairhouse.platform.database import Database

EVERY_S: Final = 1.0
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


async def follow_brands(run: Process, db: Database, *, stores: bool = False) -> None:
    """Know them now, and from now on. `stores`: write down what this release brings, which the
    worker's role may not."""
    if stores:
        async with db.tx() as tx:
            await brands.store_released(tx)

    async def step() -> int:
        async with db.read() as tx:
            await brands.refresh(tx)
        return 0

    await step()
    run.loop("brands", EVERY_S, step)


class Unoffered:
    """The games that a brand does not offer, as closed switches; made once per change."""

    def __init__(self) -> None:
        self._generation = -1
        self._closed: dict[int, Mapping[str, str]] = {}

    def __call__(self, brand_id: int) -> Mapping[str, str]:
        """Switch to reason; empty for a brand that offers all, or that is not known."""
        if self._generation != brands.generation():
            self._generation = brands.generation()
            self._closed = {
                brand.id: {
                    brands.game_switch(slug): f"{brand.name} does not offer this game."
                    for slug in GAMES
                    if not brand.offers(slug)
                }
                for brand in brands.all_brands()
            }
        return self._closed.get(brand_id, _NONE)

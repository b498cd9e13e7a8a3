"""The pause switches in memory, for roads that cannot ask the database each time."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fairhouse.brands.store import pauses as store
from fairhouse.brands.types import BrandId, Switch
from fairhouse.platform.database import Tx

_NONE: Final[Mapping[Switch, str]] = MappingProxyType({})


class PauseBoard:
    """Reasons by brand and switch. Call `refresh` at start, on `brands.switch_changed`, and every
    few seconds in case news got lost; it replaces the whole board at once.
    """

    def __init__(self) -> None:
        self._reasons: dict[BrandId, Mapping[Switch, str]] = {}

    async def refresh(self, tx: Tx) -> None:
        """Read all switches anew."""
        board: dict[BrandId, dict[Switch, str]] = {}
        for brand_id, pause in await store.pauses(tx):
            board.setdefault(brand_id, {})[pause.switch] = pause.reason
        self._reasons = {brand_id: MappingProxyType(part) for brand_id, part in board.items()}

    def paused(self, brand_id: BrandId) -> Mapping[Switch, str]:
        """What is off in a brand, and why."""
        return self._reasons.get(brand_id, _NONE)

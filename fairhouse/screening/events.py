"""Facts of screening."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from fairhouse.identity.types import PLAYER_PREFIX, PlayerId
from fairhouse.kernel.ids import to_wire
from fairhouse.screening.types import CaseId, CaseKind, CaseState, Verdict


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """Somebody has to look: money waits until then."""

    TYPE: ClassVar[str] = "screening.case_opened"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    case_id: CaseId
    kind: CaseKind
    verdict: Verdict

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """People have decided."""

    TYPE: ClassVar[str] = "screening.case_closed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    case_id: CaseId
    state: CaseState

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class ListImported:
    """A new version of a list is in force: everybody is looked at again."""

    TYPE: ClassVar[str] = "screening.list_imported"
    VERSION: ClassVar[int] = 1

    brand_id: int
    list: str
    version: str
    published_on: date
    added: int
    removed: int

    @property
    def subject(self) -> str:
        return self.list

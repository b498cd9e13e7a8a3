"""What every process does for the evidence: its start, its end, its clock, its ill loops."""

from pathlib import Path
from typing import Final

import structlog

from fairhouse.app.evidence.command import measured
from fairhouse.audit import api as audit
from fairhouse.audit.jobs import CLOCK_EVERY_S, watch_clock
from fairhouse.audit.types import Significant
from fairhouse.platform.database import Database
from fairhouse.platform.loops import HealthBoard

ILL_EVERY_S: Final = 15.0
PROGRAMS_EVERY_S: Final = 3600.0
"""Much more often than every 24 hours, which is asked (LOG-08)."""

__all__ = ["CLOCK_EVERY_S", "IllLoops", "note_process", "watch_clock", "watch_programs"]

_log = structlog.get_logger("evidence")


async def note_process(db: Database, *, is_started: bool) -> None:
    """A process came or went: what lies between is when it was not available."""
    kind = Significant.PROCESS_STARTED if is_started else Significant.PROCESS_STOPPED
    async with db.tx() as tx:
        await audit.significant(
            tx,
            kind=kind,
            brand_id=None,
            actor="operator",
            subject=db.process,
            reason="started" if is_started else "stopped in good order",
            before={"running": not is_started},
            after={"running": is_started},
        )


class IllLoops:
    """Writes down each loop that became ill, and that it is well again: once each."""

    def __init__(self, db: Database, board: HealthBoard) -> None:
        self._db = db
        self._board = board
        self._ill: dict[str, str] = {}

    async def step(self) -> int:
        """Compare with the last time."""
        now = {name: why or "?" for name, why in self._board.report().items()}
        for name in now.keys() - self._ill.keys():
            await self._note(name, now[name], is_ill=True)
        for name in self._ill.keys() - now.keys():
            await self._note(name, "well again", is_ill=False)
        self._ill = now
        return 0

    async def _note(self, name: str, why: str, *, is_ill: bool) -> None:
        async with self._db.tx(even_if_halted=True) as tx:
            await audit.significant(
                tx,
                kind=Significant.PROGRAM_ERROR,
                brand_id=None,
                actor="job:health",
                subject=f"{self._db.process}/{name}",
                reason=why,
                before={"ill": not is_ill},
                after={"ill": is_ill},
            )


async def watch_programs(db: Database, settings: Path | None) -> int:
    """Measure what runs; what is not what was approved is a significant event, once per state."""
    async with db.read() as tx:
        manifest = await measured(tx, settings)
    if manifest.approved is None or manifest.agrees:
        return 0
    async with db.tx() as tx:
        is_new = await audit.note_program(tx, found=manifest, actor="job:programs")
    if is_new:
        _log.error("programs are not what was approved", changed=len(manifest.changed))
    return 0

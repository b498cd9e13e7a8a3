"""The supervisor's ear: a Unix socket on which the demo bank asks how things are and makes trouble.

One JSON object a line in, one out. The socket lies in a private folder.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from devnet.demo.children import Child

KEPT_LINES: Final = 500
DOWN_MAX_S: Final = 60.0
UNTOUCHABLE: Final = frozenset({"bank"})
"""The bank does not kill itself: its buttons are what one would start it again with."""


@dataclass(slots=True)
class Diary:
    """What happened, numbered from 1."""

    _lines: deque[dict[str, Any]] = field(
        default_factory=lambda: deque[dict[str, Any]](maxlen=KEPT_LINES)
    )
    _count: int = 0

    def note(self, who: str, what: str) -> None:
        """Write a line."""
        self._count += 1
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._lines.append({"number": self._count, "at": at, "who": who, "what": what})

    def after(self, number: int) -> list[dict[str, Any]]:
        """The lines that came after a number."""
        return [line for line in self._lines if line["number"] > number]


@dataclass(frozen=True, slots=True)
class Control:
    """Answers the bank."""

    children: Mapping[str, Child]
    diary: Diary

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """One request; an unknown one is told so."""
        match asked.get("do"):
            case "state":
                return self._state(int(asked.get("after", 0)))
            case "note":
                self.diary.note(str(asked["who"])[:40], str(asked["what"])[:400])
                return {"done": True}
            case "kill":
                return self._kill(str(asked.get("name")), float(asked.get("down_s", 0)))
            case _:
                return {"error": "unknown request"}

    def _state(self, after: int) -> dict[str, Any]:
        processes = [
            {
                "name": name,
                "state": child.state.value,
                "pid": child.pid,
                "restarts": child.restarts,
            }
            for name, child in self.children.items()
        ]
        return {"processes": processes, "lines": self.diary.after(after)}

    def _kill(self, name: str, down_s: float) -> dict[str, Any]:
        child = self.children.get(name)
        if child is None or name in UNTOUCHABLE or child.pid is None:
            return {"error": f"{name} does not run, or is not to be killed"}
        child.kill(down_s=min(max(down_s, 0.0), DOWN_MAX_S))
        return {"done": True}


async def listen(path: Path, control: Control) -> asyncio.Server:
    """Serve until closed."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            while line := await reader.readline():
                writer.write(json.dumps(control.answer(json.loads(line))).encode() + b"\n")
                await writer.drain()
        writer.close()

    await asyncio.to_thread(path.unlink, missing_ok=True)
    return await asyncio.start_unix_server(serve, str(path))


async def ask(path: Path, **asked: Any) -> dict[str, Any]:
    """One request from the other side. Raises OSError when no supervisor listens."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(json.dumps(asked).encode() + b"\n")
        await writer.drain()
        return json.loads(await reader.readline())
    finally:
        writer.close()

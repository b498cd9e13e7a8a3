"""A process of a benchmark's own that does what it is told: one JSON object per line, each way."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
STOP_S: Final = 20
LINE_BYTES_MAX: Final = 1 << 22


class Child:
    """The parent's end."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self._name = name
        self._process = process

    @staticmethod
    async def started(module: str, *arguments: str) -> "Child":
        """`python -m MODULE`, under way."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
        )
        return Child(module, process)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ask(self, do: str, **details: object) -> dict[str, Any]:
        """Give an order and wait for its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **details}).encode() + b"\n")
        await self._process.stdin.drain()
        return await self.heard()

    async def heard(self) -> dict[str, Any]:
        """What it says next, for example that it is there."""
        assert self._process.stdout is not None
        answer = await self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._name} ended; its last words are above")
        return json.loads(answer)

    async def stop(self) -> None:
        """It ends when nobody gives it orders any more; afterwards it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), STOP_S)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def orders() -> AsyncGenerator[dict[str, Any]]:
    """The child's end: what the parent says, until it has nothing more to say."""
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


def answer(**found: object) -> None:
    """The child's answer to an order."""
    print(json.dumps(found), flush=True)

"""The journey's display: steps with their time; live on a terminal, plain lines elsewhere."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final, TextIO

_SPIN: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SPIN_EVERY_S: Final = 0.1

Say = Callable[[str], None]


class Steps:
    """Shows one step after the other."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_live = out.isatty()
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Since the first step."""
        return time.monotonic() - self._began

    def line(self, text: str) -> None:
        """A line of its own."""
        self._write(f"{text}\n")

    @asynccontextmanager
    async def step(self, title: str) -> AsyncGenerator[Say]:
        """A step; what is said in it stands beneath it."""
        began = time.monotonic()
        if not self._is_live:
            self._write(f"{self._clock()}  {title}\n")
        said: list[str] = []

        def say(text: str) -> None:
            said.append(text)
            if not self._is_live:
                self._write(f"{self._clock()}      {text}\n")

        spinner = asyncio.create_task(self._spin(title, said)) if self._is_live else None
        try:
            yield say
        except BaseException:
            await self._settle(spinner, f"\033[31m✗\033[0m {title}", said)
            raise
        took = f"\033[2m{time.monotonic() - began:5.1f} s\033[0m"
        await self._settle(spinner, f"\033[32m✓\033[0m {took}  {title}", said)

    async def _settle(self, spinner: asyncio.Task[None] | None, head: str, said: list[str]) -> None:
        if spinner is None:
            return
        spinner.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await spinner
        lines = [f"\r\033[2K{head}", *(f"             \033[2m{text}\033[0m" for text in said)]
        self._write("\n".join(lines) + "\n")

    async def _spin(self, title: str, said: list[str]) -> None:
        turn = 0
        while True:
            last = f"  {said[-1]}" if said else ""
            width = shutil.get_terminal_size().columns - 4
            text = f"{title}{last}"[:width]
            self._write(f"\r\033[2K\033[36m{_SPIN[turn % len(_SPIN)]}\033[0m {text}")
            turn += 1
            await asyncio.sleep(_SPIN_EVERY_S)

    def _clock(self) -> str:
        return f"{self.elapsed_s:7.1f} s"

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()

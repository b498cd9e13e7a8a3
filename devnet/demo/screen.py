"""What the terminal shows: steps while starting, then a box with the doors and logins."""

import sys
import time
from collections.abc import Sequence
from typing import Final, TextIO

_WIDTH_MIN: Final = 70


class Screen:
    """Plain lines without a terminal; colour and a step that completes in place with one."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._fancy = out.isatty()
        self._open: tuple[str, float] | None = None

    def begin(self, what: str) -> None:
        """A step begins; the one before it has succeeded."""
        self.done()
        self._open = (what, time.monotonic())
        if self._fancy:
            self._write(f"  \033[36m·\033[0m {what} …")

    def done(self) -> None:
        """The step that was begun is done."""
        if self._open is None:
            return
        what, began = self._open
        self._open = None
        took = f"{time.monotonic() - began:.1f} s"
        if self._fancy:
            self._write(f"\r\033[2K  \033[32m✓\033[0m {what} \033[2m{took}\033[0m\n")
        else:
            self._write(f"  ok  {what} ({took})\n")

    def say(self, text: str) -> None:
        """A line of its own."""
        self.done()
        self._write(f"  {text}\n")

    def fail(self, text: str) -> None:
        """Why it ends here."""
        if self._open is not None and self._fancy:
            self._write("\r\033[2K")
        self._open = None
        mark = "\033[31m✗\033[0m" if self._fancy else "FAILED"
        self._write(f"  {mark} {text}\n")

    def box(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """Doors and logins; a row without a left part is a heading, one without both a space."""
        self.done()
        left_width = max(len(left) for left, _ in rows)
        lines = [self._row(left, right, left_width) for left, right in rows]
        width = max(_WIDTH_MIN, *(len(plain) for plain, _ in lines), len(title)) + 2
        self._write(f"\n  ╭{'─' * width}╮\n")
        for plain, shown in [(title, self._bold(title)), ("", ""), *lines]:
            self._write(f"  │ {shown}{' ' * (width - len(plain) - 1)}│\n")
        self._write(f"  ╰{'─' * width}╯\n\n")

    def _row(self, left: str, right: str, left_width: int) -> tuple[str, str]:
        if not left:
            return right, self._bold(right)
        plain = f"{left.ljust(left_width)}  {right}"
        if not self._fancy:
            return plain, plain
        return plain, f"{left.ljust(left_width)}  \033[36m{right}\033[0m"

    def _bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self._fancy and text else text

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()

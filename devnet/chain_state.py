"""Anvil's state file: made good before a start, and copied while it runs.

Anvil writes the file every second, not atomically, so that a kill may tear it. And each start adds
a genesis block of its own to the file, of which the next start takes any: a follower that knows the
first one must not meet another.
"""

import json
import shutil
from pathlib import Path
from typing import Any


def mend_state(state: Path) -> None:
    """Called before anvil starts: a torn file gives way to its copy; one genesis remains."""
    if not state.exists():
        return
    found = _read(state)
    if found is None:
        copy = _copy_of(state)
        found = _read(copy) if copy.exists() else None
    if found is None:
        state.unlink()
        return
    blocks: list[Any] = found["blocks"]
    first = [block for block in blocks if int(block["header"]["number"], 16) == 0]
    if len(first) > 1:
        earliest = min(first, key=lambda block: int(block["header"]["timestamp"], 16))
        later = [block for block in blocks if int(block["header"]["number"], 16) != 0]
        found["blocks"] = [earliest, *later]
    making = state.with_suffix(".new")
    making.write_text(json.dumps(found))
    making.rename(state)


def copy_state(state: Path) -> None:
    """Called now and then while anvil runs: a whole file is kept beside it."""
    if state.exists() and _is_whole(state):
        making = _copy_of(state).with_suffix(".new")
        shutil.copyfile(state, making)
        if _is_whole(making):
            making.rename(_copy_of(state))


def _copy_of(state: Path) -> Path:
    return state.with_name(f"{state.stem}.copy.json")


def _is_whole(state: Path) -> bool:
    """Cheap: anvil writes one object, from its brace to its brace."""
    with state.open("rb") as file:
        if file.read(1) != b"{":
            return False
        file.seek(-1, 2)
        return file.read(1) == b"}"


def _read(state: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(state.read_text())
    except ValueError:
        return None
    return found if "blocks" in found else None

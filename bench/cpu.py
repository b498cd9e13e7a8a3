"""Processor time by process, out of /proc: what a bet costs is steadier than how long it takes."""

import asyncio
import os
from pathlib import Path
from typing import Final

from fairhouse.platform.database import Database

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_STAT: Final = {"ppid": 1, "utime": 11, "stime": 12, "cutime": 13, "cstime": 14}
"""Fields of /proc/PID/stat behind the name in parentheses (proc(5))."""


def _stat(pid: int) -> dict[str, int] | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return {name: int(fields[at]) for name, at in _STAT.items()}


def of_process(pid: int) -> float:
    """Seconds that one process has used so far; 0 when it is gone."""
    stat = _stat(pid)
    return 0.0 if stat is None else (stat["utime"] + stat["stime"]) / _TICKS


def of_family(pid: int) -> float:
    """Seconds of a process, its living children, and those it has buried."""
    parent = _stat(pid)
    if parent is None:
        return 0.0
    ticks = sum(parent[name] for name in ("utime", "stime", "cutime", "cstime"))
    return ticks / _TICKS + sum(map(of_process, children(pid)))


def children(pid: int) -> list[int]:
    """The living children of a process."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    stats = {number: _stat(number) for number in numbers}
    return [number for number, stat in stats.items() if stat is not None and stat["ppid"] == pid]


async def postmaster_of(owner: Database) -> int:
    """The process id of the server behind a pool on this machine; 0 when it cannot be seen."""
    async with owner.read() as tx:
        backend = await tx.fetchval("select pg_backend_pid()")
    stat = await asyncio.to_thread(_stat, backend)
    return 0 if stat is None else stat["ppid"]


def resident_mb(pid: int) -> float:
    """Memory of one process that is not shared with files on disk."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = {line.split(":")[0]: line.split()[1] for line in lines if "kB" in line}
    return round(int(found.get("RssAnon", "0")) / 1024, 1)

"""What a run was measured on: machine, versions, settings. Figures mean nothing without it."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Final

from fairhouse.platform.database import Tx

DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "autovacuum")
SHOWN: Final = (
    *DURABLE,
    "server_version",
    "shared_buffers",
    "max_wal_size",
    "wal_compression",
    "checkpoint_timeout",
    "wal_sync_method",
    "commit_delay",
)
PACKAGES: Final = ("asyncpg", "psycopg", "uvloop", "uvicorn", "granian", "fastapi", "msgspec")


class NotDurable(Exception):
    """A setting that keeps what was acknowledged is off: nothing measured would be honest."""


async def check_durable(tx: Tx) -> dict[str, str]:
    """PostgreSQL's settings as this session sees them. Raises NotDurable."""
    rows = await tx.fetch(
        "select name, setting || coalesce(unit, '') as value, setting from pg_settings"
        " where name = any($1)",
        list(SHOWN),
    )
    off = [row["name"] for row in rows if row["name"] in DURABLE and row["setting"] != "on"]
    if off:
        raise NotDurable(f"Benchmarks never relax durability: {', '.join(off)} must be on.")
    return {row["name"]: row["value"] for row in rows}


def processor() -> str:
    """The processor's name as the kernel tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory_gb() -> float:
    """Main memory."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def _commit() -> str:
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parent,
        )
    except OSError:
        return "unknown"
    return asked.stdout.strip() or "unknown"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def described(postgres: dict[str, str], **settings: object) -> dict[str, object]:
    """Everything that `machine.json` says."""
    versions = {name: found for name in PACKAGES if (found := _version(name))}
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": memory_gb(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "python_build": " ".join((*platform.python_build(), platform.python_compiler())),
        "packages": versions,
        "postgres": postgres,
        "commit": _commit(),
        "settings": settings,
    }

"""The programs that run, measured: all their files, the settings, the database's definitions.

The digest is that of `sha256sum` over sorted paths, taken once more over that list: anybody gets
the same with `tools/program_digest.py`, which knows nothing of ours. LOG-08; GLI-19 2.3.2.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

PARTS: Final = ("fairhouse", "signer", "migrations", "requirements", "web/dist")
SINGLE: Final = ("pyproject.toml",)
IGNORED: Final = frozenset({"__pycache__", "node_modules"})
SETTINGS: Final = "settings"
SCHEMA: Final = "database"


def measure(root: Path, *, settings: Path | None, schema: str) -> Mapping[str, str]:
    """SHA-256 by path, in order; `settings` and `database` stand for what is no file of ours."""
    found = {path.relative_to(root).as_posix(): _sha256(path) for path in _files(root)}
    if settings is not None:
        found[SETTINGS] = _sha256(settings)
    found[SCHEMA] = hashlib.sha256(schema.encode()).hexdigest()
    return dict(sorted(found.items()))


def _files(root: Path) -> Iterator[Path]:
    for name in SINGLE:
        if (root / name).is_file():
            yield root / name
    for part in PARTS:
        for path in (root / part).rglob("*"):
            if path.is_file() and IGNORED.isdisjoint(path.relative_to(root).parts):
                yield path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

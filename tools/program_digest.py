"""The digest of the programs that run, by anybody: needs nothing but Python. LOG-08.

    python tools/program_digest.py [--settings FILE] [--schema FILE] [--list] [ROOT]

Without it, in a shell at the root: `find fairhouse signer migrations requirements web/dist
pyproject.toml -type f -not -path '*/__pycache__/*'`, sorted by bytes, through `sha256sum`, with the
lines for `settings` and `database` added at their place, through `sha256sum` once more. The text of
the database's definitions is `psql -AtX -c 'select audit.schema_text()'` without its last newline.
"""

import argparse
import hashlib
import sys
from pathlib import Path

PARTS = ("fairhouse", "signer", "migrations", "requirements", "web/dist")
SINGLE = ("pyproject.toml",)
IGNORED = ("__pycache__", "node_modules")


def lines_of(root: Path, settings: Path | None, schema: str | None) -> list[str]:
    """As `sha256sum` prints them, sorted by path."""
    files = [root / name for name in SINGLE if (root / name).is_file()]
    for part in PARTS:
        files += [path for path in (root / part).rglob("*") if path.is_file()]
    found = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not any(part in IGNORED for part in path.relative_to(root).parts)
    }
    if settings is not None:
        found["settings"] = hashlib.sha256(settings.read_bytes()).hexdigest()
    if schema is not None:
        found["database"] = hashlib.sha256(schema.encode()).hexdigest()
    return [f"{found[path]}  {path}\n" for path in sorted(found)]


def main() -> int:
    """Prints the digest; with --list the parts as well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--schema", type=Path, help="a file with the database's definitions")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    schema = given.schema.read_text().removesuffix("\n") if given.schema else None
    lines = lines_of(given.root.resolve(), given.settings, schema)
    if given.list:
        sys.stdout.writelines(lines)
    print(hashlib.sha256("".join(lines).encode()).hexdigest())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The hash that a game's table is known by."""

import hashlib
import json
from collections.abc import Mapping


def table_hash(version: str, table: Mapping[str, object]) -> str:
    """SHA-256 of the version and the table as canonical JSON (sorted keys, no spaces)."""
    text = json.dumps({"table": table, "version": version}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

"""The log as a file that a stranger verifies with nothing of ours: `tools/verify_audit.py`.

JSON Lines. The first line names the format and the public key. Then, chain by chain: each entry as
the very text that was hashed, with its hash and the one before it; each checkpoint with its
signature. The last line counts, so that a file that was cut is seen.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from fairhouse.audit import rules, store
from fairhouse.audit.rules import Keys
from fairhouse.audit.types import AuditEntry, Checkpoint
from fairhouse.platform.database import Tx

FORMAT: Final = "fairhouse.audit/1"


async def export(
    tx: Tx, *, keys: Keys, streams: Sequence[str] | None = None
) -> AsyncGenerator[str]:
    """All chains, or these, line by line; a thousand entries are in memory at a time."""
    yield _line({"format": FORMAT, "public_key": keys.public.hex(), "at": tx.now.isoformat()})
    totals: dict[str, dict[str, object]] = {}
    for stream in await store.streams(tx):
        if streams is not None and stream not in streams:
            continue
        totals[stream] = {"entries": 0, "checkpoints": 0, "hash": rules.GENESIS.hex()}
        count = 0
        async for entry in store.chain(tx, stream):
            count += 1
            totals[stream] |= {"entries": count, "hash": entry.hash.hex()}
            yield _entry(entry)
        made = await store.checkpoints(tx, stream)
        totals[stream]["checkpoints"] = len(made)
        for one in made:
            yield _checkpoint(one)
    yield _line({"totals": totals})


def _entry(entry: AuditEntry) -> str:
    content = rules.canonical(
        stream=entry.stream,
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        reason=entry.reason,
        details=entry.details,
        component=entry.component,
    )
    return _line(
        {
            "entry": content.decode(),
            "previous_hash": entry.previous_hash.hex(),
            "hash": entry.hash.hex(),
        }
    )


def _checkpoint(made: Checkpoint) -> str:
    return _line(
        {
            "checkpoint": {
                "stream": made.stream,
                "seq": made.seq,
                "hash": made.hash.hex(),
                "signature": (made.signature or b"").hex(),
                "public_key": (made.public_key or b"").hex(),
            }
        }
    )


def _line(content: dict[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"

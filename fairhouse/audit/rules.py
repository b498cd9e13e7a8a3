"""What makes the audit log's chains hold. `docs/decisions/0070-audit-chain.md`.

Chain: `hash = SHA-256(previous_hash || canonical JSON of the entry)`, the first row's previous hash
being 32 zero bytes. Canonical JSON as RFC 8785 has it for texts, integers and booleans: keys
sorted, no spaces, UTF-8. A checkpoint authenticates (stream, seq, hash) with HMAC-SHA-256 for the
house and with Ed25519 (RFC 8032) for everybody else.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fairhouse.audit.types import HOUSE, AuditEntry, Break, Checkpoint, Deed, Fact, Facts, Flaw

GENESIS: Final = bytes(32)
REASON_MIN: Final = 3
REASON_MAX: Final = 500
JSON_SAFE_MAX: Final = 2**53


def stream_of(brand_id: int | None) -> str:
    """The chain that a brand's deeds go into."""
    return HOUSE if brand_id is None else f"brand:{brand_id}"


def events_of(brand_id: int | None) -> str:
    """The chain of a brand's significant events, which nobody did."""
    return "events" if brand_id is None else f"events:{brand_id}"


def personal_of(brand_id: int | None) -> str:
    """The chain of who looked at personal data."""
    return "personal" if brand_id is None else f"personal:{brand_id}"


def streams_of(brand_ids: Sequence[int]) -> list[str]:
    """Every chain that somebody who works for these brands may read."""
    return [of(one) for of in (stream_of, events_of, personal_of) for one in (None, *brand_ids)]


def clean_facts(facts: Facts) -> dict[str, Fact]:
    """Facts as the database gives them back: exact, and the same for every reader.

    Integers beyond 2^53 become texts, as on the wire; times ISO 8601 in UTC; NUL and lone
    surrogates, which no database takes, become a question mark.
    """
    return {clean_text(name): _clean(fact) for name, fact in facts.items()}


def _clean(fact: Fact) -> Fact:
    match fact:
        case None | bool():
            return fact
        case int():
            return int(fact) if abs(fact) < JSON_SAFE_MAX else str(fact)
        case str():
            return clean_text(fact)
        case datetime():
            return fact.astimezone(UTC).isoformat(timespec="microseconds")
        case UUID():
            return str(fact)
        case Mapping():
            return clean_facts(cast("Facts", fact))
        case Sequence():
            return [_clean(part) for part in cast("Sequence[Fact]", fact)]
    raise AssertionError(f"{type(fact).__name__} does not belong into the log")


def clean_text(text: str) -> str:
    """A text that every database and every JSON reader takes."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "?")


def clean_reason(text: str) -> str:
    """A job's reason cut to what the log takes; people are asked for another one instead."""
    reason = clean_text(" ".join(text.split()))[:REASON_MAX]
    return reason if len(reason) >= REASON_MIN else f"{reason} (no reason)".strip()


def canonical(
    *,
    stream: str,
    seq: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    reason: str,
    details: Mapping[str, object],
    component: str | None,
) -> bytes:
    """The one way in which an entry is written down to be hashed."""
    content: dict[str, object] = {
        "stream": stream,
        "seq": seq,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor,
        "action": action,
        "subject": subject,
        "reason": reason,
        "details": dict(details),
    }
    if component is not None:
        content["component"] = component
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def linked(deed: Deed, *, seq: int, previous_hash: bytes, at: datetime) -> AuditEntry:
    """The deed as the next link of its chain."""
    bare = AuditEntry(
        stream=deed.stream,
        seq=seq,
        at=at,
        actor=clean_text(deed.actor),
        action=deed.action,
        subject=clean_text(deed.subject),
        reason=clean_text(deed.reason),
        details=clean_facts(deed.details),
        component=deed.component,
        previous_hash=previous_hash,
        hash=b"",
    )
    return _with_hash(bare)


def _with_hash(entry: AuditEntry) -> AuditEntry:
    return AuditEntry(
        stream=entry.stream,
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        reason=entry.reason,
        details=entry.details,
        component=entry.component,
        previous_hash=entry.previous_hash,
        hash=hash_of(entry),
    )


def hash_of(entry: AuditEntry) -> bytes:
    """What the entry's hash must be."""
    content = canonical(
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
    return hashlib.sha256(entry.previous_hash + content).digest()


# --- Checkpoints


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What checkpoints are made with."""

    mac: bytes
    signing: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """What a third party verifies with, 32 bytes."""
        return self.signing.public_key().public_bytes_raw()


def keys_of(secret: Callable[[str], bytes]) -> Keys:
    """The keys out of the platform's secret; `secret` derives 32 bytes for a name."""
    return Keys(secret("checkpoint"), Ed25519PrivateKey.from_private_bytes(secret("signature")))


def _message(stream: str, seq: int, hash_: bytes) -> bytes:
    return f"fairhouse.audit\x1f{stream}\x1f{seq}\x1f".encode() + hash_


def checkpoint(keys: Keys, *, stream: str, seq: int, hash_: bytes) -> Checkpoint:
    """An authenticated note of how far a chain has come."""
    message = _message(stream, seq, hash_)
    return Checkpoint(
        stream=stream,
        seq=seq,
        hash=hash_,
        mac=hmac.digest(keys.mac, message, "sha256"),
        signature=keys.signing.sign(message),
        public_key=keys.public,
    )


def is_genuine(keys: Keys, found: Checkpoint) -> bool:
    """Whether we made it; the oldest have no signature, and their MAC alone must hold."""
    message = _message(found.stream, found.seq, found.hash)
    if not hmac.compare_digest(hmac.digest(keys.mac, message, "sha256"), found.mac):
        return False
    return found.signature is None or is_signed(keys.public, found)


def is_signed(public_key: bytes, found: Checkpoint) -> bool:
    """Whether the holder of this key signed it: what a third party asks."""
    if found.signature is None:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(found.signature, _message(found.stream, found.seq, found.hash))
    except (InvalidSignature, ValueError):
        return False
    return True


# --- Verifying


def first_flaw_in_link(before: AuditEntry | None, entry: AuditEntry) -> Flaw | None:
    """Whether an entry follows the one before it (None: it is the first) unaltered."""
    seq, previous = (before.seq, before.hash) if before else (0, GENESIS)
    if entry.seq != seq + 1 or entry.previous_hash != previous:
        return Flaw.UNLINKED
    return Flaw.ALTERED if hash_of(entry) != entry.hash else None


def break_at(before: AuditEntry | None, entry: AuditEntry) -> Break | None:
    """What is wrong with an entry that follows `before`, and the number it is wrong at.

    After a removal that is the number that is missing.
    """
    flaw = first_flaw_in_link(before, entry)
    if flaw is None:
        return None
    expected = before.seq + 1 if before else 1
    return Break(entry.stream, min(entry.seq, expected), flaw)


def first_missed_checkpoint(
    keys: Keys, checkpoints: Sequence[Checkpoint], hashes: Mapping[int, bytes], last_seq: int
) -> Break | None:
    """The first checkpoint of one chain that the chain no longer passes through."""
    for found in sorted(checkpoints, key=lambda item: item.seq):
        if not is_genuine(keys, found):
            return Break(found.stream, found.seq, Flaw.FORGED)
        if found.seq > last_seq:
            return Break(found.stream, last_seq + 1, Flaw.CUT)
        if hashes.get(found.seq) != found.hash:
            return Break(found.stream, found.seq, Flaw.REWRITTEN)
    return None


# --- Programs


def manifest_text(manifest: Mapping[str, str]) -> str:
    """As `sha256sum` prints it, sorted by path."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(manifest.items()))


def digest_of(manifest: Mapping[str, str]) -> str:
    """One SHA-256 for all of it."""
    return hashlib.sha256(manifest_text(manifest).encode()).hexdigest()


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Which parts differ, and how."""
    found: dict[str, str] = {}
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            found[path] = "removed"
        elif path not in before:
            found[path] = "added"
        elif before[path] != after[path]:
            found[path] = "altered"
    return found

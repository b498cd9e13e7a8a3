"""The signer's memory: SQLite, written and synced before a signature leaves the process.

Orders and log lines are never changed or removed (triggers refuse it), and each log line carries
the hash of the one before. A lock file keeps a second signer off the same journal.
"""

import fcntl
import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from fairhouse.chains.codecs.orders import Order, OrderKind, Refused, Signed
from fairhouse.chains.types import Address
from fairhouse.kernel.currencies import AssetId, ChainId
from signer.judge import DAY_S, HOUR_S, Facts, FamilyRecord, Payment, Spent

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY, digest TEXT NOT NULL, family_id TEXT NOT NULL, at INTEGER NOT NULL,
    raw_signed BLOB, code TEXT, message TEXT, final INTEGER,
    CHECK ((raw_signed IS NULL) <> (code IS NULL))
) STRICT;
CREATE TABLE IF NOT EXISTS families (
    family_id TEXT PRIMARY KEY, kind TEXT NOT NULL, chain TEXT NOT NULL, path TEXT NOT NULL,
    nonce INTEGER NOT NULL, asset TEXT NOT NULL, destination TEXT NOT NULL,
    base_units TEXT NOT NULL, max_fee TEXT NOT NULL, first_signed_at INTEGER NOT NULL,
    to_new INTEGER NOT NULL, UNIQUE (chain, path, nonce)
) STRICT;
CREATE INDEX IF NOT EXISTS families_at ON families (first_signed_at);
CREATE TABLE IF NOT EXISTS destinations (
    chain TEXT NOT NULL, address TEXT NOT NULL, seen_at INTEGER NOT NULL,
    PRIMARY KEY (chain, address)
) STRICT;
CREATE TABLE IF NOT EXISTS log (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, subject TEXT NOT NULL, verdict TEXT NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS log_stays BEFORE UPDATE ON log
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_remains BEFORE DELETE ON log
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS orders_stay BEFORE UPDATE ON orders
    BEGIN SELECT raise(ABORT, 'orders are single-use'); END;
CREATE TRIGGER IF NOT EXISTS orders_remain BEFORE DELETE ON orders
    BEGIN SELECT raise(ABORT, 'orders are single-use'); END;
"""


class JournalError(Exception):
    """The journal is locked by another signer, or its log was altered."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One verdict, as it was given."""

    seq: int
    at: int
    """Unix seconds."""
    subject: str
    verdict: str
    code: str
    message: str
    hash: str


class Journal:
    """Orders, families, destinations, and the log of every verdict."""

    def __init__(self, folder: Path) -> None:
        self._halt_file = folder / "HALTED"
        self._lock: IO[str] = (folder / "journal.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise JournalError("another signer uses this journal") from error
        self._db = sqlite3.connect(folder / "journal.sqlite3", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)
        (folder / "journal.sqlite3").chmod(0o600)
        self._verify_log()

    def close(self) -> None:
        """Let another signer have it."""
        self._db.close()
        self._lock.close()

    # --- reading

    def answer_to(self, order_id: UUID) -> tuple[str, Signed | Refused] | None:
        """The digest of the order under an id and its answer, once given."""
        row = self._one(
            "SELECT digest, raw_signed, code, message, final FROM orders WHERE order_id = ?",
            str(order_id),
        )
        if row is None:
            return None
        if row[1] is not None:
            return row[0], Signed(row[1])
        return row[0], Refused(row[2], row[3], bool(row[4]))

    def facts(self, order: Order, payment: Payment, now: int) -> Facts:
        """What a verdict on the order needs to know."""
        seen = self._one(
            "SELECT seen_at FROM destinations WHERE chain = ? AND address = ?",
            payment.chain,
            payment.destination,
        )
        return Facts(
            now=now,
            family=self._family("family_id = ?", str(order.family_id)),
            nonce_holder=self._family(
                "chain = ? AND path = ? AND nonce = ?", order.chain, order.path, payment.tx.nonce
            ),
            spent=self._spent(order, payment, now),
            destination_seen_at=None if seen is None else seen[0],
        )

    def newest_at(self) -> int:
        """When the newest log line was written; a clock before it went backwards."""
        row = self._one("SELECT max(at) FROM log")
        return 0 if row is None or row[0] is None else int(row[0])

    def halted(self) -> str | None:
        """The reason, while the halt file is there."""
        try:
            return self._halt_file.read_text().strip() or "halted"
        except FileNotFoundError:
            return None

    def log(self, after: int = 0, limit: int = 1_000) -> list[LogLine]:
        """Log lines in order."""
        rows = self._db.execute(
            "SELECT seq, at, subject, verdict, code, message, hash FROM log"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        )
        return [LogLine(*row) for row in rows]

    # --- writing

    def note(self, at: int, subject: str, verdict: str, code: str, message: str) -> None:
        """A log line that answers no order: a start, a halt, a forgery."""
        with self._transaction():
            self._append(at, subject, verdict, code, message)

    def halt(self, reason: str, at: int, by: str) -> None:
        """From the next order on nothing is signed. Lifted only by the operator."""
        if self.halted() is None:
            self._halt_file.write_text(f"{reason[:500]} (by {by})\n")
        self.note(at, by, "halted", "halted", reason[:500])

    def refuse(
        self, order: Order, digest: str, refused: Refused, at: int, cooling: Address | None
    ) -> None:
        """Burn the order id with its refusal; a new destination's waiting time begins now."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO orders VALUES (?, ?, ?, ?, NULL, ?, ?, ?)",
                (
                    *self._head(order, digest, at),
                    refused.code,
                    refused.message,
                    int(refused.final),
                ),
            )
            if cooling is not None:
                self._see(order.chain, cooling, at)
            self._append(at, str(order.order_id), "refused", refused.code, refused.message)

    def sign(
        self,
        order: Order,
        digest: str,
        payment: Payment,
        raw_signed: bytes,
        at: int,
        *,
        to_new: bool,
    ) -> None:
        """Keep the signature and what it may move. Only after this may the bytes leave."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL)",
                (*self._head(order, digest, at), raw_signed),
            )
            self._keep_family(order, payment, at, to_new=to_new)
            if payment.kind is OrderKind.WITHDRAWAL:
                self._see(order.chain, payment.destination, at)
            what = f"{payment.kind} {payment.base_units} {payment.asset} to {payment.destination}"
            self._append(at, str(order.order_id), "signed", "signed", what)

    def _keep_family(self, order: Order, payment: Payment, at: int, *, to_new: bool) -> None:
        known = self._family("family_id = ?", str(order.family_id))
        if known is not None:
            largest_fee = max(known.max_fee, payment.max_fee)
            self._db.execute(
                "UPDATE families SET max_fee = ? WHERE family_id = ?",
                (str(largest_fee), str(order.family_id)),
            )
            return
        self._db.execute(
            "INSERT INTO families VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(order.family_id),
                payment.kind.value,
                order.chain,
                order.path,
                payment.tx.nonce,
                payment.asset,
                payment.destination,
                str(payment.base_units),
                str(payment.max_fee),
                at,
                int(to_new),
            ),
        )

    def _see(self, chain: ChainId, address: Address, at: int) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO destinations VALUES (?, ?, ?)", (chain, address, at)
        )

    def _append(self, at: int, subject: str, verdict: str, code: str, message: str) -> None:
        last = self._one("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1")
        seq, before = (last[0] + 1, last[1]) if last is not None else (1, "")
        line = LogLine(seq, at, subject, verdict, code, message, "")
        self._db.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)",
            (seq, at, subject, verdict, code, message, _chained(before, line)),
        )

    def _verify_log(self) -> None:
        before, seq = "", 0
        while lines := self.log(after=seq):
            for line in lines:
                if line.seq != seq + 1 or line.hash != _chained(before, line):
                    raise JournalError(f"the log was altered at line {line.seq}")
                before, seq = line.hash, line.seq

    def _spent(self, order: Order, payment: Payment, now: int) -> Spent:
        rows = self._db.execute(
            "SELECT kind, chain, asset, base_units, max_fee, first_signed_at, to_new FROM families"
            " WHERE first_signed_at > ? AND family_id <> ?",
            (now - DAY_S, str(order.family_id)),
        ).fetchall()
        hour = day = new = fees = gas = 0
        for kind, chain, asset, base_units, max_fee, at, to_new in rows:
            fees += int(max_fee) if chain == payment.chain else 0
            gas += int(base_units) if (kind, chain) == (OrderKind.GAS, payment.chain) else 0
            if (kind, asset) != (OrderKind.WITHDRAWAL, payment.asset):
                continue
            amount = int(base_units)
            day += amount
            hour += amount if at > now - HOUR_S else 0
            new += amount if to_new else 0
        return Spent(hour, day, new, fees, gas)

    def _family(self, where: str, *values: object) -> FamilyRecord | None:
        row = self._one(
            "SELECT family_id, kind, chain, path, nonce, asset, destination, base_units, max_fee,"
            f" first_signed_at, to_new FROM families WHERE {where}",
            *values,
        )
        if row is None:
            return None
        return FamilyRecord(
            family_id=UUID(row[0]),
            kind=OrderKind(row[1]),
            chain=ChainId(row[2]),
            path=row[3],
            nonce=row[4],
            asset=AssetId(row[5]),
            destination=Address(row[6]),
            base_units=int(row[7]),
            max_fee=int(row[8]),
            first_signed_at=row[9],
            to_new_destination=bool(row[10]),
        )

    def _head(self, order: Order, digest: str, at: int) -> tuple[str, str, str, int]:
        return str(order.order_id), digest, str(order.family_id), at

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        return self._db.execute(sql, values).fetchone()

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)


class _Transaction:
    """All of it on disk, or none."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("ROLLBACK" if kind is not None else "COMMIT")


def _chained(before: str, line: LogLine) -> str:
    parts = (before, str(line.seq), str(line.at), line.subject, line.verdict, line.code)
    text = "\x1f".join((*parts, line.message))
    return hashlib.sha256(text.encode()).hexdigest()

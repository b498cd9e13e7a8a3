"""Who a token belongs to, answered from memory on the hot road.

A session is read from the database at most every five seconds, and its last use written every
thirty. A revocation drops it at once, by the outbox event that every process listens to; the five
seconds are what is left if a process does not hear. Bounded: the longest unused entry goes.
Sessions in use are read anew in the background before that (`renew`), and those that memory does
not know when they are asked for, many in one query each (`SessionReader`): a read per session every
five seconds would cost more than thousands of bets. Entries are found by the token as
it came, so that a hit hashes nothing; a token that is no live
session's is never kept.
"""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

import structlog

from fairhouse.identity.engine.session_reader import Key, SessionReader
from fairhouse.identity.events import SessionRevoked
from fairhouse.identity.rules import TOUCH_EVERY, session_live_until
from fairhouse.identity.store import sessions
from fairhouse.identity.types import PlayerId, Session, SessionId
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.crypto import token_hash
from fairhouse.platform.database import Database
from fairhouse.platform.outbox import News

RENEWED_AFTER: Final = 0.7
"""Of the time that an entry is believed: then it is read anew when it is used."""
_log = structlog.get_logger("identity")

RENEWED_MAX: Final = 50
"""Sessions of one renewal: under a millisecond during which nobody else is served. The loop comes
again at once while more are due."""


@dataclass(frozen=True, slots=True)
class _Entry:
    session: Session
    live_until: datetime
    due_at_s: float
    """On the monotonic clock: from then `renew` reads it when it is used."""
    stale_at_s: float
    """From then it is believed no more."""


class SessionCache:
    """The sessions this process has lately seen."""

    def __init__(
        self,
        db: Database,
        *,
        size_max: int = 50_000,
        stale_s: float = 5.0,
        monotonic_s: Callable[[], float] = time.monotonic,
        on_seen: Callable[[Session, datetime], None] | None = None,
    ) -> None:
        """`on_seen` hears of every session in use, at most `stale_s` late; it must not wait."""
        self._db = db
        self._size_max = size_max
        self._stale_s = stale_s
        self._monotonic_s = monotonic_s
        self._on_seen = on_seen
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._tokens_of_player: defaultdict[UUID, set[str]] = defaultdict(set)
        self._due: dict[str, None] = {}
        self._dropped: set[PlayerId] = set()
        """Since the read that is under way began."""
        self._idle: list[SessionId] = []
        """Seen just now, and not written for a while."""
        self._reader = SessionReader(self._read, self._touch)

    def peek(self, token: str) -> Session | None:
        """The live session of a token if memory knows it well enough; None says nothing."""
        entry = self._entries.get(token)
        if entry is None or (now_s := self._monotonic_s()) > entry.stale_at_s:
            return None
        if now_s > entry.due_at_s:
            self._due[token] = None
        self._entries.move_to_end(token)
        return entry.session if self._db.now() < entry.live_until else None

    async def find(self, token: str) -> Session | None:
        """The live session of a token. Refuses with DatabaseUnavailable when it must be read."""
        return self.peek(token) or await self._reader.find((token, token_hash(token)))

    def drop_session(self, session_id: SessionId, player_id: PlayerId) -> None:
        """Read this session anew at its next use."""
        if self._reader.is_reading:
            self._dropped.add(player_id)
        for token in list(self._tokens_of_player.get(player_id, ())):
            if self._entries[token].session.id == session_id:
                self._forget(token)

    def drop_player(self, player_id: PlayerId) -> None:
        """Read all sessions of a player anew: a status, name or language changed."""
        if self._reader.is_reading:
            self._dropped.add(player_id)
        for token in list(self._tokens_of_player.get(player_id, ())):
            self._forget(token)

    def on_news(self, news: News) -> None:
        """Feed every `identity.` event of the outbox here."""
        if news.kind == SessionRevoked.TYPE:
            event = news.read_as(SessionRevoked)
            self.drop_session(event.session_id, event.player_id)
        elif news.kind.startswith("identity.") and "player_id" in news.payload:
            self.drop_player(PlayerId(UUID(str(news.payload["player_id"]))))

    async def _read(self, keys: Sequence[Key]) -> Mapping[Key, Session]:
        """The live ones of these sessions; they are kept, but for what was dropped meanwhile."""
        read_at_s = self._monotonic_s()
        self._dropped.clear()
        for token, _ in keys:
            self._forget(token)
        async with self._db.read() as tx:
            found = await sessions.find_many(tx, [hashed for _, hashed in keys])
        now = self._db.now()
        live: dict[Key, Session] = {}
        for key in keys:
            session = found.get(key[1])
            if session is None or now >= (live_until := _live_until(session)):
                continue
            token = key[0]
            live[key] = session
            self._saw(session, now)
            # What was dropped while we read may have changed since: the next use reads again.
            if session.player_id not in self._dropped:
                self._keep(token, self._entry(session, live_until, read_at_s))
        return live

    async def _touch(self) -> None:
        """Write the last use of those who were not seen for a while."""
        idle, self._idle = self._idle, []
        if not idle:
            return
        try:
            async with self._db.tx() as tx:
                await sessions.touch_many(tx, idle)
        except Refusal as refusal:
            # Whoever is still here is written after the next read.
            _log.warning("last uses of sessions are not written", error=refusal.message)

    def _saw(self, session: Session, now: datetime) -> None:
        if self._on_seen is not None:
            self._on_seen(session, now)
        if now - session.last_seen_at >= TOUCH_EVERY:
            self._idle.append(session.id)

    async def renew(self) -> int:
        """Read what is in use and nearly stale anew; a loop calls it twice a second.

        Returns how many it read. What was dropped meanwhile stays dropped.
        """
        before = {token: self._entries[token] for token in islice(self._due, RENEWED_MAX)}
        if not before:
            return 0
        read_at_s, hashes = self._monotonic_s(), {token_hash(token): token for token in before}
        async with self._db.read() as tx:
            found = await sessions.find_many(tx, list(hashes))
        now = self._db.now()
        for hashed, token in hashes.items():
            if self._entries.get(token) is before[token]:
                self._renewed(token, found.get(hashed), now, read_at_s)
        await self._touch()
        return len(before)

    def _renewed(
        self, token: str, session: Session | None, now: datetime, read_at_s: float
    ) -> None:
        self._forget(token)
        if session is None or now >= (live_until := _live_until(session)):
            return
        self._saw(session, now)
        self._keep(token, self._entry(session, live_until, read_at_s))

    def _entry(self, session: Session, live_until: datetime, read_at_s: float) -> _Entry:
        due_at_s = read_at_s + self._stale_s * RENEWED_AFTER
        return _Entry(session, live_until, due_at_s, read_at_s + self._stale_s)

    def _keep(self, token: str, entry: _Entry) -> None:
        self._entries[token] = entry
        self._tokens_of_player[entry.session.player_id].add(token)
        while len(self._entries) > self._size_max:
            self._forget(next(iter(self._entries)))

    def _forget(self, token: str) -> None:
        self._due.pop(token, None)
        entry = self._entries.pop(token, None)
        if entry is None:
            return
        player_id = entry.session.player_id
        tokens = self._tokens_of_player[player_id]
        tokens.discard(token)
        if not tokens:
            del self._tokens_of_player[player_id]


def _live_until(session: Session) -> datetime:
    return session_live_until(
        kind=session.kind,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
        idle_s=session.idle_s,
    )

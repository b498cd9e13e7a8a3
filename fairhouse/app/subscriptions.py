"""What follows what: the one map from events and commits to open sockets and memories.

Deposits, withdrawals, notifications and switches come through the outbox, from whichever process
wrote them; bets come straight from the road of this process, after their commit. A push is a hint:
its receiver could have read the same over REST.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Final
from uuid import UUID

import msgspec
import structlog

from fairhouse.app.account import balances_of
from fairhouse.app.ws import feed_channel, player_channel, session_channel
from fairhouse.betting.api import bets_by_id
from fairhouse.betting.types import Bet, BetId, Told
from fairhouse.brands import api as brands
from fairhouse.brands.api import PauseBoard
from fairhouse.games.api import Games
from fairhouse.identity.api import SessionCache
from fairhouse.identity.http import BalanceView
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.money import format_units
from fairhouse.platform.database import Database
from fairhouse.platform.outbox import News, OutboxTail, listening
from fairhouse.platform.push import Hub

_log = structlog.get_logger("app")

BETS_WAITING_MAX: Final = 2_000
FEED_PER_STEP: Final = 20
POLL_S: Final = 1.0
RECONNECT_S: Final = 1.0
READS_MAX: Final = 5


def message(kind: str, data: object) -> str:
    """The text of one push."""
    return msgspec.json.encode({"type": kind, "data": data}).decode()


class Newsroom:
    """One process's part in the news."""

    def __init__(
        self,
        db: Database,
        hub: Hub,
        sessions: SessionCache,
        pauses: PauseBoard,
        games: Games,
        refresh_house: Callable[[], Awaitable[None]],
        on_player: Callable[[UUID], None],
    ) -> None:
        """`on_player`: somebody bet whose socket is open here."""
        self._refresh_house = refresh_house
        self._on_player = on_player
        self._db = db
        self._hub = hub
        self._sessions = sessions
        self._pauses = pauses
        self._games = games
        self._committed: deque[Bet | Told] = deque(maxlen=BETS_WAITING_MAX)
        self._reading: UUID | None = None
        """Whose balances are being read for a push now."""
        self._is_overtaken = False
        """A bet of that player was committed, and told, while we read."""
        self.guards_changed = asyncio.Event()
        """Something of `protection` changed: see `app.guards`."""
        self._one_reading = asyncio.Lock()
        self._refreshed: set[UUID] = set()
        """Whose balances were read and told since `begin_elsewhere`."""

    # --- Bets of this process

    def on_committed(self, bets: Sequence[Bet]) -> None:
        """Called by the road after each commit; must not wait."""
        if self._reading is not None:
            self._is_overtaken |= any(bet.player_id == self._reading for bet in bets)
        if self._hub.has_any:
            self._tell_balances(bets)
        self._committed.extend(bets)

    def _tell_balances(self, bets: Sequence[Bet | Told]) -> None:
        """The newest balance of each player and currency in these, which are in order."""
        newest = {(bet.player_id, bet.currency): bet.balance_after for bet in bets}
        for (player_id, code), units in newest.items():
            channel = player_channel(player_id)
            if self._hub.has_listeners(channel):
                change = {"currency": code, "available": format_units(units, currency(code).scale)}
                self._hub.publish(channel, message("balance", change), state=f"balance:{code}")
                self._on_player(player_id)

    async def publish_bets(self) -> int:
        """Show what was committed since the last step: to its player, and in the feed."""
        taken = [self._committed.popleft() for _ in range(len(self._committed))]
        wanted = self._wanted(taken)
        if not wanted:
            return 0
        async with self._db.read() as tx:
            found = await bets_by_id(tx, ids=list(wanted))
            mine = [bet for bet in found if self._hub.has_listeners(player_channel(bet.player_id))]
            own = {
                bet.id: (await self._games.views(tx, bets=[bet], reader=bet.player_id))[0]
                for bet in mine
            }
            shown = await self._games.views(tx, bets=found, reader=None)
        for bet in mine:
            text = message("bet", asdict(own[bet.id]))
            self._hub.publish(player_channel(bet.player_id), text)
        # One publication per step: a socket gets all of it in one write.
        feeds: defaultdict[int, list[str]] = defaultdict(list)
        for bet, view in zip(found, shown, strict=True):
            if view.state == "settled":
                feeds[bet.brand_id].append(message("feed", asdict(view)))
        for brand_id, texts in feeds.items():
            self._hub.publish(feed_channel(brand_id), *texts)
        return 0

    def _wanted(self, bets: Sequence[Bet | Told]) -> dict[BetId, None]:
        """Bets that somebody would see: listeners' own, and the newest for the feed."""
        own = [bet.id for bet in bets if self._hub.has_listeners(player_channel(bet.player_id))]
        newest = [
            bet.id
            for bet in bets[-FEED_PER_STEP:]
            if self._hub.has_listeners(feed_channel(bet.brand_id))
        ]
        return dict.fromkeys([*own[-FEED_PER_STEP:], *newest])

    # --- Bets of other processes (`app.lane_tail`)

    def begin_elsewhere(self) -> None:
        """They are being read now."""
        self._refreshed.clear()

    async def on_elsewhere(self, told: Sequence[Told], moved: Sequence[Told]) -> None:
        """Tell of them like of our own; `moved` are of lanes that became ours meanwhile.

        Where a balance that was told meanwhile may be newer than theirs, it is read once more.
        """
        unsure = {one.player_id: one.brand_id for one in moved}
        unsure |= {one.player_id: one.brand_id for one in told if one.player_id in self._refreshed}
        self._is_overtaken |= any(one.player_id == self._reading for one in told)
        self._tell_balances([one for one in told if one.player_id not in unsure])
        self._committed.extend((*moved, *told))
        for player_id, brand_id in unsure.items():
            await self.push_balances(brand_id, player_id)

    # --- The outbox

    async def follow_outbox(self) -> None:
        """Read news from now on, until cancelled; reconnects as long as it takes."""
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - sockets must hear the next news
                _log.warning("news interrupted", error=repr(error))
            await asyncio.sleep(RECONNECT_S)

    async def _follow(self) -> None:
        tail = OutboxTail(self._db)
        async with listening(self._db) as wake:
            await tail.start()
            await self.refresh_pauses()
            while True:
                news = await tail.next()
                for item in news:
                    await self.tell(item)
                if not news:
                    await _wait(wake)

    async def tell(self, news: News) -> None:
        """One item to whoever it concerns."""
        if news.kind.startswith("identity."):
            self._sessions.on_news(news)
        teller = _TELLERS.get(news.kind) or _TELLERS.get(news.kind.partition(".")[0])
        if teller is not None:
            await teller(self, news)

    async def tell_cashier(self, news: News) -> None:
        """A deposit or withdrawal moved: its view, and the balances it may have changed."""
        player_id = UUID(str(news.payload["player_id"]))
        for kind in ("deposit", "withdrawal"):
            if kind in news.payload:
                self._to_player(player_id, kind, news.payload[kind])
        await self.push_balances(news.brand_id, player_id)

    async def tell_notification(self, news: News) -> None:
        """The bell rings; its page reads the text in its own language."""
        player_id = UUID(str(news.payload["player_id"]))
        data = {"id": news.subject, "kind": news.payload["kind"]}
        self._to_player(player_id, "notification", data)

    async def tell_revocation(self, news: News) -> None:
        """Tell the session's sockets, then close them."""
        channel = session_channel(UUID(str(news.payload["session_id"])))
        self._hub.publish(channel, message("session_revoked", {}))
        self._hub.end(channel)

    async def tell_switch(self, news: News) -> None:
        """A pause switch moved: this process obeys at once, pages read the config anew."""
        await self.refresh_pauses()
        self._hub.publish(feed_channel(news.brand_id), message("config", {}), state="config")

    async def tell_definition(self, news: News) -> None:
        """A brand or its rules changed: this process obeys at once, pages read the config anew."""
        await self.refresh_brands()
        for brand in brands.all_brands():
            text = message("config", {})
            self._hub.publish(feed_channel(brand.id), text, state="config")

    async def tell_house_limit(self, news: News) -> None:
        """What a bet may stake changed: the road reads it now, then pages read the config anew."""
        await self._refresh_house()
        self._hub.publish(feed_channel(news.brand_id), message("config", {}), state="config")

    async def tell_offer(self, news: News) -> None:
        """Another table or a stop: new bets obey now, then pages read the config anew."""
        await self._games.refresh()
        self._hub.publish(feed_channel(news.brand_id), message("config", {}), state="config")

    async def tell_protection(self, news: News) -> None:
        """Limits, exclusion or time changed: the road hears of it, and pages read anew."""
        self.guards_changed.set()
        self._to_player(UUID(str(news.payload["player_id"])), "protection", {})

    async def tell_guest(self, news: News) -> None:
        """Play money arrived with the guest."""
        await self.push_balances(news.brand_id, UUID(str(news.payload["player_id"])))

    async def refresh_pauses(self) -> int:
        """At the start, at news, and every few seconds in case news got lost."""
        async with self._db.read() as tx:
            await self._pauses.refresh(tx)
        return 0

    async def refresh_brands(self) -> int:
        """At the start, at news, and every second in case news got lost."""
        async with self._db.read() as tx:
            await brands.refresh(tx)
        return 0

    def _to_player(self, player_id: UUID, kind: str, data: object) -> None:
        self._hub.publish(player_channel(player_id), message(kind, data))

    async def push_balances(self, brand_id: int, player_id: UUID) -> None:
        """All balances of a player as they are now, if anybody listens."""
        if not self._hub.has_listeners(player_channel(player_id)):
            return
        self._on_player(player_id)
        async with self._one_reading:
            found = await self._fresh_balances(brand_id, player_id)
        self._refreshed.add(player_id)
        text = message("balance", [item.model_dump(mode="json") for item in found])
        self._hub.publish(player_channel(player_id), text, state="balance")

    async def _fresh_balances(self, brand_id: int, player_id: UUID) -> list[BalanceView]:
        """Read again when a bet overtook the reading: its own push must not be followed by an older
        balance. One reading is under way at a time.
        """
        found: list[BalanceView] = []
        for _ in range(READS_MAX):
            self._reading, self._is_overtaken = player_id, False
            async with self._db.read() as tx:
                found = await balances_of(tx, brand_id, player_id)
            if not self._is_overtaken:
                break
        self._reading = None
        return found


_Teller = Callable[[Newsroom, News], Awaitable[None]]

_TELLERS: Final[Mapping[str, _Teller]] = {
    "cashier": Newsroom.tell_cashier,
    "messages.notified": Newsroom.tell_notification,
    "protection": Newsroom.tell_protection,
    "identity.session_revoked": Newsroom.tell_revocation,
    "identity.guest_started": Newsroom.tell_guest,
    "brands.switch_changed": Newsroom.tell_switch,
    "brands.definition_made": Newsroom.tell_definition,
    "betting.house_limit_set": Newsroom.tell_house_limit,
    "games.offer_set": Newsroom.tell_offer,
}
"""By event type, else by module."""


async def _wait(wake: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(wake.wait(), POLL_S)
    except TimeoutError:
        return
    wake.clear()

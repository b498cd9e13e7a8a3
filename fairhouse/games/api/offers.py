"""What a brand offers of each game: its table by two people, a stop by one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.games import catalogue, store
from fairhouse.games.catalogue import Game
from fairhouse.games.crash.info import INFO as LIVE_GAMES
from fairhouse.games.events import OfferSet
from fairhouse.games.types import (
    ApprovalByAnother,
    GameInfo,
    GameSlug,
    GameStopped,
    Offer,
    OfferChanged,
    OfferDecided,
    OfferPending,
    OfferUnchanged,
    OfferWish,
    Stop,
    UnknownOfferWish,
)
from fairhouse.kernel.refusals import Paused
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.outbox import announce

WISHES_MAX: Final = 200

GAMES: Final[Mapping[GameSlug, GameInfo]] = {**catalogue.GAMES, **LIVE_GAMES}
"""The usual release of every game, the live ones too (`games.crash`)."""


def game(slug: str) -> GameInfo:
    """The usual release. Refuses with UnknownGame."""
    return LIVE_GAMES.get(GameSlug(slug)) or catalogue.game(slug)


_BY_HASH: Final[Mapping[tuple[str, str], GameInfo]] = {
    (info.slug, info.table_hash): info
    for info in (*(one.info for one in catalogue.ALL), *LIVE_GAMES.values())
}


def table_named(slug: str, table_hash: str) -> GameInfo | None:
    """What was published of the table that a bet names; None when nothing was."""
    return _BY_HASH.get((slug, table_hash))


class OfferBoard:
    """What brands offer, from memory; a loop refreshes it every second."""

    def __init__(self) -> None:
        self._chosen: Mapping[tuple[int, str], Game] = {}
        self._stopped: Mapping[tuple[int, str, str], str] = {}

    async def refresh(self, db: Database) -> None:
        """Read what is in force."""
        async with db.read() as tx:
            chosen, stopped = await store.offers(tx), await store.stops(tx)
        self._chosen = {
            (one.brand_id, one.game): catalogue.release(one.game, one.version, one.variant)
            for one in chosen
        }
        self._stopped = {(one.brand_id, one.game, one.version): one.reason for one in stopped}

    def game(self, brand_id: int, slug: str) -> Game:
        """What new bets of a brand are made on. Refuses with UnknownGame."""
        return self._chosen.get((brand_id, slug)) or catalogue.usual(slug)

    def info(self, brand_id: int, slug: str) -> GameInfo:
        """What new bets of a brand are made on, live games too. Refuses with UnknownGame."""
        return LIVE_GAMES.get(GameSlug(slug)) or self.game(brand_id, slug).info

    def stopped(self, brand_id: int, slug: str, version: str) -> str | None:
        """Why a version takes no new bets; None when it does."""
        return self._stopped.get((brand_id, slug, version)) if self._stopped else None

    def runs(self, slug: str, version: str, brand_ids: Iterable[int]) -> bool:
        """Whether a version takes new bets of any of these brands."""
        return any(self.stopped(brand_id, slug, version) is None for brand_id in brand_ids)

    def check_runs(self, brand_id: int, info: GameInfo) -> None:
        """Refuses with Paused."""
        reason = self.stopped(brand_id, info.slug, info.version)
        if reason is not None:
            raise Paused(
                f"Version {info.version} of {info.name} is stopped: {reason}. Open rounds can be "
                "finished.",
                reason=reason,
                switch=f"game:{info.slug}",
            )


async def offered(tx: Tx, *, brand_id: int) -> Mapping[GameSlug, Game]:
    """What new bets of a brand are made on, game by game: the truth, not a process's memory."""
    chosen = {
        one.game: catalogue.release(one.game, one.version, one.variant)
        for one in await store.offers(tx)
        if one.brand_id == brand_id
    }
    return {**catalogue.USUAL, **chosen}


async def stops(tx: Tx, *, brand_id: int) -> list[Stop]:
    """The versions that a brand takes no new bets on."""
    return [one for one in await store.stops(tx) if one.brand_id == brand_id]


async def restarts(tx: Tx) -> Mapping[tuple[int, str, str], datetime]:
    """When two people last let a version take bets again, by brand, game and version."""
    return await store.restarts(tx)


async def stop_version(
    tx: Tx, *, brand_id: int, game: str, version: str, staff_id: UUID | None, reason: str
) -> Stop:
    """Take no new bets on a version, at once and by one person; open rounds finish.

    `staff_id` is None when the platform stops it. Refuses with UnknownGame and GameStopped.
    """
    # CHECK
    _check_version(game, version)
    await store.lock_game(tx, brand_id, game)
    if any(
        (one.game, one.version) == (game, version) for one in await stops(tx, brand_id=brand_id)
    ):
        raise GameStopped(f"Version {version} of {game} is stopped already.", param="version")
    # RECORD
    id_ = await store.add_stop(tx, brand_id, game, version, staff_id=staff_id, reason=reason)
    # ANNOUNCE
    await announce(tx, OfferSet(brand_id, game))
    made = await store.stop(tx, id_)
    assert made is not None
    return made


async def propose_offer(
    tx: Tx, *, brand_id: int, game: str, version: str, variant: str, staff_id: UUID, reason: str
) -> OfferWish:
    """Wish for another table of a game; nothing changes before somebody else has approved it.

    Refuses with UnknownGame, OfferPending and OfferUnchanged.
    """
    # CHECK
    slug = catalogue.release(game, version, variant).info.slug
    replaces = await _lock(tx, brand_id, game)
    now = (await offered(tx, brand_id=brand_id))[slug].info
    if (now.version, now.variant) == (version, variant):
        raise OfferUnchanged("This is the table that is played already.", param="variant")
    # RECORD
    id_ = await store.add_wish(
        tx,
        Offer(brand_id, slug, version, variant),
        replaces=replaces,
        stop_id=None,
        staff_id=staff_id,
        reason=reason,
    )
    return await offer_wish(tx, wish_id=id_)


async def propose_restart(
    tx: Tx, *, brand_id: int, game: str, version: str, staff_id: UUID, reason: str
) -> OfferWish:
    """Wish that a stopped version takes bets again; somebody else must approve it.

    Refuses with UnknownGame, OfferPending and GameStopped (when it is not stopped).
    """
    # CHECK
    slug = _check_version(game, version)
    await _lock(tx, brand_id, game)
    held = [
        one
        for one in await stops(tx, brand_id=brand_id)
        if (one.game, one.version) == (game, version)
    ]
    if not held:
        raise GameStopped(f"Version {version} of {game} is not stopped.", param="version")
    # RECORD
    id_ = await store.add_wish(
        tx,
        Offer(brand_id, slug, version, None),
        replaces=None,
        stop_id=held[0].id,
        staff_id=staff_id,
        reason=reason,
    )
    return await offer_wish(tx, wish_id=id_)


async def decide_offer(
    tx: Tx, *, wish_id: UUID, is_approved: bool, staff_id: UUID, reason: str
) -> OfferWish:
    """Approve what somebody else wished, or reject it; one's own wish can only be taken back.

    Binds new bets within a second. Refuses with UnknownOfferWish, OfferDecided, ApprovalByAnother,
    OfferChanged and GameStopped.
    """
    # CHECK
    found = await offer_wish(tx, wish_id=wish_id)
    current = await store.lock_game(tx, found.brand_id, found.game)
    found = await offer_wish(tx, wish_id=wish_id)
    if found.is_approved is not None:
        raise OfferDecided("Somebody has decided about this wish already.", param="wish_id")
    if is_approved:
        await _check_approval(tx, found, current, staff_id)
    # RECORD
    await store.add_decision(
        tx, found.id, is_approved=is_approved, staff_id=staff_id, reason=reason
    )
    if is_approved:
        if found.variant is not None:
            await store.put_in_force(tx, found)
        # ANNOUNCE
        await announce(tx, OfferSet(found.brand_id, found.game))
    return await offer_wish(tx, wish_id=wish_id)


async def offer_wish(tx: Tx, *, wish_id: UUID) -> OfferWish:
    """One wish with what became of it. Refuses with UnknownOfferWish."""
    found = await store.wish(tx, wish_id)
    if found is None:
        raise UnknownOfferWish("There is no such wish.", param="wish_id")
    return found


async def offer_wishes(
    tx: Tx, *, brand_ids: Sequence[int], is_open: bool, limit: int = WISHES_MAX
) -> list[OfferWish]:
    """The newest first: those that wait for a second person, or those that were decided."""
    return await store.wishes(tx, brand_ids, is_open=is_open, limit=min(limit, WISHES_MAX))


def _check_version(game: str, version: str) -> GameSlug:
    """Refuses with UnknownGame."""
    live = LIVE_GAMES.get(GameSlug(game))
    if live is not None and live.version == version:
        return live.slug
    return catalogue.release(game, version, None).info.slug


async def _lock(tx: Tx, brand_id: int, game: str) -> UUID | None:
    """One at a time per game; the wish in force. Refuses with OfferPending."""
    replaces = await store.lock_game(tx, brand_id, game)
    if await store.waiting(tx, brand_id, game) is not None:
        raise OfferPending(
            "A wish about this game waits for approval already: decide about it first.",
            param="game",
        )
    return replaces


async def _check_approval(tx: Tx, found: OfferWish, current: UUID | None, staff_id: UUID) -> None:
    if found.proposed_by == staff_id:
        raise ApprovalByAnother("You wished this yourself; another person must approve it.")
    if found.stop_id is not None:
        if await store.stop(tx, found.stop_id) is None:
            raise GameStopped("The version is not stopped any more.", param="wish_id")
    elif current != found.replaces:
        raise OfferChanged(
            "The table was changed since this was wished; reject it and wish anew.",
            param="wish_id",
        )

"""The use cases of the games: playing, verifying, and what brands offer."""

from fairhouse.games.api import live
from fairhouse.games.api.offers import (
    GAMES,
    OfferBoard,
    decide_offer,
    game,
    offer_wish,
    offer_wishes,
    offered,
    propose_offer,
    propose_restart,
    restarts,
    stop_version,
    stops,
    table_named,
)
from fairhouse.games.api.play import Games, verify
from fairhouse.games.api.voids import decide_void, open_voids, propose_void, void_wish
from fairhouse.games.catalogue import ALL, Game, sheet, usual
from fairhouse.games.types import GameInfo
from fairhouse.games.verification import Verification, differences, recompute_bet
from fairhouse.games.wire import BetView

__all__ = [
    "ALL",
    "GAMES",
    "BetView",
    "Game",
    "GameInfo",
    "Games",
    "OfferBoard",
    "Verification",
    "decide_offer",
    "decide_void",
    "differences",
    "game",
    "live",
    "offer_wish",
    "offer_wishes",
    "offered",
    "open_voids",
    "propose_offer",
    "propose_restart",
    "propose_void",
    "recompute_bet",
    "restarts",
    "sheet",
    "stop_version",
    "stops",
    "table_named",
    "usual",
    "verify",
    "void_wish",
]

"""Identity over HTTP: `/v1/register`, `/v1/login`, `/v1/session` and what belongs to them."""

from fastapi import APIRouter

from fairhouse.identity.http import (
    belongings,
    entrance,
    factors,
    passkeys,
    providers,
    security,
    wallets,
    ways,
)
from fairhouse.identity.http.deps import Gate, IdentityDeps, Limits
from fairhouse.identity.http.wire import BalanceView
from fairhouse.identity.ports import Phones, TelegramBot, TextSender, WaysOffered

__all__ = [
    "BalanceView",
    "Gate",
    "IdentityDeps",
    "Limits",
    "Phones",
    "TelegramBot",
    "TextSender",
    "WaysOffered",
    "routes",
]


def routes(deps: IdentityDeps) -> APIRouter:
    """All of identity's player routes."""
    router = APIRouter(tags=["identity"])
    router.include_router(entrance.routes(deps))
    router.include_router(security.routes(deps))
    router.include_router(factors.routes(deps))
    router.include_router(ways.routes(deps))
    router.include_router(passkeys.routes(deps))
    router.include_router(wallets.routes(deps))
    router.include_router(providers.routes(deps))
    router.include_router(belongings.routes(deps))
    return router

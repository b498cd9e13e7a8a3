"""Logging in at somebody else's: sent there with a state that only this browser can bring back."""

import secrets
from dataclasses import dataclass
from typing import Final

from fairhouse.identity.engine.challenges import (
    TICKET_LIFE,
    Answerable,
    Question,
    ask,
    refused,
    stale,
)
from fairhouse.identity.engine.challenges import opened as opened_challenge
from fairhouse.identity.ports import IdentityProvider, WaysOffered
from fairhouse.identity.store import challenges
from fairhouse.identity.types import (
    BrandTerms,
    CredentialKind,
    Proven,
    Purpose,
    Session,
    WayUnavailable,
)
from fairhouse.platform.crypto import (
    Sealer,
    constant_time_equal,
    new_token,
    token_hash,
)
from fairhouse.platform.database import Database

VERIFIER_BYTES: Final = 48
BROWSER_LIFE_S: Final = int(TICKET_LIFE.total_seconds())


@dataclass(frozen=True, slots=True)
class SentAway:
    """Where the browser goes, and the secret that its cookie keeps meanwhile."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """Who came back, and what they had left for."""

    proven: Proven
    purpose: Purpose


def _provider(offered: WaysOffered, name: str) -> IdentityProvider:
    found = offered.oidc.get(name)
    if found is None:
        raise WayUnavailable("provider: this brand does not offer it.", param="provider")
    return found


async def send_away(
    db: Database,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    offered: WaysOffered,
    provider: str,
    purpose: Purpose,
    session: Session | None,
    redirect_uri: str,
) -> SentAway:
    """Begin at a provider. Refuses with WayUnavailable."""
    # CHECK
    port = _provider(offered, provider)
    # DECIDE
    verifier, nonce, browser = secrets.token_urlsafe(VERIFIER_BYTES), new_token(), new_token()
    content = {
        "provider": provider,
        "verifier": verifier,
        "nonce": nonce,
        "browser": token_hash(browser).hex(),
        "redirect_uri": redirect_uri,
    }
    # RECORD
    async with db.tx() as tx:
        question = Question(
            CredentialKind.OIDC, purpose, content, brand.id, session, life=TICKET_LIFE
        )
        state = await ask(tx, sealer, question)
    url = await port.begin(state=state, nonce=nonce, verifier=verifier, redirect_uri=redirect_uri)
    return SentAway(url, browser)


async def come_back(
    db: Database,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    offered: WaysOffered,
    provider: str,
    state: str,
    browser: str,
    code: str,
    session: Session | None,
) -> CameBack:
    """The provider's answer: once, in the browser that left, in the session that left.

    Refuses with AssertionRefused and WayUnavailable.
    """
    # CHECK
    port = _provider(offered, provider)
    asked = await _taken(db, sealer, brand, state)
    content = asked.content
    if not constant_time_equal(token_hash(browser).hex().encode(), content["browser"].encode()):
        raise refused("browser", "This login was begun in another browser; begin again.")
    if content["provider"] != provider:
        raise refused("provider", "This login was begun at another provider; begin again.")
    is_own = session is not None and session.player_id == asked.player_id
    if asked.player_id is not None and not is_own:
        raise refused("session", "You are logged out meanwhile; begin again.")
    # DECIDE
    proven = await port.finish(
        code=code,
        nonce=content["nonce"],
        verifier=content["verifier"],
        redirect_uri=content["redirect_uri"],
    )
    return CameBack(proven, asked.purpose)


async def _taken(db: Database, sealer: Sealer, brand: BrandTerms, state: str) -> Answerable:
    async with db.tx() as tx:
        found = await challenges.take(tx, token_hash(state))
    if found is None or found.kind != CredentialKind.OIDC or found.brand_id != brand.id:
        raise stale()
    return opened_challenge(sealer, found)

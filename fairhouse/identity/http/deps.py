"""What identity's routes need, given by the composition root."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from fairhouse.identity.api import Passwords, SessionCache, own_challenge
from fairhouse.identity.http.wire import BalanceView
from fairhouse.identity.ports import WaysOffered
from fairhouse.identity.rules import email_key
from fairhouse.identity.types import (
    BrandTerms,
    Client,
    Denied,
    PasswordProof,
    Player,
    Session,
)
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.http import RateLimiter, client_ip

T = TypeVar("T")

_USER_AGENT_CHARS_MAX = 512


class Gate(Protocol):
    """Who is asking: `app.gate.Gate` satisfies it."""

    def brand(self, connection: HTTPConnection) -> BrandTerms: ...

    def origins(self, connection: HTTPConnection) -> frozenset[str]: ...

    def public_host(self, connection: HTTPConnection) -> str: ...

    def csrf_of(self, request: Request) -> str | None: ...

    def csrf_token(self, session_token: str) -> str: ...

    def check_origin(self, request: Request) -> None: ...

    async def visitor(self, request: Request) -> Session | None: ...

    async def player(self, request: Request) -> Session: ...

    async def registered(self, request: Request) -> Session: ...

    def set_cookie(self, response: Response, token: str) -> None: ...

    def clear_cookie(self, response: Response) -> None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Token buckets of this process, against floods; locks and attempts are in the database."""

    logins: RateLimiter = field(default_factory=lambda: RateLimiter(burst=30, per_minute=20))
    """Per network address."""
    mailbox: RateLimiter = field(default_factory=lambda: RateLimiter(burst=10, per_minute=6))
    """Per mailbox named in a login, known or not."""
    newcomers: RateLimiter = field(default_factory=lambda: RateLimiter(burst=30, per_minute=10))
    """Registrations, guests and forgotten passwords per network address."""
    proofs: RateLimiter = field(default_factory=lambda: RateLimiter(burst=15, per_minute=10))
    """Passwords and codes of somebody logged in, per player."""


@dataclass(frozen=True, slots=True)
class IdentityDeps:
    """Exactly what the routes use."""

    db: Database
    gate: Gate
    sealer: Sealer
    passwords: Passwords
    sessions: SessionCache
    welcome: Callable[[Tx, Player], Awaitable[None]]
    """Runs in the transaction that starts a guest or opens an account, for example to give play
    money; must be idempotent per player."""
    balances: Callable[[Tx, Session], Awaitable[Sequence[BalanceView]]]
    offered: Mapping[int, WaysOffered] = field(default_factory=dict[int, WaysOffered])
    """By brand: what its sign-in screen offers besides e-mail and password."""
    limits: Limits = field(default_factory=Limits)

    def ways_of(self, brand_id: int) -> WaysOffered:
        """What a brand offers."""
        return self.offered.get(brand_id, WaysOffered())


def client_of(request: Request) -> Client:
    """Address and program of the caller."""
    user_agent = request.headers.get("user-agent", "")[:_USER_AGENT_CHARS_MAX]
    return Client(ip=client_ip(request), user_agent=user_agent)


def network_of(request: Request) -> str:
    """What an address limit counts: an IPv4 address, or an IPv6 /64, which one person owns."""
    text = client_ip(request)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if address.version == 4:
        return text
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def mailbox_of(brand: BrandTerms, email: str) -> str:
    """What a mailbox limit counts."""
    return f"{brand.id}:{email_key(email.strip())}"


def granted(result: T | Denied) -> T:
    """The result; a denial is raised now that its count is committed."""
    if isinstance(result, Denied):
        raise result.refusal
    return result


async def own_proof(deps: IdentityDeps, session: Session, password: str) -> PasswordProof:
    """The slow check of a logged-in player's password, outside of any transaction."""
    deps.limits.proofs.take(str(session.player_id), param="password")
    async with deps.db.read() as tx:
        challenge = await own_challenge(
            tx, player_id=session.player_id, nobodys_hash=deps.passwords.nobodys_hash
        )
    return await deps.passwords.check(challenge, password)

"""What identity's routes need, given by the composition root."""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from fairhouse.identity.api import Passwords, SessionCache, own_challenge
from fairhouse.identity.engine.stuffing import StuffingGuard
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
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.crypto import Sealer, new_token
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.http import RateLimiter, client_ip

T = TypeVar("T")

_USER_AGENT_CHARS_MAX = 512
_SIGNALS = ("accept-language", "sec-ch-ua-platform", "sec-ch-ua-mobile")
_SIGNAL_CHARS_MAX = 64
_DEVICE = re.compile(r"[A-Za-z0-9_-]{43}")
_DEVICE_LIFE_S = 365 * 24 * 3600


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
    stuffing: StuffingGuard = field(default_factory=StuffingGuard)
    """Many mailboxes failing from one network, or very many everywhere."""
    proofs: RateLimiter = field(default_factory=lambda: RateLimiter(burst=15, per_minute=10))
    """Passwords and codes of somebody logged in, per player."""


def one_word(chain: str, address: str) -> str:
    """Where no chain is known: any single word. Refuses with Malformed (address, chain)."""
    if not re.fullmatch(r"[a-z0-9_-]{1,32}", chain):
        raise Malformed("chain must be the name of a chain.", param="chain")
    if not re.fullmatch(r"[\x21-\x7e]{8,128}", address):
        raise Malformed("address must be a whole address.", param="address")
    return address


async def nothing_more(tx: Tx, session: Session) -> Mapping[str, object]:
    """No other module keeps anything."""
    return {}


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
    parse_address: Callable[[str, str], str] = one_word
    """An address of a chain in its one spelling. Refuses with Malformed (address, chain)."""
    own_data: Callable[[Tx, Session], Awaitable[Mapping[str, object]]] = nothing_more
    """What other modules keep of a player, by the name of its file in the export."""

    def ways_of(self, brand_id: int) -> WaysOffered:
        """What a brand offers."""
        return self.offered.get(brand_id, WaysOffered())


def client_of(request: Request) -> Client:
    """Address and program of the caller."""
    user_agent = request.headers.get("user-agent", "")[:_USER_AGENT_CHARS_MAX]
    told = [request.headers.get(name, "")[:_SIGNAL_CHARS_MAX] for name in _SIGNALS]
    return Client(
        ip=client_ip(request),
        user_agent=user_agent,
        device=device_of(request),
        signals="\n".join(told) if any(told) else "",
    )


def device_of(request: Request) -> str:
    """The secret of this browser's own device cookie; a new one when it has none yet.

    Only we read it, and it says nothing but "the same browser as before".
    """
    known = request.cookies.get(device_cookie(request), "")
    if not _DEVICE.fullmatch(known):
        known = getattr(request.state, "new_device", "") or new_token()
        request.state.new_device = known
    return known


def device_cookie(request: Request) -> str:
    """Its name: bound to the host over https."""
    return "__Host-fh_device" if request.url.scheme == "https" else "fh_device"


def keep_device(request: Request, response: Response) -> None:
    """Give a browser its device cookie, for a year."""
    new = getattr(request.state, "new_device", "")
    if new:
        response.set_cookie(
            device_cookie(request),
            new,
            max_age=_DEVICE_LIFE_S,
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )


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

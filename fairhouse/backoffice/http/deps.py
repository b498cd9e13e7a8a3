"""What the pages need, given by the composition root."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fairhouse.backoffice.types import Part, Reconciliation
from fairhouse.cashier.types import CashierPolicy
from fairhouse.identity.api import Passwords
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.platform.http import RateLimiter


async def _no_parts() -> Sequence[Part]:
    return ()


def _no_url(brand_id: int) -> str | None:
    return None


async def _no_reconciliation() -> Sequence[Reconciliation]:
    return ()


@dataclass(frozen=True, slots=True)
class BackofficeDeps:
    """Exactly what the routes use."""

    db: Database
    sealer: Sealer
    passwords: Passwords
    policies: Mapping[int, CashierPolicy]
    is_https: bool = False
    environment: str = "demo"
    """Shown in the frame of every page, so that nobody mistakes one for another."""
    parts: Callable[[], Awaitable[Sequence[Part]]] = _no_parts
    """How each process fares; never raises, a silent process is SILENT."""
    reconcile: Callable[[], Awaitable[Sequence[Reconciliation]]] = _no_reconciliation
    """Books against chains now. Refuses with NodeUnavailable."""
    player_url: Callable[[int], str | None] = _no_url
    """Where a brand's players are, without a slash at its end; None when nobody said."""
    logins: RateLimiter = field(default_factory=lambda: RateLimiter(burst=10, per_minute=10))
    """Per network address; the lock of an account is in the database."""

    @property
    def cookie(self) -> str:
        """Not the players' cookie: ports share cookies."""
        return "__Host-fh_staff" if self.is_https else "fh_staff"

    @property
    def form_cookie(self) -> str:
        """Binds the login form to the browser that it was shown to."""
        return "__Host-fh_staff_form" if self.is_https else "fh_staff_form"

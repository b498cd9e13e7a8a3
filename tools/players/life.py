"""One account's life: what it does, written down as observations."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from fairhouse.risk.types.checks import usd
from fairhouse.risk.types.observations import Kind, Observation

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 60
BRAND = 1


def blind(text: str) -> bytes:
    """As the platform's keyed hashes: equal things look equal, nothing else."""
    return hashlib.sha256(text.encode()).digest()[:16]


@dataclass
class Life:
    """An account and everything it did. `label` is the class, `variety` the kind within it."""

    rng: Random
    number: int
    label: str
    variety: str
    group: str | None = None
    """Accounts of one person or gang share it."""
    country: str | None = "DE"
    crime_at: datetime | None = None
    """When the first act of fraud happened."""
    facts: list[Observation] = field(default_factory=list[Observation])
    balance: float = 0.0
    device: str = ""
    network: str = ""
    wallet: str = ""

    def __post_init__(self) -> None:
        self.device = self.device or f"device of {self.number}"
        self.network = self.network or f"network of {self.number}"
        self.wallet = self.wallet or f"wallet of {self.number}"

    @property
    def player_id(self) -> UUID:
        """The account."""
        return UUID(int=self.number)

    def tell(self, kind: Kind, at: datetime, dollars: float = 0, **more: object) -> None:
        """Write one observation down."""
        hashed = {
            name: blind(str(value))
            for name, value in more.items()
            if name in {"device", "network", "address"} and value is not None
        }
        moved, returned = (more.get(name, 0.0) for name in ("moved", "returned"))
        country, ref, count = more.get("country"), more.get("ref"), more.get("count", 1)
        assert isinstance(moved, int | float)
        assert isinstance(returned, int | float)
        assert isinstance(count, int)
        self.facts.append(
            Observation(
                key=f"{self.number}:{len(self.facts)}",
                kind=kind,
                at=at,
                brand_id=BRAND,
                player_id=self.player_id,
                count=count,
                value=int(dollars * usd(1)),
                moved=int(moved * usd(1)),
                returned=int(returned * usd(1)),
                country=str(country) if country else None,
                ref=str(ref) if ref else None,
                asset="usdt.ethereum",
                **hashed,
            )
        )

    def register(self, at: datetime) -> None:
        """With the first login."""
        self.tell(Kind.REGISTRATION, at, device=self.device, network=self.network)
        self.login(at)

    def login(self, at: datetime, device: str | None = None, country: str | None = "own") -> None:
        """From the own device unless told otherwise; no country: behind a VPN."""
        self.tell(
            Kind.LOGIN,
            at,
            device=device or self.device,
            network=self.network,
            country=self.country if country == "own" else country,
        )

    def deposit(self, at: datetime, dollars: float) -> None:
        """Credited."""
        self.tell(Kind.DEPOSIT, at, dollars)
        self.balance += dollars

    def play(
        self, at: datetime, staked: float, *, at_risk: float = 0.95, luck: float | None = None
    ) -> None:
        """`at_risk` of the stakes could be lost; `luck` is the result as a share of the stakes."""
        result = self.rng.gauss(-0.02, 0.12) if luck is None else luck
        gained = max(staked * result, -self.balance)
        self.tell(
            Kind.BET,
            at,
            staked,
            moved=staked * at_risk,
            returned=max(staked + gained, 0),
            count=max(int(staked / 2), 1),
        )
        self.balance += gained

    def withdraw(self, at: datetime, dollars: float, address: str | None = None) -> None:
        """Asked for; as if it were paid."""
        wanted = min(dollars, self.balance)
        if wanted >= 5:
            self.tell(Kind.WITHDRAWAL_REQUESTED, at, wanted, address=address or self.wallet)
            self.balance -= wanted

    def bonus(self, at: datetime, campaign: str = "welcome") -> None:
        """Claimed."""
        self.tell(Kind.BONUS, at, 50, ref=campaign, device=self.device, network=self.network)
        self.balance += 50


def day(number: float, hour: float = 0) -> datetime:
    """A time of the simulation."""
    return START + timedelta(days=number, hours=hour)

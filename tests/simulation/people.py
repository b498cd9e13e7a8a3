"""The model: what each player asked for and was told, and the balances that follow from it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from fairhouse.betting.types import Bettor
from fairhouse.chains.types import Address, TxHash
from fairhouse.games.api import BetView
from fairhouse.identity.types import Player
from fairhouse.kernel.currencies import AssetId, currency
from fairhouse.kernel.money import parse_units

CURRENCIES = ("PLAY", "ETH", "USDT")
PLAY_GRANT = 1_000 * 10**6


@dataclass(frozen=True, slots=True)
class Asked:
    """A withdrawal that was acknowledged."""

    id: UUID
    asset: AssetId
    units: int
    base_units: int
    destination: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Coins that left for players' addresses; on the chain or lost, the chain knows."""

    tx_hash: TxHash
    raw: str
    asset: AssetId | None
    parts: tuple[tuple[int, int], ...]
    """Player's number and base units, one per movement."""


@dataclass
class Someone:
    """One player, as the simulation remembers them."""

    number: int
    player: Player
    bettor: Bettor
    address: Address
    bets: dict[str, BetView] = field(default_factory=dict[str, BetView])
    """The last answer to each acknowledged bet."""
    requests: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """What was asked under each id."""
    withdrawals: dict[UUID, Asked] = field(default_factory=dict[UUID, Asked])

    wager_limits: list[tuple[date, int]] = field(default_factory=list[tuple[date, int]])
    """From which day which daily limit, in micro-units; each lower than the one before."""
    wager_caps: dict[date, int] = field(default_factory=dict[date, int])
    """On days on which a limit was set: it, or what was wagered already."""

    def may_wager(self, day: date) -> int | None:
        """The most that may have been wagered on a day; None: no limit."""
        if day in self.wager_caps:
            return self.wager_caps[day]
        earlier = [amount for since, amount in self.wager_limits if since < day]
        return earlier[-1] if earlier else None

    def note(self, view: BetView) -> None:
        """An answer about a bet. What was settled once is settled so for ever."""
        before = self.bets.get(view.id)
        if before is not None:
            same = (view.nonce, view.seed_pair_id, view.stake, view.params)
            assert same == (before.nonce, before.seed_pair_id, before.stake, before.params)
            if before.state != "open":
                assert (before.state, before.payout, before.outcome) == (
                    view.state,
                    view.payout,
                    view.outcome,
                )
        self.bets[view.id] = view

    def open_rounds(self) -> list[BetView]:
        return [view for view in self.bets.values() if view.state == "open"]

    def played(self) -> tuple[Counter[str], Counter[str]]:
        """Ledger units by currency: what play changed in cash, and what is locked."""
        cash, locked = Counter[str](), Counter[str]()
        for view in self.bets.values():
            scale = currency(view.currency).scale
            stake, payout = (parse_units(text, scale) for text in (view.stake, view.payout))
            if view.state == "open":
                cash[view.currency] -= stake
                locked[view.currency] += stake
            elif view.state == "settled":
                cash[view.currency] += payout - stake
        return cash, locked

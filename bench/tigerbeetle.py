"""`tigerbeetle.transfers`: the same bets in TigerBeetle, when FAIRHOUSE_TIGERBEETLE names one.

Each bet is two linked transfers (stake, payout; a lost bet pays nothing and is one) sent through
PyPI's `tigerbeetle` client in full batches. It keeps accounts and transfers alone: no bet row, no
nonce, no game. For comparison; nothing is demanded of it.
"""

import asyncio
import importlib
import os
import random
import time
from statistics import median
from typing import Any, Final

from bench.audit import BooksBroken
from bench.baseline import Baseline
from bench.lines import Line, compared, in_ms
from bench.stage import STAKE_UNITS, Sizes, Stage

ADDRESS: Final = "FAIRHOUSE_TIGERBEETLE"
PAYOUT_UNITS: Final = 19_800
GIFT_UNITS: Final = 10**12
TRANSFERS_MAX: Final = 8_189
"""Of one request, as the client's protocol has it."""
LEDGER: Final = 1
CODE: Final = 1


class Accounts:
    """Fresh accounts of this run: issuance, house, players."""

    def __init__(self, tb: Any, client: Any, players: int) -> None:
        self._tb = tb
        self._client = client
        self.issuance, self.house = tb.id(), tb.id()
        self.players = [tb.id() for _ in range(players)]
        floor = tb.AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
        made = [tb.Account(id=one, ledger=LEDGER, code=CODE, flags=floor) for one in self.players]
        made += [
            tb.Account(id=one, ledger=LEDGER, code=CODE) for one in (self.issuance, self.house)
        ]
        for first in range(0, len(made), TRANSFERS_MAX):
            client.create_accounts(made[first : first + TRANSFERS_MAX])
        gifts = [self.transfer(self.issuance, one, GIFT_UNITS) for one in self.players]
        for first in range(0, len(gifts), TRANSFERS_MAX):
            client.create_transfers(gifts[first : first + TRANSFERS_MAX])

    def transfer(self, debit: int, credit: int, units: int, *, linked: bool = False) -> Any:
        """One transfer with a fresh id."""
        flags = self._tb.TransferFlags
        return self._tb.Transfer(
            id=self._tb.id(),
            debit_account_id=debit,
            credit_account_id=credit,
            amount=units,
            ledger=LEDGER,
            code=CODE,
            flags=flags.LINKED if linked else flags.NONE,
        )

    def batch(self) -> tuple[list[Any], int]:
        """Bets to fill one request, and how many."""
        transfers: list[Any] = []
        bets = 0
        while len(transfers) < TRANSFERS_MAX - 1:
            player, has_won = random.choice(self.players), random.random() < 0.5
            transfers.append(self.transfer(player, self.house, STAKE_UNITS, linked=has_won))
            if has_won:
                transfers.append(self.transfer(self.house, player, PAYOUT_UNITS))
            bets += 1
        return transfers, bets

    def staked_bets(self) -> int:
        """How many stakes the house has received."""
        (house,) = self._client.lookup_accounts([self.house])
        return house.credits_posted // STAKE_UNITS


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """Nothing without an address or without the client."""
    address = os.environ.get(ADDRESS)
    if not address:
        print(f"    left out: {ADDRESS} names no TigerBeetle")
        return []
    try:
        tb = importlib.import_module("tigerbeetle")
    except ImportError:
        print("    left out: its client is missing; `.venv/bin/uv pip install tigerbeetle`")
        return []
    rates, waits_s = await asyncio.to_thread(_rounds, tb, address, sizes)
    line = Line(
        name="tigerbeetle.transfers",
        value=round(median(rates)),
        unit="bets/s",
        p50_ms=in_ms(sorted(waits_s), 0.5),
        p99_ms=in_ms(sorted(waits_s), 0.99),
        concurrency=TRANSFERS_MAX,
        notes="linked transfers in full batches, one client; accounts and transfers alone",
    )
    return [compared(line, baseline.rate) if baseline.rates else line]


def _rounds(tb: Any, address: str, sizes: Sizes) -> tuple[list[float], list[float]]:
    rates: list[float] = []
    waits_s: list[float] = []
    with tb.ClientSync(cluster_id=0, replica_addresses=address) as client:
        accounts = Accounts(tb, client, sizes.players)
        for number in range(sizes.rounds):
            before = accounts.staked_bets()
            done = _round(client, accounts, sizes.round_s, waits_s)
            if accounts.staked_bets() - before != done[0]:
                raise BooksBroken(f"TigerBeetle took other than the {done[0]} bets it was sent")
            rates.append(done[0] / done[1])
            print(f"    round {number + 1}: {rates[-1]:,.0f} bets/s", flush=True)
    return rates, waits_s


def _round(
    client: Any, accounts: Accounts, seconds: float, waits_s: list[float]
) -> tuple[int, float]:
    """Bets sent, and the seconds it took."""
    done = 0
    began_s = time.perf_counter()
    while time.perf_counter() - began_s < seconds:
        transfers, bets = accounts.batch()
        started_s = time.perf_counter()
        client.create_transfers(transfers)
        waits_s.append(time.perf_counter() - started_s)
        done += bets
    return done, time.perf_counter() - began_s

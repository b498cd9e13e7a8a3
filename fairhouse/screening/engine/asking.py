"""The provider asked outside of any transaction, behind a circuit breaker.

What dies between an answer and its record is asked again: registering and reporting are safe to
repeat. Silence changes nothing but the time of the next question; nothing passes meanwhile.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from fairhouse.kernel.outcomes import Outcome, Rejected, Unknown
from fairhouse.platform.database import Database
from fairhouse.screening.engine.addresses import open_case_of
from fairhouse.screening.ports import KytProvider, Report
from fairhouse.screening.rules.verdicts import Breaker, judge, poll_after_s, refused_by_provider
from fairhouse.screening.store import checks
from fairhouse.screening.types import (
    AddressCheck,
    Judgement,
    ScreeningPolicy,
    Verdict,
)

BATCH: Final = 50
LEASE: Final = timedelta(seconds=60)

_log = structlog.get_logger("screening")
_asked = Counter("fairhouse_screening_asked_total", "Questions to a provider", ["name", "result"])
_open = Gauge("fairhouse_screening_provider_open", "1 while nobody asks the provider", ["name"])
_waiting = Gauge("fairhouse_screening_waiting", "Movements without an answer")


@dataclass(slots=True)
class Asker:
    """Asks the first provider whose circuit is closed."""

    db: Database
    providers: Sequence[KytProvider]
    policy: ScreeningPolicy
    monotonic_s: Callable[[], float] = time.monotonic
    breakers: dict[str, Breaker] = field(default_factory=dict[str, Breaker])

    async def step(self) -> int:
        """One batch of what is due."""
        provider = self._chosen()
        await self._measure()
        if provider is None:
            return 0
        async with self.db.tx() as tx:
            due = await checks.claim(tx, leased_until=tx.now + LEASE, limit=BATCH)
        for check in due:
            if not self._breaker(provider).allows(self.monotonic_s()):
                break
            await self._ask(provider, check)
        return len(due)

    def report(self) -> dict[str, str]:
        """Each provider's circuit, for the health page."""
        now = self.monotonic_s()
        return {
            one.name: "closed" if self._breaker(one).allows(now) else "open"
            for one in self.providers
        }

    def _chosen(self) -> KytProvider | None:
        now = self.monotonic_s()
        return next((one for one in self.providers if self._breaker(one).allows(now)), None)

    def _breaker(self, provider: KytProvider) -> Breaker:
        return self.breakers.get(provider.name, Breaker())

    async def _measure(self) -> None:
        async with self.db.read() as tx:
            count, _ = await checks.waiting(tx)
        _waiting.set(count)

    async def _ask(self, provider: KytProvider, check: AddressCheck) -> None:
        is_known = bool(check.external_id) and check.provider == provider.name
        if not is_known:
            answer = await provider.register(check.movement)
            self._note(provider, answer)
            if isinstance(answer, Rejected):
                await self._decide(provider, check, refused_by_provider(answer.reason))
            elif isinstance(answer, Unknown):
                await self._again(check, answer.reason)
            else:
                await self._registered(provider, check, answer.value)
            return
        found = await provider.report(check.movement, check.external_id)
        self._note(provider, found)
        if isinstance(found, Rejected):
            await self._decide(provider, check, refused_by_provider(found.reason))
        elif isinstance(found, Unknown):
            await self._again(check, found.reason)
        elif not found.value.is_ready:
            await self._again(check, "")
        else:
            await self._decide(provider, check, judge(found.value.findings))

    def _note(self, provider: KytProvider, answer: Outcome[str] | Outcome[Report]) -> None:
        breaker, is_silent = self._breaker(provider), isinstance(answer, Unknown)
        now = self.monotonic_s()
        after = breaker.after_failure(now) if is_silent else breaker.after_answer()
        self.breakers[provider.name] = after
        _asked.labels(provider.name, type(answer).__name__.lower()).inc()
        _open.labels(provider.name).set(0 if after.allows(now) else 1)
        if isinstance(answer, Unknown):
            _log.warning(
                "screening provider does not answer", name=provider.name, why=answer.reason
            )

    async def _registered(self, provider: KytProvider, check: AddressCheck, id_: str) -> None:
        async with self.db.tx() as tx:
            await checks.set_registered(
                tx,
                check.movement.id,
                provider=provider.name,
                external_id=id_,
                next_at=tx.now + timedelta(seconds=poll_after_s(0)),
            )

    async def _again(self, check: AddressCheck, error: str) -> None:
        async with self.db.tx() as tx:
            next_at = tx.now + timedelta(seconds=poll_after_s(check.polls))
            await checks.set_polled(tx, check.movement.id, next_at=next_at, error=error)

    async def _decide(self, provider: KytProvider, check: AddressCheck, judged: Judgement) -> None:
        async with self.db.tx() as tx:
            is_ours = await checks.decide(
                tx,
                check.movement.id,
                judged,
                provider=provider.name,
                expires_at=tx.now + self.policy.valid,
            )
            if is_ours and judged.verdict in {Verdict.HOLD, Verdict.FREEZE}:
                found = await checks.find(tx, check.movement.id)
                assert found is not None
                await open_case_of(tx, found, self.policy)

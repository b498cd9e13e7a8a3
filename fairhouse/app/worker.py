"""`python -m fairhouse.app worker`: everything that goes on by itself.

Credits what is final, judges and orders withdrawals, drives custody, sends mail, records prices,
watches the books. It alone holds the key that signs orders; it never signs a transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import structlog

from fairhouse.app import wiring
from fairhouse.app.brand_watch import follow_brands
from fairhouse.app.evidence.command import settings_file
from fairhouse.app.evidence.funds import (
    FORGET_EVERY_S,
    RESERVES_EVERY_S,
    ReserveWatch,
    remind_and_forget,
)
from fairhouse.app.evidence.significant import SignificantEvents
from fairhouse.app.evidence.variance import EVERY_S as VARIANCE_EVERY_S
from fairhouse.app.evidence.variance import VarianceWatch, comparison
from fairhouse.app.evidence.watching import PROGRAMS_EVERY_S, watch_programs
from fairhouse.app.observing import NEWS_EVERY_S, PLAY_EVERY_S, Observing
from fairhouse.app.process import Process, process
from fairhouse.app.proof import Proof
from fairhouse.app.settings import Settings
from fairhouse.backoffice.jobs import DRIFT_EVERY_S, watch_drift
from fairhouse.betting.jobs import keep_partitions
from fairhouse.cashier.jobs import CashierJobs
from fairhouse.chains.codecs.vaults import SignedVault, decode_vaults
from fairhouse.custody import api as custody
from fairhouse.custody import jobs as custody_jobs
from fairhouse.custody.engine.steps import Tools
from fairhouse.identity import api as identity
from fairhouse.kernel.currencies import ChainId
from fairhouse.kernel.outcomes import Unknown
from fairhouse.kernel.refusals import Unavailable
from fairhouse.kyc import jobs as kyc_jobs
from fairhouse.kyc.api import KycTools
from fairhouse.ledger.jobs import BooksWatch, expire_holds
from fairhouse.ledger.types import Imbalance
from fairhouse.messages.jobs import forget_old, send_due
from fairhouse.platform.database import Database
from fairhouse.platform.outbox import prune_outbox
from fairhouse.platform.postgres import stats
from fairhouse.protection.jobs import announce_ready
from fairhouse.rates.jobs import record_prices
from fairhouse.reports import jobs as reports_jobs
from fairhouse.reports.api import DriftRules
from fairhouse.screening import jobs as screening_jobs

WITHDRAWALS_EVERY_S: Final = 1.0
DEPOSITS_EVERY_S: Final = 1.0
RECEIVABLES_EVERY_S: Final = 5.0
BOOKS_EVERY_S: Final = 5.0
EVENTS_EVERY_S: Final = 1.0
LIMITS_EVERY_S: Final = 30.0
MAIL_EVERY_S: Final = 1.0
HOUSEKEEPING_EVERY_S: Final = 3600.0

_log = structlog.get_logger("worker")


class Books:
    """The last verdict on the books, for the health page and whoever asks."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._watch = BooksWatch(db)
        self._found: list[Imbalance] = []
        self._checked_at: datetime | None = None

    async def step(self) -> int:
        """Check every invariant."""
        self._found = await self._watch.step()
        self._checked_at = self._db.now()
        return 0

    async def report(self) -> Mapping[str, Any]:
        """`/healthz/books`."""
        return {
            "imbalances": len(self._found),
            "found": [
                {
                    "invariant": item.invariant,
                    "subject": item.subject,
                    "expected": str(item.expected),
                    "actual": str(item.actual),
                }
                for item in self._found
            ],
            "checked_at": self._checked_at.isoformat() if self._checked_at else None,
        }


async def main(settings: Settings) -> None:
    """Run until stopped."""
    async with process("worker", settings) as run:
        db = await run.database(settings.database.worker_url)
        await follow_brands(run, db)
        key = wiring.order_key(settings)
        signer = wiring.signer(settings, key, db.now)
        await _import_vaults(db, settings, _vaults(settings))
        await _add_cashier(run, settings, db)
        for chain, spec in wiring.chain_specs(settings).items():
            node = wiring.nodes(spec, settings.chains[chain])[0]
            run.stack.push_async_callback(node.close)
            policy = wiring.custody_policy(spec)
            watch = VarianceWatch(db, comparison(db, node, policy))
            run.loop(f"variance {chain}", VARIANCE_EVERY_S, watch.step)
            _add_custody(run, Tools(db=db, node=node, signer=signer, key=key, policy=policy))
        await _add_rates(run, settings, db)
        await _add_screening(run, settings, db)
        await _add_kyc(run, settings, db)
        _add_books(run, db)
        drift = DriftRules(Decimal(str(settings.drift.stop_z)), settings.drift.bets_min)
        run.loop("drift", DRIFT_EVERY_S, lambda: watch_drift(db, drift))
        Proof(db).add_books(run)
        run.loop("significant events", EVENTS_EVERY_S, SignificantEvents(db).step)
        file = settings_file()
        run.loop("reserves", RESERVES_EVERY_S, ReserveWatch(db).step)
        run.loop("reminders", FORGET_EVERY_S, lambda: remind_and_forget(db))
        run.loop("programs", PROGRAMS_EVERY_S, lambda: watch_programs(db, file))
        _add_housekeeping(run, settings, db)

        async def ready() -> None:
            async with db.read() as tx:
                await tx.fetchval("select 1")
            answer = await signer.hello()
            if isinstance(answer, Unknown):
                raise Unavailable(f"The signer does not answer: {answer.reason}.")

        await run.run(ready)


def _vaults(settings: Settings) -> list[SignedVault]:
    file = settings.signer.vaults_file
    return decode_vaults(Path(file).read_bytes()) if file else []


async def _import_vaults(db: Database, settings: Settings, signed: list[SignedVault]) -> None:
    """Believe the signer's public keys, once; the same again changes nothing."""
    async with db.tx() as tx:
        for vault in signed:
            await custody.import_vault(tx, signed=vault, identity_key=settings.signer.identity_key)


async def _add_cashier(run: Process, settings: Settings, db: Database) -> None:
    observing = Observing(db, wiring.sealer(settings), wiring.geo(settings))
    await observing.install()
    run.loop("risk news", NEWS_EVERY_S, observing.step_news)
    run.loop("risk play", PLAY_EVERY_S, observing.step_play)
    run.loop("risk partitions", HOUSEKEEPING_EVERY_S, observing.step_partitions)
    jobs = CashierJobs(db, wiring.policies(settings), observing.before_verdict)
    for name in settings.chains:
        chain = ChainId(name)
        run.loop(f"deposits {name}", DEPOSITS_EVERY_S, lambda of=chain: jobs.step_deposits(of))
    run.loop("withdrawals", WITHDRAWALS_EVERY_S, jobs.step_withdrawals)
    run.loop("receivables", RECEIVABLES_EVERY_S, jobs.step_receivables)


def _add_custody(run: Process, tools: Tools) -> None:
    Proof(tools.db).add_custody(run, tools.node, tools.policy)
    for name, (every_s, step) in custody_jobs.loops(tools).items():
        run.loop(name, every_s, step)


async def _add_rates(run: Process, settings: Settings, db: Database) -> None:
    client = await run.stack.enter_async_context(httpx.AsyncClient(trust_env=False))
    source = wiring.price_source(settings, client)
    believed = wiring.rate_settings(settings)

    async def step() -> int:
        found = await record_prices(db, source, believed)
        if isinstance(found, str):
            _log.warning("no prices", why=found)
        return 0

    run.loop("rates", settings.rates.every_s, step)


async def _add_screening(run: Process, settings: Settings, db: Database) -> None:
    client = await run.stack.enter_async_context(httpx.AsyncClient(trust_env=False))
    asker = wiring.asker(settings, db, client)
    if asker is not None:
        run.loop("screening", screening_jobs.ASK_EVERY_S, asker.step)
    run.probes["/healthz/screening"] = lambda: screening_jobs.health(db, asker)
    run.loop("age of lists", screening_jobs.AGE_EVERY_S, lambda: screening_jobs.watch_age(db))


async def _add_kyc(run: Process, settings: Settings, db: Database) -> None:
    tools = KycTools(wiring.sealer(settings))
    client = await run.stack.enter_async_context(httpx.AsyncClient(trust_env=False))
    vendor = wiring.kyc_vendor(settings, db, client)
    if vendor is not None:
        run.loop("vendor's words", kyc_jobs.WORDS_EVERY_S, vendor.step)
        run.loop("vendor asked", kyc_jobs.POLL_EVERY_S, vendor.poll)
    run.loop("verifications", kyc_jobs.EXPIRE_EVERY_S, lambda: kyc_jobs.expire_due(db))
    run.loop("people", kyc_jobs.RESCAN_EVERY_S, lambda: kyc_jobs.rescan_due(db, tools))


def _add_books(run: Process, db: Database) -> None:
    books = Books(db)
    run.probes["/healthz/books"] = books.report
    run.loop("books", BOOKS_EVERY_S, books.step)
    run.loop("payments and lanes", reports_jobs.EVERY_S, lambda: reports_jobs.watch_house(db))
    run.loop("postgres", stats.EVERY_S, lambda: stats.watch_postgres(db))
    run.loop("expired holds", BOOKS_EVERY_S, lambda: expire_holds(db))


def _add_housekeeping(run: Process, settings: Settings, db: Database) -> None:
    relay, seal = wiring.mailer(settings), wiring.sealer(settings)
    sender = wiring.sender_of(settings)

    async def partitions() -> int:
        await keep_partitions(db)
        return 0

    async def forget() -> int:
        await forget_old(db)
        await identity.forget_ended(db)
        await identity.watch_dormant(db, sealer=seal)
        async with db.tx() as tx:
            await prune_outbox(tx)
        return 0

    run.loop(
        "mail", MAIL_EVERY_S, lambda: send_due(db, mailer=relay, sealer=seal, sender_of=sender)
    )
    run.loop("limits ready", LIMITS_EVERY_S, lambda: announce_ready(db, sealer=seal))
    run.loop("partitions", HOUSEKEEPING_EVERY_S, partitions)
    run.loop("forget", HOUSEKEEPING_EVERY_S, forget)

"""Significant events (LOG-02) out of the news that modules announce: exactly one for each.

The consumer's place in the outbox and the entry in the audit log are one transaction, so that a
crash repeats nothing. What staff do stands in the log by itself, as a deed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhouse.audit import api as audit
from fairhouse.audit.types import Facts, Significant
from fairhouse.kernel.money import parse_units
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.outbox import News, OutboxReader

CONSUMER: Final = "audit.significant"
REFERENCE_SCALE: Final = 6


@dataclass(frozen=True, slots=True)
class Marks:
    """From which value on a payment is a significant event."""

    transaction: int = 10_000 * 10**6
    """Micro-units of the reference currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What is written down about an item of news."""

    kind: Significant
    reason: str
    actor: str
    before: Facts | None = None
    after: Facts | None = None


_Rule = Callable[[News, Marks], Noted | None]


def _login_failed(news: News, _: Marks) -> Noted:
    is_locked = bool(news.payload["locked"])
    return Noted(
        kind=Significant.LOGIN_FAILED,
        reason="wrong password or code" + (", locked now" if is_locked else ""),
        actor="unknown",
        after={"locked": is_locked},
    )


def _personal_data(news: News, _: Marks) -> Noted:
    what = str(news.payload["what"])
    return Noted(
        kind=Significant.PERSONAL_DATA_CHANGED,
        reason=f"{what} changed; values are sealed and not in the log",
        actor=news.subject,
        before={what: "sealed"},
        after={what: "sealed anew"},
    )


def _erased(news: News, _: Marks) -> Noted:
    return Noted(
        kind=Significant.PERSONAL_DATA_CHANGED,
        reason="the person's key was deleted",
        actor="identity",
        before={"person": "sealed"},
        after={"person": "erased"},
    )


def _status(news: News, _: Marks) -> Noted:
    before = news.payload.get("before")
    return Noted(
        kind=Significant.ACCOUNT_STATUS_CHANGED,
        reason=f"the account is {news.payload['status']} now",
        actor="identity",
        before={"status": str(before)} if before else {"status": "another"},
        after={"status": str(news.payload["status"])},
    )


def _excluded(news: News, _: Marks) -> Noted:
    return Noted(
        kind=Significant.EXCLUDED,
        reason=f"{news.payload['kind']} until {news.payload['until'] or 'further notice'}",
        actor="protection",
        before={"may_play": True},
        after={"may_play": False, "until": news.payload["until"]},
    )


def _payment(news: News, marks: Marks) -> Noted | None:
    view: Mapping[str, Any] = news.payload.get("deposit") or news.payload["withdrawal"]
    text = str(view.get("value") or "0")
    if parse_units(text, REFERENCE_SCALE) < marks.transaction:
        return None
    return Noted(
        kind=Significant.LARGE_TRANSACTION,
        reason=f"{news.kind.partition('.')[2]} of a value of {text}",
        actor="cashier",
        after={"amount": str(view.get("amount")), "asset": str(view.get("asset")), "value": text},
    )


def _books(news: News, _: Marks) -> Noted:
    return Noted(
        kind=Significant.PROGRAM_ERROR,
        reason=f"the books do not hold: {news.payload['invariant']}",
        actor="job:books",
        before={"expected": str(news.payload["expected"])},
        after={"actual": str(news.payload["actual"])},
    )


def _signer(news: News, _: Marks) -> Noted:
    return Noted(
        kind=Significant.PROGRAM_MISMATCH,
        reason=f"the signer refused an order: {news.payload['code']}",
        actor="signer",
        after={"final": bool(news.payload["final"])},
    )


def _lane(news: News, _: Marks) -> Noted:
    return Noted(
        kind=Significant.PROGRAM_MISMATCH,
        reason=f"a nonce was used by a transaction that is none of ours: {news.payload['reason']}",
        actor="custody",
        after={"halted": True},
    )


def _parameter(news: News, _: Marks) -> Noted:
    return Noted(
        kind=Significant.PARAMETER_CHANGED,
        reason="what is in force was changed; who and why stands among the brand's deeds",
        actor=str(news.payload.get("actor", "back office")),
        before=_opposite(news.payload.get("paused")),
        after=_as_facts(news.payload),
    )


def _opposite(paused: object) -> Facts:
    return {"paused": not paused} if isinstance(paused, bool) else {"in_force": "before"}


def _as_facts(payload: Mapping[str, Any]) -> Facts:
    return {key: str(value) for key, value in payload.items()}


RULES: Final[Mapping[str, _Rule]] = {
    "identity.login_failed": _login_failed,
    "identity.credentials_changed": _personal_data,
    "identity.player_erased": _erased,
    "identity.player_status_changed": _status,
    "protection.excluded": _excluded,
    "cashier.deposit_credited": _payment,
    "cashier.withdrawal_confirmed": _payment,
    "ledger.books_found_imbalanced": _books,
    "custody.signer_refused": _signer,
    "custody.lane_halted": _lane,
    "brands.switch_changed": _parameter,
    "betting.house_limit_set": _parameter,
    "games.offer_set": _parameter,
}
"""What becomes of which news; everything else is no significant event."""


class SignificantEvents:
    """The worker's loop over the news."""

    def __init__(self, db: Database, marks: Marks | None = None) -> None:
        self._reader = OutboxReader(db, CONSUMER)
        self._marks = marks or Marks()

    async def step(self) -> int:
        """One batch; how many items it was."""
        return await self._reader.step(self._write)

    async def _write(self, tx: Tx, news: News) -> None:
        rule = RULES.get(news.kind)
        noted = rule(news, self._marks) if rule else None
        if noted is None:
            return
        await audit.significant(
            tx,
            kind=noted.kind,
            brand_id=news.brand_id or None,
            actor=noted.actor,
            subject=news.subject,
            reason=noted.reason,
            before=noted.before,
            after=noted.after,
            details={"news": news.kind, "happened_at": news.at},
        )

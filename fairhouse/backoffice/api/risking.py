"""Rules and cases of risk: written, tested, put in force by a second person, looked at, noted."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from fairhouse.backoffice import rules
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import Action, Actor, NothingThere
from fairhouse.identity.types import STAFF_PREFIX
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Tx
from fairhouse.risk import api as risk
from fairhouse.risk.types.rules import CASE_PREFIX, VERSION_PREFIX, BackTest, RuleVersion

TESTED: Final = timedelta(days=30)
VERDICTS: Final = ("fraud", "harmless", "unclear")


async def draft_rule(
    tx: Tx, *, actor: Actor, definition: Mapping[str, Any], reason: str
) -> RuleVersion:
    """Keep a rule that type-checks; it decides nothing yet.

    Refuses with Forbidden, ReasonNeeded, RuleInvalid.
    """
    rules.check_may(actor, Action.DRAFT_RULE)
    given = rules.clean_reason(reason)
    made = await risk.draft_rule(
        tx, definition=definition, brand_id=None, author=_name(actor), reason=given
    )
    await _note(tx, actor, Action.DRAFT_RULE, made, given)
    return made


async def test_rule(tx: Tx, *, actor: Actor, version_id: UUID, reason: str) -> BackTest:
    """Run a version over the last 30 days as they were known then.

    Refuses with Forbidden, ReasonNeeded, RuleUnknown.
    """
    rules.check_may(actor, Action.TEST_RULE)
    given = rules.clean_reason(reason)
    found = await risk.back_test(
        tx, version_id=version_id, since=tx.now - TESTED, until=tx.now, run_by=_name(actor)
    )
    version = await risk.rule_version(tx, version_id=version_id)
    await _note(tx, actor, Action.TEST_RULE, version, given, hits=found.hits)
    return found


async def publish_rule(tx: Tx, *, actor: Actor, version_id: UUID, reason: str) -> None:
    """Put a tested draft of somebody else in force.

    Refuses with Forbidden, ReasonNeeded, RuleUnknown, RuleNotDraft, SecondPersonNeeded,
    BackTestMissing.
    """
    rules.check_may(actor, Action.PUBLISH_RULE)
    given = rules.clean_reason(reason)
    made = await risk.publish_rule(tx, version_id=version_id, by=_name(actor), reason=given)
    await _note(tx, actor, Action.PUBLISH_RULE, made, given)


async def reject_rule(tx: Tx, *, actor: Actor, version_id: UUID, reason: str) -> None:
    """Decline a draft. Refuses with Forbidden, ReasonNeeded, RuleUnknown, RuleNotDraft."""
    rules.check_may(actor, Action.REJECT_RULE)
    given = rules.clean_reason(reason)
    await risk.reject_rule(tx, version_id=version_id, by=_name(actor), reason=given)
    version = await risk.rule_version(tx, version_id=version_id)
    await _note(tx, actor, Action.REJECT_RULE, version, given)


async def retire_rule(tx: Tx, *, actor: Actor, version_id: UUID, reason: str) -> None:
    """End a rule in force. Refuses with Forbidden, ReasonNeeded, RuleUnknown, RuleNotDraft."""
    rules.check_may(actor, Action.RETIRE_RULE)
    given = rules.clean_reason(reason)
    await risk.retire_rule(tx, version_id=version_id, by=_name(actor), reason=given)
    version = await risk.rule_version(tx, version_id=version_id)
    await _note(tx, actor, Action.RETIRE_RULE, version, given)


async def close_case(tx: Tx, *, actor: Actor, case_id: UUID, verdict: str, reason: str) -> None:
    """A person has looked. Refuses with Forbidden, OutOfScope, ReasonNeeded, CaseUnknown."""
    rules.check_may(actor, Action.CLOSE_CASE)
    found = await risk.case(tx, case_id=case_id)
    rules.check_brand(actor, found.brand_id)
    given = rules.clean_reason(reason)
    if verdict not in VERDICTS:
        raise NothingThere("verdict: choose fraud, harmless or unclear.", param="verdict")
    await risk.close_case(tx, case_id=case_id, verdict=verdict, by=_name(actor), note=given)
    await record(
        tx,
        actor=actor,
        action=Action.CLOSE_CASE,
        brand_id=found.brand_id,
        subject=to_wire(CASE_PREFIX, case_id),
        reason=given,
        details={"verdict": verdict, "decisions": len(found.decisions)},
    )


def _name(actor: Actor) -> str:
    return to_wire(STAFF_PREFIX, actor.staff.id)


async def _note(
    tx: Tx, actor: Actor, action: Action, version: RuleVersion, reason: str, **more: int
) -> None:
    await record(
        tx,
        actor=actor,
        action=action,
        brand_id=version.brand_id,
        subject=to_wire(VERSION_PREFIX, version.id),
        reason=reason,
        details={
            "rule": version.name,
            "version": version.version,
            "digest": version.digest,
            **more,
        },
    )

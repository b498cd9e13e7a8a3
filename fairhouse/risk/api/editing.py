"""Rules as people write, test and publish them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.risk.engine import back_test as testing
from fairhouse.risk.engine import built_in
from fairhouse.risk.engine.deciding import rule_of
from fairhouse.risk.language.definition import read_rule
from fairhouse.risk.store import versions
from fairhouse.risk.types.rules import (
    BackTest,
    BackTestMissing,
    RuleNotDraft,
    RuleUnknown,
    RuleVersion,
    SecondPersonNeeded,
    VersionId,
)


async def draft_rule(
    tx: Tx, *, definition: Mapping[str, Any], brand_id: int | None, author: str, reason: str
) -> RuleVersion:
    """A new version, not in force. Refuses with RuleInvalid, which names place and fix."""
    # CHECK
    rule = read_rule(definition)
    # RECORD
    made = await versions.insert_version(
        tx,
        name=rule.name,
        brand_id=brand_id,
        definition=definition,
        digest=rule.digest,
        author=author,
        reason=reason,
    )
    return await rule_version(tx, version_id=made)


async def back_test(
    tx: Tx, *, version_id: UUID, since: datetime, until: datetime, run_by: str
) -> BackTest:
    """Run a version over history as it was known then, and keep the result.

    Refuses with RuleUnknown.
    """
    version = await rule_version(tx, version_id=version_id)
    found = await testing.run(tx, version, since=since, until=until, run_by=run_by)
    # RECORD
    await versions.insert_back_test(tx, found)
    return found


async def publish_rule(tx: Tx, *, version_id: UUID, by: str, reason: str) -> RuleVersion:
    """Put a draft in force; the version before it of the same name ends.

    Refuses with RuleUnknown, RuleNotDraft, SecondPersonNeeded, BackTestMissing.
    """
    # CHECK
    version = await rule_version(tx, version_id=version_id)
    tested = await versions.newest_back_test(tx, version_id)
    # DECIDE
    if version.state != "draft":
        raise RuleNotDraft(f"This version is {version.state}. Write a new one.")
    if version.author == by:
        raise SecondPersonNeeded("Who wrote a version cannot publish it. Ask somebody else.")
    if tested is None or tested.digest != rule_of(version).digest:
        raise BackTestMissing("Run the back-test of this very version first.")
    # RECORD
    is_first = await versions.insert_publication(
        tx,
        version_id=version_id,
        verdict="published",
        back_test_id=tested.id,
        decided_by=by,
        reason=reason,
    )
    if not is_first:
        raise RuleNotDraft("Somebody has just decided this version.")
    return await rule_version(tx, version_id=version_id)


async def reject_rule(tx: Tx, *, version_id: UUID, by: str, reason: str) -> None:
    """Decline a draft. Refuses with RuleUnknown, RuleNotDraft."""
    version = await rule_version(tx, version_id=version_id)
    if version.state != "draft" or not await versions.insert_publication(
        tx,
        version_id=version_id,
        verdict="rejected",
        back_test_id=None,
        decided_by=by,
        reason=reason,
    ):
        raise RuleNotDraft(f"This version is {version.state}.")


async def retire_rule(tx: Tx, *, version_id: UUID, by: str, reason: str) -> None:
    """End a published version. Refuses with RuleUnknown, RuleNotDraft."""
    version = await rule_version(tx, version_id=version_id)
    if version.state != "published":
        raise RuleNotDraft(f"This version is {version.state}.", param="version_id")
    await versions.insert_retirement(tx, version_id=version_id, retired_by=by, reason=reason)


async def rule_version(tx: Tx, *, version_id: UUID) -> RuleVersion:
    """One version. Refuses with RuleUnknown."""
    found = await versions.version(tx, version_id)
    if found is None:
        raise RuleUnknown("There is no such rule version.", param="version_id")
    return found


async def rule_versions(tx: Tx, *, states: tuple[str, ...]) -> list[RuleVersion]:
    """By name, the newest version first; states are draft, published, retired, rejected."""
    return await versions.versions(tx, states=states)


async def newest_back_test(tx: Tx, *, version_id: VersionId) -> BackTest | None:
    """The last one of a version."""
    return await versions.newest_back_test(tx, version_id)


async def install_built_in(tx: Tx) -> int:
    """Bring the rules that Fairhouse comes with, where they are missing; how many were made."""
    return await built_in.install(tx)

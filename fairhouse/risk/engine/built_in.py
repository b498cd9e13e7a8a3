"""The rules that Fairhouse comes with: published once, from then on as anybody's rules.

A name that the database has never seen is back-tested on what history there is and published; a
later release's other text of a known name becomes a draft, for people to test and publish.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from typing import Any, Final

from fairhouse.platform.database import Tx
from fairhouse.risk.engine import back_test
from fairhouse.risk.language.definition import read_rule
from fairhouse.risk.store import versions

AUTHOR: Final = "fairhouse"
PUBLISHER: Final = "release"
_TESTED: Final = timedelta(days=30)


def definitions() -> list[Mapping[str, Any]]:
    """As they are shipped."""
    text = files("fairhouse.risk").joinpath("built_in.json").read_text("utf-8")
    found: list[Mapping[str, Any]] = json.loads(text)
    return found


async def install(tx: Tx) -> int:
    """Bring what is missing; how many versions were made."""
    await tx.lock("risk.built_in")
    states = ("draft", "published", "retired", "rejected")
    known = await versions.versions(tx, states=states, limit=10_000)
    names, digests = {one.name for one in known}, {(one.name, one.digest) for one in known}
    made = 0
    for definition in definitions():
        rule = read_rule(definition)
        if (rule.name, rule.digest) in digests:
            continue
        version_id = await versions.insert_version(
            tx,
            name=rule.name,
            brand_id=None,
            definition=definition,
            digest=rule.digest,
            author=AUTHOR,
            reason="comes with this release",
        )
        made += 1
        version = await versions.version(tx, version_id)
        if rule.name in names or version is None:
            continue
        tested = await back_test.run(
            tx, version, since=tx.now - _TESTED, until=tx.now, run_by=AUTHOR
        )
        await versions.insert_back_test(tx, tested)
        await versions.insert_publication(
            tx,
            version_id=version_id,
            verdict="published",
            back_test_id=tested.id,
            decided_by=PUBLISHER,
            reason="comes with this release",
        )
    return made

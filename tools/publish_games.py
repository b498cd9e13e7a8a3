"""Publish the games' releases: `make publish-games` adds what is new to published.json.

What is there already never changes: a table whose hash is another than the published one is a
defect, and the fix is a new version in `fairhouse/games/releases.py`.
"""

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Final

from fairhouse.games.fingerprints import table_hash
from fairhouse.games.releases import RELEASES, Release
from fairhouse.games.types import shown_multiplier, shown_share

FILE: Final = Path(__file__).parent.parent / "fairhouse" / "games" / "published.json"
SHARE_DECIMALS: Final = 6

Entries = dict[str, dict[str, dict[str, str]]]


class Changed(Exception):
    """A published table is another than the code's."""


def entry_of(release: Release) -> dict[str, str]:
    """What is published of a release, out of its exact mathematics; may take seconds."""
    settings = release.original.maths()
    least = min(setting.rtp for setting in settings)
    most = max(setting.rtp for setting in settings)
    top = max(setting.top for setting in settings)
    return {
        "table_hash": table_hash(release.version, release.original.table()),
        "rtp": _share(least),
        "rtp_most": _share(most),
        "max_multiplier": shown_multiplier(top.numerator, top.denominator),
    }


def merged(before: Entries, releases: tuple[Release, ...] = RELEASES) -> Entries:
    """The published entries with those of new releases. Raises Changed."""
    after: Entries = {slug: dict(entries) for slug, entries in before.items()}
    for release in releases:
        slug, key = release.original.slug, f"{release.version}/{release.variant}"
        known = after.setdefault(slug, {}).get(key)
        if known is None:
            after[slug][key] = entry_of(release)
        elif known["table_hash"] != table_hash(release.version, release.original.table()):
            raise Changed(
                f"The table of {slug} {key} is not the published one: give it a new version in "
                "fairhouse/games/releases.py and keep the old release."
            )
    return dict(sorted(after.items()))


def _share(value: Fraction) -> str:
    return shown_share(value.numerator, value.denominator, SHARE_DECIMALS)


def main() -> int:
    """Read, merge, write."""
    before: Entries = json.loads(FILE.read_text()) if FILE.exists() else {}
    try:
        after = merged(before)
    except Changed as error:
        print(error, file=sys.stderr)
        return 1
    FILE.write_text(json.dumps(after, indent=2) + "\n")
    added = sum(len(entries) for entries in after.values())
    added -= sum(len(entries) for entries in before.values())
    print(f"published.json: {added} new, {len(after)} games")
    return 0


if __name__ == "__main__":
    sys.exit(main())

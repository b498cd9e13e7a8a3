"""Publish the games' releases: `make publish-games` adds what is new to published.json,
and writes the exact mathematics of every setting to `fairhouse/games/sheets`.

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
from tools.maths_sheets import deviation, odds, settings_of

FILE: Final = Path(__file__).parent.parent / "fairhouse" / "games" / "published.json"
SHEETS: Final = FILE.with_name("sheets")
SHARE_DECIMALS: Final = 6

Entries = dict[str, dict[str, dict[str, str]]]


class Changed(Exception):
    """A published table is another than the code's."""


def entry_of(release: Release) -> dict[str, str]:
    """What is published of a release, out of its exact mathematics; may take seconds."""
    settings = settings_of(release)
    least = min(setting.rtp for setting in settings)
    most = max(setting.rtp for setting in settings)
    top = max(setting.top for setting in settings)
    return {
        "table_hash": table_hash(release.version, release.original.table()),
        "rtp": _share(least),
        "rtp_most": _share(most),
        "max_multiplier": shown_multiplier(top.numerator, top.denominator),
    }


def sheet_of(release: Release) -> list[dict[str, str]]:
    """Every setting of a release with its exact numbers as text, for the rules page."""
    return [
        {
            "label": one.label,
            "rtp": _share(one.rtp),
            "hit_rate": _share(one.hit_rate),
            "deviation": deviation(one.variance),
            "top": shown_multiplier(one.top.numerator, one.top.denominator),
            "top_odds": odds(one.top_chance),
            "method": one.method,
        }
        for one in settings_of(release)
    ]


def write_sheets(releases: tuple[Release, ...] = RELEASES) -> None:
    """One file per game; one setting per line, so that changes are readable."""
    SHEETS.mkdir(exist_ok=True)
    sheets: dict[str, dict[str, list[dict[str, str]]]] = {}
    for release in releases:
        key = f"{release.version}/{release.variant}"
        sheets.setdefault(release.original.slug, {})[key] = sheet_of(release)
    for slug, by_key in sheets.items():
        parts = [
            f"{json.dumps(key)}: [\n{lines}\n]"
            for key, rows in by_key.items()
            for lines in [",\n".join(json.dumps(row) for row in rows)]
        ]
        (SHEETS / f"{slug}.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")


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
    write_sheets()
    added = sum(len(entries) for entries in after.values())
    added -= sum(len(entries) for entries in before.values())
    print(f"published.json: {added} new, {len(after)} games")
    return 0


if __name__ == "__main__":
    sys.exit(main())

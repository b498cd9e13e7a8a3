"""What is published of the games: nothing of it may change, and all of it is still played."""

import json
from fractions import Fraction

import pytest

from fairhouse.games import catalogue
from fairhouse.games.fingerprints import table_hash
from fairhouse.games.releases import RELEASES
from tools.publish_games import Changed, entry_of, merged, sheet_of

PUBLISHED = catalogue.published()
KEYS = [(slug, key) for slug, entries in PUBLISHED.items() for key in entries]


def key_of(release):
    return release.original.slug, f"{release.version}/{release.variant}"


BY_KEY = {key_of(release): release for release in RELEASES}


def test_every_published_release_is_still_there_and_no_other():
    """A release that is gone could not finish its open rounds: put it back."""
    assert sorted(KEYS) == sorted(BY_KEY)


@pytest.mark.parametrize(("slug", "key"), KEYS)
def test_no_published_table_changes(slug, key):
    """A changed table needs a new version: the old hash stands on every bet made with it."""
    release = BY_KEY[slug, key]

    assert PUBLISHED[slug][key]["table_hash"] == table_hash(
        release.version, release.original.table()
    )


@pytest.mark.parametrize(("slug", "key"), KEYS)
def test_every_release_returns_what_is_declared(slug, key):
    release = BY_KEY[slug, key]
    declared = PUBLISHED[slug][key]
    assert declared == entry_of(release)
    assert catalogue.sheet(slug, release.version, release.variant) == sheet_of(release)
    if release.variant != "standard":
        wished = Fraction(release.variant) / 100
        # The best setting: huge targets of limbo fall behind by the grain of its numbers.
        assert abs(Fraction(declared["rtp_most"]) - wished) < Fraction(1, 1_000)


def test_tables_are_plain_json():
    for release in RELEASES:
        table = release.original.table()
        assert table == json.loads(json.dumps(table))
        assert not _floats(table), f"{release.original.slug}: money knows no float"


def _floats(value):
    if isinstance(value, dict):
        return any(_floats(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(_floats(one) for one in value)
    return isinstance(value, float)


def test_a_changed_table_is_not_published_again():
    slug, key = KEYS[0]
    forged = {**PUBLISHED, slug: {**PUBLISHED[slug], key: {**PUBLISHED[slug][key]}}}
    forged[slug][key]["table_hash"] = "0" * 64

    with pytest.raises(Changed, match="new version"):
        merged(forged)


def test_what_is_published_stays_as_it_is():
    assert merged(PUBLISHED) == dict(sorted(PUBLISHED.items()))


def test_slugs_and_names_are_one_each():
    names = {(release.original.slug, release.original.name) for release in RELEASES}

    assert len(names) == len({slug for slug, _ in names}) == len({name for _, name in names})

"""A list's document becomes its newest version, whole or not at all."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import IO, Final

from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce
from fairhouse.screening.codecs import simple_csv
from fairhouse.screening.codecs.sdn import SdnParty, SdnReader
from fairhouse.screening.engine.addresses import open_case_of
from fairhouse.screening.events import ListImported
from fairhouse.screening.rules.addresses import canonical
from fairhouse.screening.rules.verdicts import judge_hit
from fairhouse.screening.store import checks, lists
from fairhouse.screening.types import (
    LISTS_ONLY,
    OFAC,
    AddressHit,
    ListedAddress,
    ListedName,
    ListMalformed,
    ListName,
    ListOlder,
    ListVersion,
    ScreeningPolicy,
    Topic,
)

SHRINK_MAX: Final = 0.3
"""A version that leaves out more than this of the one before needs to be wished expressly."""
_CHUNK: Final = 1024 * 1024
NO_BRAND: Final = 0


@dataclass(slots=True)
class Content:
    """What a document says."""

    published_on: date
    sha256: bytes
    addresses: dict[str, ListedAddress] = field(default_factory=dict[str, ListedAddress])
    names: dict[bytes, ListedName] = field(default_factory=dict[bytes, ListedName])
    parties: int = 0


def read_sdn(document: IO[bytes]) -> Content:
    """OFAC's `sdn_advanced.xml`. Refuses with ListMalformed."""
    digest = _digest(document)
    reader = SdnReader(document)
    content = Content(date.min, digest)
    for party in reader.parties():
        content.parties += 1
        _take(content, party)
    assert reader.issued_on is not None
    content.published_on = reader.issued_on
    return content


def read_table(document: IO[bytes], *, published_on: date, topic: Topic) -> Content:
    """A table of people. Refuses with ListMalformed."""
    content = Content(published_on, _digest(document))
    for entry in simple_csv.names(document, topic):
        content.names[entry.fingerprint] = entry
    content.parties = len({one.party for one in content.names.values()})
    return content


def _digest(document: IO[bytes]) -> bytes:
    digest = hashlib.sha256()
    while chunk := document.read(_CHUNK):
        digest.update(chunk)
    document.seek(0)
    return digest.digest()


def _take(content: Content, party: SdnParty) -> None:
    for ticker, text in party.addresses:
        key = canonical(text)
        before = content.addresses.get(key)
        tickers = tuple(dict.fromkeys((*(before.tickers if before else ()), ticker)))
        content.addresses[key] = ListedAddress(key, text, tickers, party.ref)
    births = tuple((one.since, one.until) for one in party.births)
    for name in party.names:
        entry = ListedName(party.ref, name.text, name.is_weak, births, tuple(party.countries))
        content.names[entry.fingerprint] = entry


async def import_content(
    tx: Tx,
    content: Content,
    *,
    list_: ListName = OFAC,
    is_fixture: bool = False,
    may_shrink: bool = False,
    policy: ScreeningPolicy = LISTS_ONLY,
) -> ListVersion | None:
    """None when this very document is in force already.

    Refuses with ListOlder and ListMalformed (it leaves out more than a third).
    """
    # CHECK
    await tx.lock("screening.list", list_)
    before = await lists.newest(tx, list_)
    if before is not None and before.sha256 == content.sha256:
        return None
    if before is not None and content.published_on < before.published_on:
        raise ListOlder(
            f"The document is of {content.published_on}, the list in force of "
            f"{before.published_on}."
        )
    known = await lists.canonical_in_force(tx, list_)
    printed = await lists.fingerprints_in_force(tx, list_)
    gone, vanished = known - content.addresses.keys(), printed - content.names.keys()
    _check_shrinking(known, gone, may_shrink=may_shrink)
    _check_shrinking(printed, vanished, may_shrink=may_shrink)
    # DECIDE
    added = [one for key, one in content.addresses.items() if key not in known]
    named = [one for key, one in content.names.items() if key not in printed]
    version = ListVersion(
        id=tx.new_id(),
        list=list_,
        version=content.published_on.isoformat(),
        published_on=content.published_on,
        sha256=content.sha256,
        is_fixture=is_fixture,
        addresses=len(content.addresses),
        parties=content.parties,
        added=len(added) + len(named),
        removed=len(gone) + len(vanished),
        imported_at=tx.now,
    )
    # RECORD
    await lists.insert_version(tx, version)
    await lists.replace_addresses(tx, list_, version.id, added=added, removed=sorted(gone))
    await lists.replace_names(tx, list_, version.id, added=named, removed=sorted(vanished))
    await _look_back(tx, version, added, policy)
    # ANNOUNCE
    await announce(
        tx,
        ListImported(
            NO_BRAND, list_, version.version, version.published_on, version.added, version.removed
        ),
    )
    return version


def _check_shrinking(
    before: set[str] | set[bytes], gone: Iterable[object], *, may_shrink: bool
) -> None:
    count = len(list(gone))
    if not may_shrink and len(before) >= 10 and count > len(before) * SHRINK_MAX:
        raise ListMalformed(
            f"The document leaves out {count} of {len(before)} entries. If the publisher really "
            "did that, import it with --may-shrink."
        )


async def _look_back(
    tx: Tx, version: ListVersion, added: list[ListedAddress], policy: ScreeningPolicy
) -> None:
    """Whoever dealt with an address that is listed from now on is looked at again."""
    by_key = {one.canonical: one for one in added}
    for check in await checks.with_addresses(tx, list(by_key)):
        hit = AddressHit(version.list, version.version, by_key[check.canonical])
        judged = judge_hit(hit)
        # The past keeps its verdict; the case is what makes people look and money wait.
        grave = replace(check, verdict=judged.verdict, reasons=judged.reasons)
        await open_case_of(tx, grave, policy)


def is_stale(published_on: date, today: date) -> bool:
    """Whether a list is so old that somebody forgot to import: OFAC publishes every few days."""
    return today - published_on > timedelta(days=14)

"""What somebody who types into the search field means."""

import re
from enum import StrEnum
from typing import Final

from fairhouse.chains.codecs import evm

_WIRE_ID: Final = re.compile(r"[a-z]{3}_[0-9a-z]{26}", re.IGNORECASE)
_TX_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}", re.IGNORECASE)


class Wanted(StrEnum):
    """The form of a search text."""

    NOTHING = "nothing"
    WIRE_ID = "wire_id"
    TX_HASH = "tx_hash"
    ADDRESS = "address"
    NAME = "name"
    """A username, or an e-mail address when it has an @."""


def kind_of(text: str) -> Wanted:
    """By form alone: no two forms overlap."""
    if not text or len(text) > 320:
        return Wanted.NOTHING
    if _WIRE_ID.fullmatch(text):
        return Wanted.WIRE_ID
    if _TX_HASH.fullmatch(text):
        return Wanted.TX_HASH
    return Wanted.ADDRESS if _ADDRESS.fullmatch(text) else Wanted.NAME


def canonical_address(text: str) -> str:
    """As addresses are stored: with the checksum of EIP-55, whatever case was typed."""
    return evm.checksummed(bytes.fromhex(text[2:]))

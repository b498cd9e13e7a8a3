"""Shapes of what a player keeps here."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StrictBool, StringConstraints

from fairhouse.identity.http.wire import Asked, Text


class PhraseView(BaseModel):
    phrase: str | None
    """Every mail of ours repeats it."""


class PhraseRequest(Asked):
    phrase: Text | None


class ReferralView(BaseModel):
    code: str


class AddressRequest(Asked):
    chain: Annotated[str, StringConstraints(strict=True, max_length=32)]
    address: Annotated[str, StringConstraints(strict=True, max_length=128)]
    label: Text
    confirmed: StrictBool = False
    """Every character was compared with the listed address that looks alike."""


class WhitelistRequest(Asked):
    on: StrictBool


class AddressEntryView(BaseModel):
    id: str
    chain: str
    address: str
    label: str
    created_at: datetime
    usable_at: datetime


class AddressBookView(BaseModel):
    whitelist: bool
    """Only listed addresses are paid."""
    off_at: datetime | None
    """When a wish to switch that off takes effect."""
    entries: list[AddressEntryView]

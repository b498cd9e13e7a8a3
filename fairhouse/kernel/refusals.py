"""Refusals: trouble that is expected, named, and changes nothing.

A module declares its own refusals in its `types.py` as subclasses with a class-level `code` and
`status`. On the wire a refusal is
`{"error": {"code", "message", "param", "fields", "request_id"}}`.
A broken invariant is no refusal but an assertion.
"""

from collections.abc import Mapping
from typing import ClassVar

FieldValue = str | int | bool | None


class Refusal(Exception):
    """The request is understood and declined; nothing was changed.

    `message` is a whole English sentence that names the field and the fix; `param` is the request
    field at fault; `fields` are the facts a catalogue needs to say it in another language.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, message: str, *, param: str | None = None, **fields: FieldValue) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.fields: Mapping[str, FieldValue] = fields


class Malformed(Refusal):
    """A value has the wrong form; `param` names it."""

    code = "malformed"
    status = 422


class NotFound(Refusal):
    """No such thing, or it belongs to somebody else: the two are not told apart."""

    code = "not_found"
    status = 404


class IdempotencyConflict(Refusal):
    """The same id or key was used before with another payload."""

    code = "idempotency_conflict"
    status = 409


class Unavailable(Refusal):
    """A part that the request needs cannot be reached; nothing half done. Try again later."""

    code = "unavailable"
    status = 503


class Paused(Refusal):
    """An operator has paused this flow; `fields["reason"]` is the reason given."""

    code = "paused"
    status = 503

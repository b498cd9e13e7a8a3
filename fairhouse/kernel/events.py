"""What an event is: a fact in the past tense, with type, version and brand."""

from typing import ClassVar, Protocol


class Event(Protocol):
    """Frozen dataclasses in a module's `events.py` satisfy this.

    `TYPE` is "<module>.<past_participle>", for example "cashier.deposit_credited"; `VERSION` rises
    when a field changes meaning. `subject` is the wire id or key of what it is about.
    """

    TYPE: ClassVar[str]
    VERSION: ClassVar[int]

    @property
    def brand_id(self) -> int: ...

    @property
    def subject(self) -> str: ...

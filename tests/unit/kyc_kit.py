"""Names that several tests of verification use."""

from uuid import UUID

from fairhouse.identity.types import PlayerId

UUID_1 = UUID("019b7ca9-8c88-7000-8000-000000000001")
PLAYER = PlayerId(UUID("019b7ca9-8c88-7000-8000-0000000000aa"))

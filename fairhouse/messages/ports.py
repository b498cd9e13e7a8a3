"""How mail leaves the house."""

from typing import Protocol

from fairhouse.kernel.outcomes import Outcome
from fairhouse.messages.types import RenderedMail


class Mailer(Protocol):
    """A relay for mail."""

    async def send(self, mail: RenderedMail) -> Outcome[str]:
        """Hand the mail over.

        Done (the relay's answer) when it took it, Rejected when it will never take it, Unknown when
        there was no answer or a temporary one: the same mail is then offered again under the same
        Message-ID.
        """
        ...

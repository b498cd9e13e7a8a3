"""Texts over a provider's HTTP interface, of the shape that most have: POST JSON with a bearer
token, `{"to", "from", "text", "reference"}`, answered by any 2xx status."""

from dataclasses import dataclass, field

import httpx
import structlog

from fairhouse.identity.types import WayUnavailable

_log = structlog.get_logger("identity")


@dataclass(frozen=True, slots=True)
class SmsHttpSettings:
    """One account at one provider."""

    url: str
    token: str = field(repr=False)
    sender: str
    timeout_s: float = 5.0


class SmsHttp:
    """Sends by HTTP, once: a text that may have left is not sent again."""

    def __init__(self, settings: SmsHttpSettings) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(timeout=settings.timeout_s, follow_redirects=False)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def send(self, *, number: str, text: str, reference: str) -> None:
        """Refuses with WayUnavailable when the provider does not take it."""
        settings = self._settings
        try:
            answer = await self._http.post(
                settings.url,
                json={
                    "to": number,
                    "from": settings.sender,
                    "text": text,
                    "reference": reference,
                },
                headers={"authorization": f"Bearer {settings.token}"},
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            # Neither the number nor the text is logged.
            _log.warning("a text was not taken", reference=reference, error=type(error).__name__)
            raise WayUnavailable(
                "phone: no text can be sent now; use another way in.", param="phone"
            ) from error

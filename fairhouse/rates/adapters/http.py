"""A signed price list served as a JSON document over HTTP."""

from typing import Final

import httpx

from fairhouse.kernel.outcomes import Done, Outcome, Rejected, Unknown

SIZE_MAX: Final = 64 * 1024
_TEMPORARY: Final = frozenset({408, 425, 429})


class HttpPriceSource:
    """Fetches `url`; reads at most 64 KiB and never follows a redirect."""

    def __init__(self, client: httpx.AsyncClient, url: str, *, timeout_s: int = 5) -> None:
        self._client = client
        self._url = url
        self._timeout_s = timeout_s

    async def fetch(self) -> Outcome[bytes]:
        """The document; a network error or a server's error is Unknown, a client's is Rejected."""
        try:
            async with self._client.stream("GET", self._url, timeout=self._timeout_s) as response:
                return await _read(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Unknown(f"{type(error).__name__}: {error}")


async def _read(response: httpx.Response) -> Outcome[bytes]:
    if response.status_code != 200:
        return _refused(response.status_code)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > SIZE_MAX:
            return Rejected(f"the document is larger than {SIZE_MAX} bytes")
    return Done(bytes(body))


def _refused(status: int) -> Rejected | Unknown:
    reason = f"the source answered with status {status}"
    if status in _TEMPORARY or status >= 500:
        return Unknown(reason)
    return Rejected(reason)

"""Drand's public relays over HTTP: asked in turn, believed in nothing but the signature.

Source: drand.love/developer/http-api: `GET /{chain hash}/public/{round}` answers
`{"round": n, "randomness": "…", "signature": "…"}`, and 404 or 425 before the round's time.
"""

from collections.abc import Sequence
from typing import Final

import httpx
import msgspec
import structlog
from prometheus_client import Counter

from fairhouse.fairness.beacons import SIGNATURE_BYTES, verifies
from fairhouse.fairness.types import BeaconInfo
from fairhouse.kernel.outcomes import Done, Outcome, Unknown

SIZE_MAX: Final = 4 * 1024

_log = structlog.get_logger("fairness")
_asked = Counter("fairhouse_beacon_requests_total", "Requests to beacon relays", ["result"])


class _Round(msgspec.Struct):
    round: int
    signature: str


class DrandRelays:
    """Several relays of one drand chain; the one that answered last is asked first."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        urls: Sequence[str],
        info: BeaconInfo,
        *,
        timeout_s: float = 1.5,
    ) -> None:
        """`timeout_s` is for one relay's whole answer."""
        assert urls, "at least one relay"
        self._client = client
        self._urls = [url.rstrip("/") for url in urls]
        self._info = info
        self._timeout_s = timeout_s

    @property
    def info(self) -> BeaconInfo:
        """The chain whose signatures are accepted."""
        return self._info

    async def signature(self, number: int) -> Outcome[bytes]:
        """The first relay's answer that verifies; Unknown when none does."""
        why: list[str] = []
        for url in list(self._urls):
            found = await self._ask(url, number)
            if isinstance(found, bytes):
                self._urls.remove(url)
                self._urls.insert(0, url)
                _asked.labels("good").inc()
                return Done(found)
            why.append(f"{url}: {found}")
        return Unknown("; ".join(why))

    async def _ask(self, url: str, number: int) -> bytes | str:
        """The verified signature, or what is wrong."""
        address = f"{url}/{self._info.chain_hash}/public/{number}"
        try:
            async with self._client.stream("GET", address, timeout=self._timeout_s) as response:
                if response.status_code != 200:
                    _asked.labels("refused").inc()
                    return f"status {response.status_code}"
                body = await _read(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            _asked.labels("silent").inc()
            return type(error).__name__
        found = _signature_in(body, number)
        if found is None or not verifies(self._info, number, found):
            _asked.labels("false").inc()
            _log.warning("a beacon relay answered with a signature that is none", relay=url)
            return "not the beacon's signature"
        return found


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > SIZE_MAX:
            break
    return bytes(body)


def _signature_in(body: bytes, number: int) -> bytes | None:
    try:
        found = msgspec.json.decode(body, type=_Round)
        signature = bytes.fromhex(found.signature)
    except (msgspec.DecodeError, ValueError):
        return None
    return signature if found.round == number and len(signature) == SIGNATURE_BYTES else None

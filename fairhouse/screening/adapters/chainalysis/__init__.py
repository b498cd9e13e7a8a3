"""KYT API v2 as Chainalysis documents it.

A deposit: `POST /api/kyt/v2/users/{user}/transfers`, then `GET /api/kyt/v2/transfers/{id}` until
`updatedAt` is set (about 30 s), then `/alerts` and `/exposures/direct`. A withdrawal: the same with
`/withdrawal-attempts`, whose alerts are all there is. The header `Token` carries the key. Users are
known to the provider by our wire id, never by anything personal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast
from urllib.parse import quote

import httpx
import msgspec

from fairhouse.identity.types import PLAYER_PREFIX
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.outcomes import Done, Outcome, Rejected, Unknown
from fairhouse.screening.ports import Report
from fairhouse.screening.types import (
    AlertLevel,
    Category,
    Exposure,
    Finding,
    Movement,
    Subject,
)

SIZE_MAX: Final = 1024 * 1024
_TEMPORARY: Final = frozenset({401, 403, 408, 409, 425, 429})
"""A wrong key is our mistake, mended without touching what waits."""
NETWORKS: Final = {"ethereum": "Ethereum", "bitcoin": "Bitcoin", "tron": "Tron"}

CATEGORIES: Final[Mapping[str, Category]] = {
    "sanctions": Category.SANCTIONS,
    "sanctioned entity": Category.SANCTIONS,
    "sanctioned jurisdiction": Category.SANCTIONS,
    "special measures": Category.SANCTIONS,
    "terrorist financing": Category.TERRORISM,
    "child abuse material": Category.CHILD_ABUSE,
    "stolen funds": Category.STOLEN,
    "stolen bitcoins": Category.STOLEN,
    "stolen ether": Category.STOLEN,
    "ransomware": Category.RANSOMWARE,
    "malware": Category.RANSOMWARE,
    "darknet market": Category.DARKNET,
    "fraud shop": Category.DARKNET,
    "mixing": Category.MIXER,
    "scam": Category.SCAM,
    "exchange": Category.HARMLESS,
    "hosted wallet": Category.HARMLESS,
    "merchant services": Category.HARMLESS,
    "mining": Category.HARMLESS,
    "mining pool": Category.HARMLESS,
    "decentralized exchange": Category.HARMLESS,
    "gambling": Category.HARMLESS,
    "other": Category.HARMLESS,
    "unnamed service": Category.HARMLESS,
}
"""In lower case; what stands in an alert and not here is OTHER_RISK."""


@dataclass(frozen=True, slots=True)
class KytSettings:
    """Where the provider is and how long we listen."""

    url: str
    """`https://api.chainalysis.com`, or its sandbox."""
    token: str
    timeout_s: float = 5.0


class Chainalysis:
    """Asks the KYT API. Follows no redirect, reads at most a mebibyte."""

    def __init__(self, client: httpx.AsyncClient, settings: KytSettings) -> None:
        self._client = client
        self._settings = settings

    @property
    def name(self) -> str:
        """As it stands beside verdicts."""
        return "chainalysis"

    async def register(self, movement: Movement) -> Outcome[str]:
        """Tell of a transfer or an attempt; the same again answers the same id."""
        user = quote(to_wire(PLAYER_PREFIX, movement.player_id), safe="")
        is_deposit = movement.subject is Subject.DEPOSIT
        kind = "transfers" if is_deposit else "withdrawal-attempts"
        body = _transfer(movement) if is_deposit else _attempt(movement)
        answer = await self._ask("POST", f"users/{user}/{kind}", body)
        if not isinstance(answer, Done):
            return answer
        external = answer.value.get("externalId")
        if not isinstance(external, str) or not external:
            return Unknown("the answer has no externalId")
        return Done(external)

    async def report(self, movement: Movement, external_id: str) -> Outcome[Report]:
        """Its alerts and exposures, once it has looked."""
        is_deposit = movement.subject is Subject.DEPOSIT
        kind = "transfers" if is_deposit else "withdrawal-attempts"
        base = f"{kind}/{quote(external_id, safe='')}"
        state = await self._ask("GET", base)
        if not isinstance(state, Done):
            return state
        if not state.value.get("updatedAt"):
            return Done(Report(is_ready=False))
        total = _decimal(state.value.get("usdAmount"))
        alerts = await self._ask("GET", f"{base}/alerts")
        if not isinstance(alerts, Done):
            return alerts
        findings = [_alert(one, total) for one in _list(alerts.value, "alerts")]
        if is_deposit:
            exposures = await self._ask("GET", f"{base}/exposures/direct")
            if not isinstance(exposures, Done):
                return exposures
            findings += [_exposure(one, total) for one in _list(exposures.value, "direct")]
        return Done(Report(is_ready=True, findings=tuple(findings)))

    async def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Outcome[dict[str, Any]]:
        settings = self._settings
        try:
            async with self._client.stream(
                method,
                f"{settings.url}/api/kyt/v2/{path}",
                headers=_headers(settings.token),
                content=None if body is None else msgspec.json.encode(body),
                timeout=settings.timeout_s,
            ) as response:
                return await _read(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Unknown(f"{type(error).__name__}: {error}")


def _headers(token: str) -> dict[str, str]:
    return {"Token": token, "Accept": "application/json", "Content-Type": "application/json"}


async def _read(response: httpx.Response) -> Outcome[dict[str, Any]]:
    status = response.status_code
    if status in _TEMPORARY or status >= 500 or 300 <= status < 400:
        return Unknown(f"the provider answered with status {status}")
    if not 200 <= status < 300:
        return Rejected(f"status_{status}")
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > SIZE_MAX:
            return Unknown(f"the answer is larger than {SIZE_MAX} bytes")
    try:
        found = msgspec.json.decode(bytes(content))
    except msgspec.DecodeError:
        return Unknown("the answer is no JSON")
    if isinstance(found, list):
        return Done({"data": found})
    if not isinstance(found, dict):
        return Unknown("the answer is no JSON object")
    return Done(cast("dict[str, Any]", found))


def _transfer(movement: Movement) -> dict[str, object]:
    return {
        "network": NETWORKS.get(movement.chain, movement.chain),
        "asset": movement.currency,
        "transferReference": f"{movement.tx_hash}:{movement.own_address}",
        "direction": "received",
        "transferTimestamp": movement.at.isoformat(),
        "assetAmount": msgspec.Raw(movement.amount.encode()),
    }


def _attempt(movement: Movement) -> dict[str, object]:
    return {
        "network": NETWORKS.get(movement.chain, movement.chain),
        "asset": movement.currency,
        "address": movement.address,
        "attemptIdentifier": str(movement.id),
        "assetAmount": msgspec.Raw(movement.amount.encode()),
        "attemptTimestamp": movement.at.isoformat(),
    }


def _list(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The list under `name` or `data`; older answers hold a single object there."""
    found = answer.get(name, answer.get("data"))
    items = cast("list[object]", found) if isinstance(found, list) else [found]
    return [cast("Mapping[str, Any]", item) for item in items if isinstance(item, dict)]


def _alert(alert: Mapping[str, Any], total: Decimal | None) -> Finding:
    level = str(alert.get("alertLevel", "")).lower()
    return Finding(
        category=CATEGORIES.get(str(alert.get("category") or "").lower(), Category.OTHER_RISK),
        # What is not said to be indirect is taken as direct.
        exposure=_exposure_type(alert.get("exposureType")),
        share_bps=_share(_decimal(alert.get("alertAmount")), total),
        level=AlertLevel(level) if level in set(AlertLevel) else AlertLevel.SEVERE,
        service=str(alert.get("service") or "")[:100],
    )


def _exposure(exposure: Mapping[str, Any], total: Decimal | None) -> Finding:
    named = str(exposure.get("category") or "").lower()
    return Finding(
        # An exposure is a mere description: only a category that we know is a reason to act.
        category=CATEGORIES.get(named, Category.HARMLESS),
        exposure=Exposure.DIRECT,
        share_bps=_share(_decimal(exposure.get("value")), total),
        service=str(exposure.get("name") or "")[:100],
    )


def _exposure_type(value: object) -> Exposure:
    return Exposure.INDIRECT if str(value).lower() == "indirect" else Exposure.DIRECT


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None


def _share(part: Decimal | None, total: Decimal | None) -> int:
    """Hundredths of a per cent, upwards; all of it where the provider does not say."""
    if part is None or not total:
        return 10_000
    return min(int(part * 10_000 / total) + 1, 10_000)

"""Sumsub: requests signed, webhooks verified on raw bytes, results polled.

Source: docs.sumsub.com (authentication, webhook manager, applicant status). An applicant is known
to Sumsub by our wire id alone. `sandbox` and production have keys of their own; a test event counts
only in the sandbox.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast
from urllib.parse import quote

import httpx
import msgspec

from fairhouse.kernel.outcomes import Done, Outcome, Rejected, Unknown
from fairhouse.kyc.codecs.signatures import check_sumsub, sign_sumsub
from fairhouse.kyc.ports import Callback
from fairhouse.kyc.types import Answer, Tier, VendorWord, WebhookRefused

SIZE_MAX: Final = 1024 * 1024
LINK_TTL_S: Final = 1800
_TEMPORARY: Final = frozenset({401, 403, 408, 409, 425, 429})
_DECIDING: Final = frozenset(
    {"applicantReviewed", "applicantOnHold", "applicantPending", "applicantReset"}
)


@dataclass(frozen=True, slots=True)
class SumsubSettings:
    """Keys, levels and where it is."""

    url: str
    app_token: str
    app_secret: bytes
    webhook_secret: bytes
    levels: Mapping[Tier, str]
    """Our tier to the level's name there."""
    is_sandbox: bool = False
    timeout_s: float = 8.0


class Sumsub:
    """One account at Sumsub."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: SumsubSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock

    @property
    def name(self) -> str:
        """As it stands beside every word."""
        return "sumsub"

    def verify(self, callback: Callback) -> VendorWord | None:
        """Refuses with WebhookRefused; None also where a test came to production."""
        check_sumsub(
            callback.body,
            digest=callback.headers.get("x-payload-digest", ""),
            algorithm=callback.headers.get("x-payload-digest-alg", ""),
            secret=self._settings.webhook_secret,
        )
        return self.read(callback.body)

    def read(self, body: bytes) -> VendorWord | None:
        """What a verified body says. Refuses with WebhookRefused when it is no JSON object."""
        try:
            found = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise WebhookRefused("The body is no JSON object.") from error
        if bool(found.get("testMode")) and not self._settings.is_sandbox:
            return None
        if found.get("type") not in _DECIDING:
            return None
        return _word(
            found,
            event_id=hashlib.sha256(body).hexdigest(),
            at_ms=_milliseconds(found.get("createdAtMs")),
        )

    async def begin(self, user: str, tier: Tier) -> Outcome[str]:
        """A link to the vendor's own page for this level, good for half an hour."""
        level = self._settings.levels.get(tier)
        if level is None:
            return Rejected("no_level")
        path = f"/resources/sdkIntegrations/levels/{quote(level, safe='')}/websdkLink"
        query = f"?ttlInSecs={LINK_TTL_S}&externalUserId={quote(user, safe='')}"
        answer = await self._ask("POST", path + query)
        if not isinstance(answer, Done):
            return answer
        url = answer.value.get("url")
        is_link = isinstance(url, str) and url.startswith("https://")
        return Done(cast("str", url)) if is_link else Unknown("the answer has no url")

    async def applicant(self, user: str) -> Outcome[str]:
        """Its id of a user."""
        answer = await self._ask(
            "GET", f"/resources/applicants/-;externalUserId={quote(user, safe='')}/one"
        )
        if not isinstance(answer, Done):
            return answer
        id_ = answer.value.get("id")
        return Done(id_) if isinstance(id_, str) else Unknown("the answer has no id")

    async def word(self, applicant_id: str) -> Outcome[VendorWord]:
        """The status of an applicant's review as it is now."""
        answer = await self._ask(
            "GET", f"/resources/applicants/{quote(applicant_id, safe='')}/status"
        )
        if not isinstance(answer, Done):
            return answer
        found = {**answer.value, "applicantId": applicant_id}
        at_ms = _milliseconds(found.get("reviewDate") or found.get("createDate"))
        word = _word(found, event_id=f"poll:{applicant_id}:{at_ms}", at_ms=at_ms)
        return Done(word)

    async def _ask(self, method: str, path: str, body: bytes = b"") -> Outcome[dict[str, Any]]:
        settings = self._settings
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "X-App-Token": settings.app_token,
            "X-App-Access-Ts": timestamp,
            "X-App-Access-Sig": sign_sumsub(
                settings.app_secret, timestamp=timestamp, method=method, path=path, body=body
            ),
            "Accept": "application/json",
        }
        try:
            async with self._client.stream(
                method,
                settings.url + path,
                headers=headers,
                content=body or None,
                timeout=settings.timeout_s,
            ) as response:
                return await _read(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Unknown(f"{type(error).__name__}: {error}")


async def _read(response: httpx.Response) -> Outcome[dict[str, Any]]:
    status = response.status_code
    if status in _TEMPORARY or status >= 500 or 300 <= status < 400:
        return Unknown(f"the vendor answered with status {status}")
    if status != 200:
        return Rejected(f"status_{status}")
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > SIZE_MAX:
            return Unknown(f"the answer is larger than {SIZE_MAX} bytes")
    try:
        return Done(msgspec.json.decode(bytes(content), type=dict[str, Any]))
    except msgspec.DecodeError:
        return Unknown("the answer is no JSON object")


def _word(found: Mapping[str, Any], *, event_id: str, at_ms: int) -> VendorWord:
    result = found.get("reviewResult")
    empty: dict[str, Any] = {}
    review = cast("dict[str, Any]", result) if isinstance(result, dict) else empty
    labels = review.get("rejectLabels")
    named = cast("list[object]", labels) if isinstance(labels, list) else []
    return VendorWord(
        applicant_id=str(found.get("applicantId") or ""),
        answer=answer_of(
            str(found.get("reviewStatus") or ""),
            str(review.get("reviewAnswer") or ""),
            str(review.get("reviewRejectType") or ""),
        ),
        at_ms=at_ms,
        event_id=event_id,
        is_test=bool(found.get("testMode")),
        reason=", ".join(str(label) for label in named)[:300],
        note=str(review.get("moderationComment") or "")[:300],
    )


def answer_of(status: str, answer: str, reject_type: str) -> Answer | None:
    """GREEN approves; RED is final only where it says so; everything else decides nothing."""
    if status == "onHold":
        return Answer.HOLD
    if status != "completed":
        return None
    if answer == "GREEN":
        return Answer.APPROVE
    if answer == "RED":
        return Answer.REJECT if reject_type == "FINAL" else Answer.RETRY
    return None


def _milliseconds(text: object) -> int:
    """`2026-01-01 00:00:00.000`, with or without milliseconds and zone; 0 where there is none."""
    if isinstance(text, int) and not isinstance(text, bool):
        return max(text, 0)
    if not isinstance(text, str):
        return 0
    try:
        at = datetime.fromisoformat(text.strip().replace("+0000", "+00:00"))
    except ValueError:
        return 0
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)

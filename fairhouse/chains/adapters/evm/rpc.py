"""JSON-RPC over HTTP: time-outs, bounded retries of reads, batches; never a half answer.

Source: JSON-RPC 2.0. Reads are repeated a few times; `send` is not, its caller decides.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, cast

import httpx
import msgspec

from fairhouse.chains.types import NodeUnavailable, StateUnavailable

BATCH_CALLS: Final = 50
"""Calls in one HTTP request; common limits of hosted nodes are 100 and more."""

ANSWER_BYTES_MAX: Final = 256 * 2**20

_STATE_GONE: Final = (
    "missing trie node",
    "blockoutofrange",
    "required data unavailable",
    "historical state",
    "resource not found",
    "state is not available",
    "state already discarded",
)

Call = tuple[str, Sequence[object]]


class RpcError(Exception):
    """The node understood and answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def as_refusal(self) -> NodeUnavailable:
        """The error as what a read raises."""
        text = self.message.lower()
        kind = StateUnavailable if any(words in text for words in _STATE_GONE) else NodeUnavailable
        return kind(f"The chain's node answers with an error: {self.message[:200]}")


@dataclass(frozen=True, slots=True)
class RpcSettings:
    """Where a node is, and how long to wait for it."""

    url: str
    timeout_s: float = 10
    tries: int = 3
    """How often a read is sent before it counts as failed."""
    retry_wait_s: float = 0.2


class Rpc:
    """One JSON-RPC endpoint."""

    def __init__(self, settings: RpcSettings) -> None:
        self._settings = settings
        self._ids = count(1)
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.timeout_s),
            limits=httpx.Limits(max_connections=8),
            headers={"content-type": "application/json"},
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def read(self, method: str, *params: object) -> Any:
        """One call that changes nothing. Raises NodeUnavailable."""
        return (await self.read_many([(method, params)]))[0]

    async def read_many(self, calls: Sequence[Call]) -> list[Any]:
        """The results in the order of the calls, or NodeUnavailable: all or nothing."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH_CALLS):
            for answer in await self._retry(calls[start : start + BATCH_CALLS]):
                if isinstance(answer, RpcError):
                    raise answer.as_refusal()
                results.append(answer)
        return results

    async def read_each(self, calls: Sequence[Call]) -> list[Any]:
        """As `read_many`, but an error of the node stands in the list as a refusal."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH_CALLS):
            results += [
                answer.as_refusal() if isinstance(answer, RpcError) else answer
                for answer in await self._retry(calls[start : start + BATCH_CALLS])
            ]
        return results

    async def send(self, method: str, *params: object) -> Any:
        """One call, sent once. Raises RpcError, or NodeUnavailable when the outcome is unknown."""
        answer = (await self._post([(method, params)]))[0]
        if isinstance(answer, RpcError):
            raise answer
        return answer

    async def _retry(self, calls: Sequence[Call]) -> list[Any]:
        for attempt in range(1, self._settings.tries):
            try:
                return await self._post(calls)
            except NodeUnavailable:
                wait_s = self._settings.retry_wait_s * 2 ** (attempt - 1)
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.5))
        return await self._post(calls)

    async def _post(self, calls: Sequence[Call]) -> list[Any]:
        first = next(self._ids)
        ids = [first, *(next(self._ids) for _ in calls[1:])]
        requests = [
            {"jsonrpc": "2.0", "id": id_, "method": method, "params": list(params)}
            for id_, (method, params) in zip(ids, calls, strict=True)
        ]
        body = msgspec.json.encode(requests if len(requests) > 1 else requests[0])
        try:
            response = await self._client.post(self._settings.url, content=body)
        except httpx.HTTPError as error:
            raise NodeUnavailable(
                f"The chain's node cannot be reached ({type(error).__name__}). Try again later."
            ) from error
        if response.status_code != 200 or len(response.content) > ANSWER_BYTES_MAX:
            raise NodeUnavailable(
                f"The chain's node answers with HTTP {response.status_code}. Try again later."
            )
        return _answers(response.content, ids)


def _answers(content: bytes, ids: Sequence[int]) -> list[Any]:
    """The result or RpcError of each id. Raises NodeUnavailable when one is missing."""
    try:
        decoded = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise NodeUnavailable("The chain's node answers with no JSON. Try again later.") from error
    listed = cast("list[object]", decoded if isinstance(decoded, list) else [decoded])
    found: dict[object, dict[str, Any]] = {}
    for item in listed:
        if isinstance(item, dict):
            entry = cast("dict[str, Any]", item)
            found[entry.get("id")] = entry
    return [_result(found.get(id_)) for id_ in ids]


def _result(entry: dict[str, Any] | None) -> Any:
    if entry is None or not ("result" in entry or "error" in entry):
        raise NodeUnavailable("The chain's node left a question unanswered. Try again later.")
    error = entry.get("error")
    if error is None:
        return entry.get("result")
    if not isinstance(error, dict):
        return RpcError(0, str(error))
    details = cast("dict[str, Any]", error)
    code = details.get("code")
    return RpcError(code if isinstance(code, int) else 0, str(details.get("message", "")))

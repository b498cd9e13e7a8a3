"""Asks wallets that are contracts whether a signature is theirs (EIP-1271), over JSON-RPC."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import httpx
import structlog
from eth_abi.abi import encode

_SELECTOR: Final = "0x1626ba7e"
"""`isValidSignature(bytes32,bytes)`, and its answer when it is."""
_WORD_CHARS: Final = 2 + 64
_log = structlog.get_logger("identity")


class ContractWalletNodes:
    """Nodes by chain id; the first that answers is believed."""

    def __init__(
        self, urls: Mapping[int, Sequence[str]], *, http: httpx.AsyncClient | None = None
    ) -> None:
        self._urls = urls
        self._http = http or httpx.AsyncClient(timeout=5.0, follow_redirects=False)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def is_valid(
        self, *, chain_id: int, address: str, digest: bytes, signature: bytes
    ) -> bool | None:
        """None when no node of that chain answers."""
        data = _SELECTOR + encode(["bytes32", "bytes"], [digest, signature]).hex()
        for url in self._urls.get(chain_id, ()):
            try:
                answer = await self._http.post(url, json=_call(address, data))
                found: object = answer.json()
            except (httpx.HTTPError, ValueError) as error:
                _log.warning("a node did not answer about a contract wallet", error=str(error))
                continue
            if isinstance(found, dict):
                return _verdict(cast("Mapping[str, Any]", found))
        return None


def _call(address: str, data: str) -> dict[str, object]:
    call = {"to": address, "data": data, "gas": hex(500_000)}
    return {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]}


def _verdict(answer: Mapping[str, Any]) -> bool:
    """An address without code answers nothing, a contract that refuses reverts: both are no."""
    result = answer.get("result")
    return (
        isinstance(result, str)
        and len(result) == _WORD_CHARS
        and result[:10].lower() == _SELECTOR
        and int(result[10:], 16) == 0
    )

"""Wallets that are contracts: what their nodes say is believed, and nothing else (EIP-1271)."""

import json

import httpx
import pytest
from eth_abi.abi import decode

from fairhouse.identity.adapters.contract_wallets import ContractWalletNodes

MAGIC = "0x1626ba7e" + "0" * 56
WALLET = "0xb960bED53c17f9a021538b5d6f08e7466B966c53"


async def ask(*answers: httpx.Response | Exception) -> tuple[bool | None, list[httpx.Request]]:
    left, seen = list(answers), list[httpx.Request]()

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.AsyncClient(transport=httpx.MockTransport(respond))
    nodes = ContractWalletNodes({1: ["http://one.test", "http://two.test"]}, http=http)
    verdict = await nodes.is_valid(
        chain_id=1, address=WALLET, digest=b"\7" * 32, signature=b"two owners"
    )
    await nodes.close()
    return verdict, seen


def says(result: object) -> httpx.Response:
    return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, "result": result})


async def test_the_contract_is_asked_in_its_own_words():
    verdict, (request,) = await ask(says(MAGIC))

    call = json.loads(request.content)["params"][0]
    assert verdict is True
    assert call["to"] == WALLET
    assert call["data"].startswith("0x1626ba7e")
    digest, signature = decode(["bytes32", "bytes"], bytes.fromhex(call["data"][10:]))
    assert (digest, signature) == (b"\7" * 32, b"two owners")


@pytest.mark.parametrize(
    "result",
    ["0x", "0xffffffff" + "0" * 56, MAGIC + "00", MAGIC[:-1] + "1", None, 1, "0x" + "0" * 63 + "1"],
)
async def test_anything_else_is_no(result: object):
    assert (await ask(says(result)))[0] is False


async def test_a_contract_that_reverts_says_no():
    reverted = {"jsonrpc": "2.0", "id": 1, "error": {"code": 3, "message": "execution reverted"}}
    assert (await ask(httpx.Response(200, json=reverted)))[0] is False


async def test_the_next_node_is_asked_and_none_proves_nothing():
    down = httpx.ConnectError("down")
    assert (await ask(down, says(MAGIC)))[0] is True
    assert (await ask(down, httpx.Response(200, text="<html>")))[0] is None

"""The end of a journey: the books, exact, and everything that a checker needs to recompute them."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import httpx

from devnet.evm import USDT as USDT_CONTRACT
from fairhouse.kernel.currencies import AssetId, asset
from tools.check_journey import FORMAT
from tools.journey_demo import RunningDemo
from tools.journey_walk import ETH, USDT, Journey, JourneyFailed, Json

CONTRACTS: Final[Mapping[str, str | None]] = {ETH: None, USDT: USDT_CONTRACT}
TRIES: Final = 20


async def report(journey: Journey, demo: RunningDemo, http: httpx.AsyncClient) -> Json:
    """Everything about the journey, with the books at its end. Raises JourneyFailed."""
    api, codes = journey.api, list(journey.currencies())
    deposits = (await api.get("/v1/deposits"))["deposits"]
    withdrawals = [await api.get(f"/v1/withdrawals/{id_}") for id_ in journey.withdrawals]
    chain_id = await http.post(demo.rpc, json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
    return {
        "format": FORMAT,
        "rpc_url": demo.rpc,
        "chain_id": int(chain_id.json()["result"], 16),
        "currencies": journey.currencies(),
        "assets": {
            id_: {"decimals": asset(AssetId(id_)).decimals, "contract": contract}
            for id_, contract in CONTRACTS.items()
        },
        "seeds": journey.seeds,
        "bets": journey.bets,
        "statements": {code: await _statement(journey, code) for code in codes},
        "final_balances": await _balances(journey, codes),
        "deposits": [_lowered(item) for item in deposits],
        "withdrawals": [_lowered(item) for item in withdrawals],
        "trial_balance": (await _proof(http, demo, "/proof/trial-balance"))["units"],
        "custody": await _custody(http, demo),
    }


def _lowered(item: Json) -> Json:
    return {**item, "state": str(item["state"]).lower()}


async def _balances(journey: Journey, codes: list[str]) -> dict[str, str]:
    found = (await journey.api.get("/v1/balances"))["balances"]
    return {row["currency"]: row["available"] for row in found if row["currency"] in codes}


async def _statement(journey: Journey, code: str) -> Json:
    """All lines, oldest first; the API gives pages, newest first."""
    lines: list[Json] = []
    page: Json = await journey.api.get("/v1/statement", currency=code, limit=200)
    closing, until, since = page["closing"], page["until"], page["since"]
    while True:
        lines += page["lines"]
        if page["next"] is None:
            break
        query = {"currency": code, "limit": 200, "since": since, "until": until}
        page = await journey.api.get("/v1/statement", before=page["next"], **query)
    return {
        "opening": page["opening"],
        "closing": closing,
        "lines": [
            {
                "ref": line["ref"],
                "reason": line["reason"],
                "at": line["at"],
                "delta": line["amount"],
                "balance": line["balance"],
            }
            for line in reversed(lines)
        ],
    }


async def _custody(http: httpx.AsyncClient, demo: RunningDemo) -> Json:
    """The custody accounts at one block, over all brands; what is on the move has no address."""
    found = await _proof(http, demo, "/proof/custody/ethereum")
    differing = [row for row in found["rows"] if row["difference"] != "0"]
    if differing:
        row = differing[0]
        raise JourneyFailed(
            f"The books differ from the chain at block {found['height']}: {row['asset']} "
            f"{row['account']} of brand {row['brand_id']} by {row['difference']} base units."
        )
    return {
        "height": found["height"],
        "block_hash": found["block_hash"],
        "rows": [
            {
                "brand_id": row["brand_id"],
                "asset": row["asset"],
                "account": row["account"],
                "addresses": row["addresses"],
                "base_units": str(
                    int(row["ledger"]) + int(row["in_flight"]) + int(row["uncredited"])
                ),
            }
            for row in found["rows"]
            if row["addresses"]
        ],
    }


def check_trial_balance(found: Mapping[str, list[Json]]) -> int:
    """The number of units; raises JourneyFailed where debits and credits differ."""
    for unit, rows in found.items():
        debits = sum(int(row["debits"]) for row in rows)
        credits_ = sum(int(row["credits"]) for row in rows)
        if debits != credits_:
            raise JourneyFailed(f"{unit}: {debits} debited, {credits_} credited.")
    return len(found)


async def _proof(http: httpx.AsyncClient, demo: RunningDemo, path: str) -> Any:
    """An operator's page; asked again while the worker cannot answer."""
    trouble = ""
    for _ in range(TRIES):
        try:
            answer = await http.get(demo.operator + path)
        except httpx.TransportError as error:
            trouble = repr(error)
        else:
            if answer.status_code == 200:
                return answer.json()
            trouble = f"{answer.status_code} {answer.text[:200]}"
        await asyncio.sleep(0.5)
    raise JourneyFailed(f"The worker does not show {path}: {trouble}")

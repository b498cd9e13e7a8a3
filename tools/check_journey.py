"""Checks a journey without trusting the platform: `check_journey.py FILE`.

Standard library only, nothing of the platform imported. It takes the JSON of `make journey --json`
and recomputes all of it: seeds against their commitments, every outcome and payout from the seeds,
every balance from the movements, every deposit and withdrawal from the chain's own receipts, the
custody accounts from the chain's balances at one block, and the trial balance. Any difference is
printed and ends with exit code 1.
"""

import hashlib
import hmac
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from math import comb
from pathlib import Path
from typing import Any

FORMAT = "fairhouse-journey/1"
BETS_LEAST = 200
# keccak256("Transfer(address,address,uint256)") and the selector of balanceOf(address).
TRANSFER_TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
BALANCE_OF = "0x70a08231"

Json = dict[str, Any]


class Findings:
    """What was checked and what differs."""

    def __init__(self) -> None:
        self.checked = 0
        self.differences: list[str] = []

    def equal(self, what: str, expected: object, actual: object) -> None:
        """Note a difference unless both are the same."""
        self.checked += 1
        if expected != actual:
            self.differences.append(f"{what}: expected {expected}, found {actual}")

    def true(self, what: str, holds: bool) -> None:
        """Note a difference unless it holds."""
        self.checked += 1
        if not holds:
            self.differences.append(what)


class Chain:
    """The node's JSON-RPC."""

    def __init__(self, url: str) -> None:
        self._url = url

    def call(self, method: str, *params: object) -> Any:
        """One call; an error of the node ends the check."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(  # noqa: S310
            self._url, body.encode(), {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                found = json.loads(answer.read())
        except OSError as error:
            raise SystemExit(
                f"The chain at {self._url} does not answer ({error}). The journey is checked "
                "against it: keep `make demo` running from the journey to the check."
            ) from None
        if "error" in found:
            raise SystemExit(
                f"The node refused {method}: {found['error']}. A local chain forgets old balances "
                "when it is started again: check a journey while its demo still runs."
            )
        return found["result"]

    def balance(self, address: str, contract: str | None, height: int) -> int:
        """Base units at a block."""
        if contract is None:
            return int(self.call("eth_getBalance", address, hex(height)), 16)
        data = BALANCE_OF + address[2:].lower().rjust(64, "0")
        return int(self.call("eth_call", {"to": contract, "data": data}, hex(height)), 16)

    def paid(self, tx_hash: str, destination: str, contract: str | None) -> list[int]:
        """Base units that a successful transaction paid to an address, one entry per payment."""
        receipt = self.call("eth_getTransactionReceipt", tx_hash)
        if receipt is None or int(receipt["status"], 16) != 1:
            return []
        if contract is None:
            tx = self.call("eth_getTransactionByHash", tx_hash)
            same = str(tx["to"]).lower() == destination.lower()
            return [int(tx["value"], 16)] if same else []
        return list(_token_payments(receipt, destination, contract))


def _token_payments(receipt: Json, destination: str, contract: str) -> Iterator[int]:
    for log in receipt["logs"]:
        topics = log["topics"]
        if (
            log["address"].lower() == contract.lower()
            and len(topics) == 3
            and topics[0] == TRANSFER_TOPIC
            and topics[2][-40:].lower() == destination[2:].lower()
        ):
            yield int(log["data"], 16)


def units(text: str, scale: int) -> int:
    """Decimal text to whole units."""
    scaled = Decimal(text).scaleb(scale)
    assert scaled == scaled.to_integral_value(), f"{text} is finer than {scale} places"
    return int(scaled)


def numbers(server_seed: str, client_seed: str, nonce: int) -> Iterator[int]:
    """The stream of 32-bit numbers: HMAC-SHA256 with the seed's text as key, eight a round."""
    for_round = 0
    while True:
        message = f"{client_seed}:{nonce}:{for_round}".encode()
        digest = hmac.new(server_seed.encode(), message, hashlib.sha256).digest()
        for start in range(0, 32, 4):
            yield int.from_bytes(digest[start : start + 4], "big")
        for_round += 1


def check_dice(bet: Json, stream: Iterator[int], stake: int, findings: Findings) -> int:
    """The payout that the seeds give."""
    rolled = next(stream) * 10_001 >> 32
    target, over = units(bet["params"]["target"], 2), bet["params"]["direction"] == "over"
    chance = 10_000 - target if over else target
    won = rolled > target if over else rolled < target
    shown = units(bet["outcome"]["roll"], 2)
    findings.equal(f"{bet['id']} roll", rolled, shown)
    return stake * 9_900 // chance if won else 0


def check_mines(bet: Json, stream: Iterator[int], stake: int, findings: Findings) -> int:
    """The payout that the seeds and the player's tiles give."""
    mines, tiles = int(bet["params"]["mines"]), list(range(25))
    mined = [tiles.pop(next(stream) * len(tiles) >> 32) for _ in range(mines)]
    findings.equal(f"{bet['id']} mines", sorted(mined), sorted(bet["outcome"]["mines"]))
    revealed, hit = [int(tile) for tile in bet["outcome"]["revealed"]], bet["outcome"]["hit"]
    opened = revealed if hit is None else [*revealed, int(hit)]
    findings.equal(f"{bet['id']} tiles once", len(set(opened)), len(opened))
    findings.true(f"{bet['id']} went on after a mine", not set(revealed) & set(mined))
    if hit is not None:
        findings.true(f"{bet['id']} hit a mine", int(hit) in mined)
        return 0
    safe = len(revealed)
    return stake * 99 * comb(25, safe) // (100 * comb(25 - mines, safe)) if safe else 0


GAMES: dict[str, Callable[[Json, Iterator[int], int, Findings], int]] = {
    "dice": check_dice,
    "mines": check_mines,
}


def check_seeds(journey: Json, findings: Findings) -> dict[str, Json]:
    """Every seed hashes to its commitment, and each pair is the one announced before."""
    pairs = journey["seeds"]
    for pair in pairs:
        hashed = hashlib.sha256(pair["server_seed"].encode()).hexdigest()
        findings.equal(f"{pair['id']} commitment", pair["server_seed_hash"], hashed)
    for before, after in pairwise(pairs):
        announced = before["next_server_seed_hash"]
        findings.equal(f"{after['id']} was announced", announced, after["server_seed_hash"])
    return {pair["id"]: pair for pair in pairs}


def check_bets(journey: Json, findings: Findings) -> None:
    """Every outcome, payout and nonce."""
    pairs = check_seeds(journey, findings)
    bets = journey["bets"]
    findings.true(f"at least {BETS_LEAST} bets", len(bets) >= BETS_LEAST)
    findings.equal("both games", sorted(GAMES), sorted({bet["game"] for bet in bets}))
    nonces: dict[str, list[int]] = {}
    for bet in bets:
        pair = pairs.get(bet["seed_pair_id"])
        if pair is None:
            findings.true(f"{bet['id']} has no revealed seed pair", holds=False)
            continue
        nonces.setdefault(pair["id"], []).append(bet["nonce"])
        findings.equal(f"{bet['id']} hash", pair["server_seed_hash"], bet["server_seed_hash"])
        findings.equal(f"{bet['id']} client seed", pair["client_seed"], bet["client_seed"])
        scale = journey["currencies"][bet["currency"]]["scale"]
        stream = numbers(pair["server_seed"], pair["client_seed"], bet["nonce"])
        stake = units(bet["stake"], scale)
        payout = GAMES[bet["game"]](bet, stream, stake, findings)
        findings.equal(f"{bet['id']} payout", payout, units(bet["payout"], scale))
    for pair_id, used in nonces.items():
        findings.equal(f"{pair_id} nonces", list(range(len(used))), sorted(used))


def check_balances(journey: Json, findings: Findings) -> None:
    """Opening zero, every movement explained by what it names, closing as reported."""
    explained = _movements(journey)
    for code, statement in journey["statements"].items():
        scale = journey["currencies"][code]["scale"]
        findings.equal(f"{code} opening", 0, units(statement["opening"], scale))
        running = 0
        for line in statement["lines"]:
            running += units(line["delta"], scale)
            findings.equal(f"{code} after {line['ref']}", running, units(line["balance"], scale))
            left = explained.get((code, line["ref"]), 0) - units(line["delta"], scale)
            explained[code, line["ref"]] = left
        findings.equal(f"{code} closing", running, units(statement["closing"], scale))
        findings.equal(f"{code} balance", running, units(journey["final_balances"][code], scale))
    for (code, ref), left in explained.items():
        findings.equal(f"{code} {ref} is fully in the statement", 0, left)


def _movements(journey: Json) -> dict[tuple[str, str], int]:
    """What every bet, deposit and withdrawal must have moved, by currency and wire id."""
    scales = {code: data["scale"] for code, data in journey["currencies"].items()}
    moved: dict[tuple[str, str], int] = {}
    for bet in journey["bets"]:
        code = bet["currency"]
        change = units(bet["payout"], scales[code]) - units(bet["stake"], scales[code])
        moved[code, bet["id"]] = change
    for deposit in journey["deposits"]:
        code = deposit["currency"]
        moved[code, deposit["id"]] = units(deposit["amount"], scales[code])
    for withdrawal in journey["withdrawals"]:
        code = withdrawal["currency"]
        amount = units(withdrawal["amount"], scales[code])
        moved[code, withdrawal["id"]] = -amount if withdrawal["state"] == "confirmed" else 0
    return moved


def check_chain(journey: Json, chain: Chain, findings: Findings) -> None:
    """Every credit has its payment on the chain, every payment out happened exactly once."""
    findings.equal("chain id", journey["chain_id"], int(chain.call("eth_chainId"), 16))
    for deposit in journey["deposits"]:
        decimals, contract = _asset(journey, deposit["asset"])
        paid = chain.paid(deposit["tx_hash"], deposit["address"], contract)
        expected = units(deposit["amount"], decimals)
        findings.true(f"{deposit['id']} is on the chain for {expected}", expected in paid)
    confirmed = [each for each in journey["withdrawals"] if each["state"] == "confirmed"]
    findings.true("at least one withdrawal was paid", bool(confirmed))
    hashes = [each["tx_hash"] for each in confirmed]
    findings.equal("one transaction per withdrawal", len(set(hashes)), len(hashes))
    for withdrawal in confirmed:
        decimals, contract = _asset(journey, withdrawal["asset"])
        paid = chain.paid(withdrawal["tx_hash"], withdrawal["destination"], contract)
        findings.equal(f"{withdrawal['id']} paid", [units(withdrawal["receives"], decimals)], paid)
    for withdrawal in journey["withdrawals"]:
        if withdrawal["state"] != "confirmed":
            findings.equal(f"{withdrawal['id']} was never sent", None, withdrawal["tx_hash"])


def _asset(journey: Json, asset: str) -> tuple[int, str | None]:
    data = journey["assets"][asset]
    return data["decimals"], data["contract"]


def check_books(journey: Json, chain: Chain, findings: Findings) -> None:
    """Debits equal credits in every unit; custody equals the chain at one block."""
    for unit, side in journey["trial_balance"].items():
        debited = sum(int(row["debits"]) for row in side)
        credited = sum(int(row["credits"]) for row in side)
        findings.equal(f"trial balance of {unit}", debited, credited)
    custody = journey["custody"]
    height = custody["height"]
    block = chain.call("eth_getBlockByNumber", hex(height), False)
    findings.equal("custody block", custody["block_hash"], block["hash"])
    for row in custody["rows"]:
        _, contract = _asset(journey, row["asset"])
        held = sum(chain.balance(address, contract, height) for address in row["addresses"])
        findings.equal(f"custody {row['asset']} {row['account']}", held, int(row["base_units"]))


def check(journey: Json) -> Findings:
    """All of it."""
    findings = Findings()
    findings.equal("format", FORMAT, journey.get("format"))
    chain = Chain(journey["rpc_url"])
    check_bets(journey, findings)
    check_balances(journey, findings)
    check_chain(journey, chain, findings)
    check_books(journey, chain, findings)
    return findings


def main() -> int:
    """Print what differs; 0 when nothing does."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: check_journey.py FILE (the output of `make journey --json`)\n")
        return 2
    findings = check(json.loads(Path(sys.argv[1]).read_text()))
    for difference in findings.differences:
        sys.stdout.write(f"DIFFERS  {difference}\n")
    verdict = "differ" if findings.differences else "agree"
    count = len(findings.differences) or findings.checked
    sys.stdout.write(f"{count} of {findings.checked} checks {verdict}\n")
    return 1 if findings.differences else 0


if __name__ == "__main__":
    sys.exit(main())

"""Deposits to the hot wallet: plan what to sweep, and the gas that tokens need first.

Only coins that are deep enough in the chain are swept. What arrives meanwhile keeps its address
dirty and is swept next.
"""

from dataclasses import dataclass
from typing import Final

from fairhouse.chains.codecs import evm
from fairhouse.chains.types import FeeQuote, TokenSpec
from fairhouse.custody import rules
from fairhouse.custody.engine.ordering import GAS_MARGIN_PERCENT
from fairhouse.custody.engine.steps import Tools
from fairhouse.custody.store import addresses, families
from fairhouse.custody.types import (
    DepositAddress,
    Family,
    FamilyId,
    FamilyKind,
    FamilyState,
    Vault,
    gas_path,
)
from fairhouse.kernel.currencies import AssetId
from fairhouse.kernel.refusals import Unavailable
from fairhouse.platform.database import Tx

BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """The next family of a deposit address."""

    kind: FamilyKind
    asset: AssetId
    base_units: int
    """0 for a sweep: all that is there when it is ordered."""


async def plan_sweeps(tools: Tools) -> int:
    """Plan sweeps and gas for dirty addresses; returns how many families were planned."""
    chain = tools.policy.spec.chain
    head = await tools.node.head()
    final = head.height - tools.policy.confirmations + 1
    async with tools.db.read() as tx:
        dirty = await addresses.dirty(tx, chain=chain, up_to=final, limit=BATCH)
        vaults = {item.brand_id: item for item in await addresses.vaults(tx, chain=chain)}
    if not dirty:
        return 0
    quote = await tools.node.fee_quote()
    planned, trouble = 0, None
    for address in dirty:
        try:
            planned += await _plan_one(tools, address, vaults[address.brand_id], quote, final)
        except Unavailable as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    return planned


async def _plan_one(
    tools: Tools, address: DepositAddress, vault: Vault, quote: FeeQuote, final: int
) -> int:
    async with tools.db.read() as tx:
        live = await families.of_address(tx, chain=address.chain, address=address.address)
    if any(item.kind is FamilyKind.GAS for item in live):
        return 0
    under_way = next((item for item in live if item.state is not FamilyState.PLANNED), None)
    if under_way is None:
        plan = await _decide(tools, address, vault, quote, final)
    elif under_way.asset == tools.policy.spec.native or under_way.failure is None:
        return 0
    else:
        plan = await _more_gas(tools, address, quote)
    async with tools.db.tx() as tx:
        if plan is None:
            if not live:
                await addresses.clean(tx, chain=address.chain, address=address.address, up_to=final)
            return 0
        if live and plan.kind is FamilyKind.SWEEP:
            return 0
        return int(await families.add(tx, _family(tx, address, vault, plan)))


async def _more_gas(tools: Tools, address: DepositAddress, quote: FeeQuote) -> Plan | None:
    """Fees have risen above what a signed sweep of tokens can pay."""
    dearest = rules.raised(quote.max_fee_wei) * tools.policy.token_gas_limit_max
    missing = dearest - await tools.node.balance(address.address, None)
    return Plan(FamilyKind.GAS, tools.policy.spec.native, missing) if missing > 0 else None


async def _decide(
    tools: Tools, address: DepositAddress, vault: Vault, quote: FeeQuote, final: int
) -> Plan | None:
    """Tokens first: their gas may come out of the coins that are there."""
    for token in tools.policy.spec.tokens:
        plan = await _plan_token(tools, address, vault, quote, token, final)
        if plan is not None:
            return plan
    native = tools.policy.spec.native
    minimum = tools.policy.sweep_minimums.get(native)
    coins = await tools.node.balance(address.address, None, final)
    fee = rules.NATIVE_TRANSFER_GAS * quote.max_fee_wei
    if minimum is None or coins < minimum or coins <= fee:
        return None
    return Plan(FamilyKind.SWEEP, native, 0)


async def _plan_token(
    tools: Tools,
    address: DepositAddress,
    vault: Vault,
    quote: FeeQuote,
    token: TokenSpec,
    final: int,
) -> Plan | None:
    minimum = tools.policy.sweep_minimums.get(token.asset)
    held = await tools.node.balance(address.address, token.contract, final)
    if minimum is None or held < minimum or held == 0:
        return None
    data = evm.encode_token_transfer(vault.hot_address, held)
    used = await tools.node.estimate_gas(address.address, token.contract, 0, data)
    gas = min(used * (100 + GAS_MARGIN_PERCENT) // 100, tools.policy.token_gas_limit_max)
    missing = gas * quote.max_fee_wei - await tools.node.balance(address.address, None)
    if missing > 0:
        return Plan(FamilyKind.GAS, tools.policy.spec.native, missing)
    return Plan(FamilyKind.SWEEP, token.asset, 0)


def _family(tx: Tx, address: DepositAddress, vault: Vault, plan: Plan) -> Family:
    is_gas = plan.kind is FamilyKind.GAS
    return Family(
        id=FamilyId(tx.new_id()),
        brand_id=address.brand_id,
        kind=plan.kind,
        chain=address.chain,
        asset=plan.asset,
        source=vault.gas_address if is_gas else address.address,
        source_path=gas_path(address.brand_id) if is_gas else address.path,
        destination=address.address if is_gas else vault.hot_address,
        destination_path=address.path if is_gas else None,
        base_units=plan.base_units,
        ref=address.address,
        state=FamilyState.PLANNED,
        nonce=None,
        failure=None,
        cancel_requested=False,
        approvals=(),
        winner_seq=None,
        block_height=None,
        fee_base_units=None,
        retry_at=None,
        nonce_gone_since=None,
        created_at=tx.now,
        updated_at=tx.now,
    )

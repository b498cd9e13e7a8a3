"""Real transactions to whatever address is pasted."""

from decimal import Decimal, InvalidOperation
from typing import Final

from devnet.bank.settings import CHAIN, World
from devnet.evm import BANK, FORWARDER, USDT, calldata
from fairhouse.chains.codecs import evm
from fairhouse.chains.types import Address, TxHash
from fairhouse.kernel.currencies import ChainId
from fairhouse.kernel.refusals import Malformed

ETH: Final = f"eth.{CHAIN}"
TOKEN: Final = f"usdt.{CHAIN}"
FAKE: Final = "fake-usdt"
"""Another contract that also calls itself USDT: nobody may be credited for it."""
INTERNAL: Final = "eth-internal"
"""Coins by a contract's internal call, as exchanges pay out."""
DECIMALS: Final = {ETH: 18, INTERNAL: 18, TOKEN: 6, FAKE: 6}
WHOLE_MAX: Final = {ETH: 500, INTERNAL: 500, TOKEN: 1_000_000, FAKE: 1_000_000}


async def give(world: World, *, asset: str, address: str, amount: str) -> TxHash:
    """Send so much of the asset. Refuses with Malformed (asset, amount) and BadAddress."""
    to = evm.parse_address(address, ChainId(CHAIN))
    units = parse_amount(asset, amount)
    match asset:
        case "fake-usdt":
            return await world.devnet.give_tokens(to, units, contract=await _fake_token(world))
        case "eth-internal":
            return await _forward(world, to, units)
        case _ if asset == TOKEN:
            return await world.devnet.give_tokens(to, units, contract=USDT)
        case _:
            return await world.devnet.give_coins(to, units)


def parse_amount(asset: str, amount: str) -> int:
    """Base units of a decimal text. Refuses with Malformed naming the field."""
    decimals = DECIMALS.get(asset)
    if decimals is None:
        raise Malformed(f"asset must be one of {', '.join(DECIMALS)}.", param="asset")
    try:
        value = Decimal(amount.strip())
    except InvalidOperation:
        raise Malformed("amount must be a number such as 0.5.", param="amount") from None
    if not value.is_finite() or not 0 < value <= WHOLE_MAX[asset]:
        limit = WHOLE_MAX[asset]
        raise Malformed(f"amount must be above 0 and at most {limit}.", param="amount")
    scaled = value.scaleb(decimals)
    if scaled != scaled.to_integral_value():
        raise Malformed(f"amount has more than {decimals} decimal places.", param="amount")
    return int(scaled)


async def _forward(world: World, to: Address, wei: int) -> TxHash:
    data = calldata("forward(address[])", [to])
    return await world.devnet.send(BANK, FORWARDER, value_wei=wei, data=data)


async def _fake_token(world: World) -> Address:
    if world.fake_token is None:
        world.fake_token = await world.devnet.deploy_token("Tether USD", "USDT", 6)
    return Address(world.fake_token)

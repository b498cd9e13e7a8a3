"""What moves coins: deposits of every kind, withdrawals, staff, and the chain's own moods."""

from collections.abc import Sequence
from uuid import UUID

from devnet.evm import BANK, FORWARDER, ISSUER, USDT, AnvilFailed, calldata
from devnet.rpc_proxy import Fault
from fairhouse.brands import api as brands
from fairhouse.cashier import api as cashier
from fairhouse.cashier.types import WithdrawalId, WithdrawalRequest
from fairhouse.chains.codecs import evm
from fairhouse.chains.types import Address, TxHash
from fairhouse.kernel.currencies import AssetId
from fairhouse.kernel.ids import uuid7
from fairhouse.kernel.refusals import IdempotencyConflict, Refusal
from tests.signing import OTHER, STRANGER
from tests.simulation.people import Asked, Sent, Someone
from tests.simulation.play import someone_of
from tests.simulation.world import (
    BRAND,
    ETH,
    REORG_MAX,
    TREASURERS,
    USDT_ASSET,
    World,
)

SENDERS = (BANK, STRANGER, OTHER)


# --- deposits


async def _note(
    world: World, tx_hash: TxHash, asset: AssetId | None, parts: Sequence[tuple[int, int]]
) -> None:
    raw = await world.devnet.raw_of(tx_hash)
    world.sent.append(Sent(tx_hash, raw, asset, tuple(parts)))


async def deposit_coins(world: World) -> str:
    """ETH: plenty, a little, or less than counts, rarely a round number."""
    someone, kind = someone_of(world), world.rng.random()
    milli = 10**15
    wei = world.rng.randint(10 * milli, 800 * milli)
    if kind < 0.2:
        wei = world.rng.randint(milli // 10, milli - 1)
    elif kind < 0.4:
        wei -= wei % milli
    tx_hash = await world.devnet.send(world.rng.choice(SENDERS), someone.address, value_wei=wei)
    await _note(world, tx_hash, ETH, [(someone.number, wei)])
    return f"p{someone.number} {wei}"


async def deposit_tokens(world: World) -> str:
    """USDT, or a token that only calls itself so."""
    someone = someone_of(world)
    units = world.rng.randint(100_000, 900 * 10**6)
    is_fake = world.rng.random() < 0.2
    contract = world.fake_usdt if is_fake else USDT
    data = "0x" + evm.encode_token_transfer(someone.address, units).hex()
    tx_hash = await world.devnet.send(ISSUER, contract, data=data)
    await _note(world, tx_hash, None if is_fake else USDT_ASSET, [(someone.number, units)])
    return f"p{someone.number} {units}{' fake' if is_fake else ''}"


async def deposit_many(world: World) -> str:
    """One transaction with several outputs, perhaps two to the same player."""
    targets = [someone_of(world) for _ in range(world.rng.randint(2, 4))]
    addresses = [item.address for item in targets]
    if world.rng.random() < 0.5:
        units = world.rng.randint(1_000_000, 50_000_000)
        data = calldata("spread(address,address[],uint256)", USDT, addresses, units)
        tx_hash = await world.devnet.send(ISSUER, FORWARDER, data=data)
        asset = USDT_ASSET
    else:
        units = world.rng.randint(10**16, 10**17)
        data = calldata("forward(address[])", addresses)
        value = units * len(targets)
        tx_hash = await world.devnet.send(BANK, FORWARDER, value_wei=value, data=data)
        asset = ETH
    await _note(world, tx_hash, asset, [(item.number, units) for item in targets])
    return f"{[item.number for item in targets]} {units} {asset}"


# --- the chain


async def mine(world: World) -> str:
    count = world.rng.choice((1, 1, 2, 3, 6))
    await world.devnet.mine(count)
    return str(count)


async def reorg(world: World) -> str:
    """The newest blocks are replaced; their transactions come back in order, in part, or never."""
    await world.book.read()
    depth = world.rng.randint(1, REORG_MAX)
    first = world.book.height - depth + 1
    hashes = [
        tx_hash
        for height in range(first, world.book.height + 1)
        for tx_hash in world.book.blocks[height].hashes
    ]
    kept = hashes[: world.rng.choice((0, len(hashes), len(hashes) // 2))]
    place, keep = 0, list[tuple[str, int]]()
    for tx_hash in kept:
        keep.append((await world.devnet.raw_of(tx_hash), place))
        place = min(place + world.rng.choice((0, 0, 1)), depth - 1)
    await world.devnet.reorg(depth, keep)
    return f"{depth} deep, {len(kept)} of {len(hashes)} again"


async def send_again(world: World) -> str:
    """A lost deposit's sender sends the same bytes again."""
    await world.book.read()
    lost = [item for item in world.sent if world.book.height_of(item.tx_hash) is None]
    if not lost:
        return "none is lost"
    item = world.rng.choice(lost)
    try:
        await world.devnet.rpc("eth_sendRawTransaction", item.raw)
    except AnvilFailed:
        return "refused"
    return "sent"


async def line_fault(world: World) -> str:
    """The node's line gets worse or better."""
    fault = world.rng.choice((Fault.NONE, Fault.REFUSE, Fault.SWALLOW, Fault.RATE_LIMIT))
    world.proxy.fault = fault
    only_sends = fault is Fault.SWALLOW or world.rng.random() < 0.3
    world.proxy.only = {"eth_sendRawTransaction"} if only_sends else None
    return f"{fault.value} {'sends' if only_sends else 'all'}"


async def signer_fault(world: World) -> str:
    """The signer dies, comes back, or its answers get lost."""
    what = world.rng.choice(("die", "start", "mute"))
    if what == "die":
        await world.signer.die()
    elif what == "start":
        await world.signer.start()
    else:
        world.line.loses = world.rng.randint(1, 3)
    return what


# --- withdrawals


def a_withdrawal(world: World, someone: Someone) -> WithdrawalRequest:
    asset = world.rng.choice((ETH, USDT_ASSET))
    if asset == ETH:
        units = world.rng.choice((world.rng.randint(6, 60), world.rng.randint(100, 900))) * 10**6
    else:
        units = world.rng.randint(6, 1_500) * 10**6 + world.rng.randint(0, 999_999)
    earlier = [item.destination for item in someone.withdrawals.values()]
    kind = world.rng.random()
    if kind < 0.05:
        to = world.rng.choice(world.people).address
    elif kind < 0.3 and earlier:
        to = Address(world.rng.choice(earlier))
    else:
        to = evm.checksummed(world.rng.randbytes(20))
    return WithdrawalRequest(asset, units, to, lookalike_accepted=True)


async def withdraw(world: World) -> str:
    someone = someone_of(world)
    request = a_withdrawal(world, someone)
    unix_ms = int(world.clock.time.timestamp() * 1000)
    id_ = uuid7(unix_ms, world.rng.randbytes(10))
    return f"p{someone.number} " + await _request(world, someone, request, id_)


async def _request(world: World, someone: Someone, request: WithdrawalRequest, id_: UUID) -> str:
    try:
        async with world.app_db.tx() as tx:
            made = await cashier.request_withdrawal(
                tx,
                player=someone.player,
                request=request,
                stepped_up=True,
                policy=world.policy,
                withdrawal_id=WithdrawalId(id_),
            )
    except Refusal as refusal:
        return refusal.code
    asked = Asked(made.id, made.asset, made.units, made.base_units, made.destination)
    assert someone.withdrawals.setdefault(made.id, asked) == asked
    return f"{made.units} {made.asset} {made.state}"


async def withdraw_again(world: World) -> str:
    """The same id: the same request is answered, another one is refused."""
    someone = someone_of(world)
    if not someone.withdrawals:
        return "nothing yet"
    asked = world.rng.choice([*someone.withdrawals.values()])
    is_same = world.rng.random() < 0.5
    units = asked.units if is_same else asked.units + 1_000_000
    request = WithdrawalRequest(asked.asset, units, asked.destination, lookalike_accepted=True)
    answer = await _request(world, someone, request, asked.id)
    assert is_same or answer == IdempotencyConflict.code, answer
    return answer


async def cancel(world: World) -> str:
    someone = someone_of(world)
    if not someone.withdrawals:
        return "nothing yet"
    id_ = world.rng.choice([*someone.withdrawals])
    try:
        async with world.app_db.tx() as tx:
            done = await cashier.cancel_withdrawal(
                tx,
                withdrawal_id=WithdrawalId(id_),
                player_id=someone.player.id,
                policy=world.policy,
            )
    except Refusal as refusal:
        return refusal.code
    return done.state


async def staff(world: World) -> str:
    """A treasurer decides about something, whether it waits for that or not."""
    every = [id_ for someone in world.people for id_ in someone.withdrawals]
    if not every:
        return "nothing yet"
    id_ = WithdrawalId(world.rng.choice(every))
    decides = cashier.reject_withdrawal if world.rng.random() < 0.2 else cashier.approve_withdrawal
    who = world.rng.choice(TREASURERS)
    try:
        async with world.app_db.tx() as tx:
            done = await decides(
                tx, withdrawal_id=id_, staff=who, reason="looked at it", policy=world.policy
            )
    except Refusal as refusal:
        return refusal.code
    return done.state


async def switch(world: World) -> str:
    """Staff close or open a flow of the brand."""
    name = world.rng.choice((brands.DEPOSITS, brands.WITHDRAWALS, brands.BETTING))
    closes = world.rng.random() < 0.25
    await set_switch(world, name, closes=closes)
    return f"{name} {'off' if closes else 'on'}"


async def set_switch(world: World, name: str, *, closes: bool) -> None:
    act = brands.pause if closes else brands.resume
    async with world.app_db.tx() as tx:
        await act(tx, brand_id=BRAND, switch=name, reason="simulated", actor="stf_simulated")
    async with world.app_db.read() as tx:
        await world.board.refresh(tx)

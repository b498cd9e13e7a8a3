"""Everything somebody with the worker's socket might try. Each moves nothing; the signer lives.

Goal: an attacker who owns the API (and, where the test says so, even the worker's key) gets no
signature that the policy would not give. Method: a real signer process over its real socket.
"""

import asyncio
import struct
import time
from dataclasses import replace

import pytest

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import (
    FRAME_BYTES_MAX,
    Approval,
    Claims,
    HaltRequest,
    Hello,
    OrderKind,
    Refused,
    Signed,
    SignRequest,
    approval_message,
    decode_answer,
    encode_order,
    encode_request,
    frame,
    intent_of,
)
from fairhouse.custody.adapters.signer_socket import OrderKey
from tests.signing import (
    APPROVER,
    CONTRACT,
    ETH,
    ETHER,
    GWEI,
    OTHER,
    STRANGER,
    USDT,
    claims_of,
    deposit_address,
    new_id,
    order_for,
    payment,
    running_signer,
    signed,
)

HOT = "m/44'/60'/1'/1'/0"
GAS = "m/44'/60'/1'/2'/0"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with running_signer(tmp_path_factory.mktemp("signer")) as process:
        yield process
        assert process.is_alive()


@pytest.fixture
def signer(tmp_path):
    with running_signer(tmp_path) as process:
        yield process


async def refused(process, request: SignRequest) -> str:
    """The code of the refusal; asserts that nothing was signed and that the journal tells it."""
    signatures, lines = process.count("families"), len(process.refusals())
    answer = await process.client().sign(request)
    assert isinstance(answer, Refused), answer
    assert signatures == process.count("families")
    assert [answer.code] == process.refusals()[lines:]
    return answer.code


async def refused_order(process, order) -> str:
    return await refused(process, signed(process.order_key, order))


# --- Authenticity


async def test_an_order_signed_by_another_key_is_refused(shared):
    forged = signed(OrderKey(b"\x01" * 32), order_for(payment()))

    assert "forged" == await refused(shared, forged)


async def test_every_altered_byte_is_noticed(shared):
    honest = signed(shared.order_key, order_for(payment()))
    for place in range(0, len(honest.order), 7):
        altered = bytearray(honest.order)
        altered[place] ^= 1
        if max(altered) < 128:
            assert "forged" == await refused(shared, replace(honest, order=bytes(altered)))


async def test_a_signature_for_another_order_does_not_fit(shared):
    honest = signed(shared.order_key, order_for(payment()))
    other = encode_order(order_for(payment(to=OTHER)))

    assert "forged" == await refused(shared, replace(honest, order=other))


async def test_an_order_that_is_not_canonical_is_refused(shared):
    data = encode_order(order_for(payment())).replace(b",", b", ", 1)
    request = SignRequest(data, shared.order_key.sign_order(data))

    assert "malformed" == await refused(shared, request)


async def test_an_old_order_gets_its_old_bytes_and_no_second_signature(shared):
    request = signed(shared.order_key, order_for(payment(nonce=700), lifetime_s=60))
    first = await shared.client().sign(request)
    families = shared.count("families")
    again = await asyncio.gather(*(shared.client().sign(request) for _ in range(8)))

    assert isinstance(first, Signed)
    assert {first} == set(again)
    assert families == shared.count("families")


async def test_an_order_id_serves_one_order_only(shared):
    order = order_for(payment(nonce=701, base_units=1))
    await shared.client().sign(signed(shared.order_key, order))
    tx = payment(nonce=702, base_units=1)
    second = replace(order, family_id=new_id(), raw_unsigned=evm.encode_unsigned(tx))

    assert "order_reused" == await refused_order(shared, second)


# --- Time


@pytest.mark.parametrize(
    ("age_s", "lifetime_s", "code"),
    [(400, 300, "expired"), (-120, 300, "future"), (0, 100_000, "lifetime"), (0, -5, "lifetime")],
)
async def test_orders_out_of_their_time_are_refused(shared, age_s, lifetime_s, code):
    order = order_for(payment(), age_s=age_s, lifetime_s=lifetime_s)

    assert code == await refused_order(shared, order)


# --- The raw bytes decide


@pytest.mark.parametrize(
    "claims",
    [
        Claims(OTHER, ETH, ETHER, 21_000 * 2 * GWEI),
        Claims(STRANGER, USDT, ETHER, 21_000 * 2 * GWEI),
        Claims(STRANGER, ETH, ETHER - 1, 21_000 * 2 * GWEI),
        Claims(STRANGER, ETH, ETHER, 21_000 * 2 * GWEI - 1),
    ],
)
async def test_a_transaction_that_does_something_else_than_claimed_is_refused(shared, claims):
    assert "claims" == await refused_order(shared, order_for(payment(), claims=claims))


async def test_a_token_transfer_whose_calldata_pays_another_is_refused(shared):
    tx = payment(asset=USDT, to=OTHER, base_units=10**6)
    claims = replace(claims_of(tx), destination=STRANGER)

    assert "claims" == await refused_order(shared, order_for(tx, claims=claims))


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("095ea7b3") + b"\0" * 64,  # approve
        bytes.fromhex("23b872dd") + b"\0" * 96,  # transferFrom
        bytes.fromhex("6a761202") + b"\0" * 320,  # a Safe's execTransaction
        evm.encode_token_transfer(STRANGER, 5) + b"\0",
        evm.encode_token_transfer(STRANGER, 5)[:-1],
        b"\xa9\x05\x9c\xbb" + b"\xff" * 64,  # dirty upper bytes
        b"\0",
    ],
)
async def test_calldata_other_than_a_plain_transfer_is_refused(shared, data):
    tx = replace(payment(asset=USDT), data=data)

    assert "calldata" == await refused_order(shared, order_for(tx))


async def test_coins_beside_a_token_transfer_are_refused(shared):
    tx = payment(asset=USDT, base_units=5, value_wei=1)

    assert "value_with_call" == await refused_order(shared, order_for(tx))


async def test_a_token_contract_that_is_not_pinned_is_refused(shared):
    tx = replace(payment(asset=USDT, base_units=5), to=OTHER)

    assert "contract" == await refused_order(shared, order_for(tx))


async def test_another_chain_id_is_refused(shared):
    assert "chain_id" == await refused_order(shared, order_for(payment(chain_number=1)))


@pytest.mark.parametrize("kind", [b"\x01", b"\x03", b"\x04", b"\xf8"])
async def test_other_transaction_types_are_refused(shared, kind):
    order = order_for(payment())
    raw = kind + order.raw_unsigned[1:]

    assert "transaction" == await refused_order(shared, replace(order, raw_unsigned=raw))


async def test_contract_creation_and_access_lists_are_refused(shared):
    raw = evm.encode_unsigned(payment())
    creation = raw.replace(b"\x94" + evm.address_bytes(STRANGER), b"\x80")
    creation = b"\x02" + bytes([raw[1] - 20]) + creation[2:]
    listed = b"\x02" + bytes([raw[1] + 1]) + raw[2:-1] + b"\xc1\xc0"
    for bytes_ in (creation, listed):
        order = replace(order_for(payment()), raw_unsigned=bytes_)
        assert "transaction" == await refused_order(shared, order)


# --- Fees


@pytest.mark.parametrize(
    "tx", [payment(fee_wei=10**15), payment(gas_limit=10**6), payment(fee_wei=10**30)]
)
async def test_a_fee_bomb_is_refused(shared, tx):
    assert "fee" == await refused_order(shared, order_for(tx))


async def test_fees_add_up_to_a_daily_cap(signer):
    codes: list[str] = []
    for nonce in range(60):
        tx = payment(nonce=nonce, base_units=1, fee_wei=900 * GWEI)
        answer = await signer.client().sign(signed(signer.order_key, order_for(tx)))
        codes.append(answer.code if isinstance(answer, Refused) else "signed")

    assert ["signed"] * 52 + ["fee_cap"] * 8 == codes


# --- Keys and kinds


@pytest.mark.parametrize(
    "path",
    [
        "m/44'/60'/1'/0'/0",
        GAS,
        "m/44'/60'/2'/1'/0",
        "m/44'/60'/1'/1'/1",
        "m/0",
        "m/44'/60'/1'/1'/01",
    ],
)
async def test_a_withdrawal_comes_from_its_brands_hot_wallet_only(shared, path):
    assert "path" == await refused_order(shared, order_for(payment(), path=path))


async def test_an_unknown_brand_is_refused(shared):
    order = order_for(payment(), path="m/44'/60'/9'/1'/0", brand_id=9)

    assert "brand" == await refused_order(shared, order)


async def test_a_sweep_goes_to_the_own_hot_wallet_only(shared):
    for tx in (payment(), payment(asset=USDT, base_units=5)):
        order = order_for(tx, kind=OrderKind.SWEEP, path="m/44'/60'/1'/0'/3")
        assert "destination" == await refused_order(shared, order)


async def test_a_sweep_to_another_brands_hot_wallet_is_refused(shared):
    other_hot = shared.vaults()[1].record.hot_address
    order = order_for(payment(to=other_hot), kind=OrderKind.SWEEP, path="m/44'/60'/1'/0'/3")

    assert "destination" == await refused_order(shared, order)


async def test_gas_goes_to_own_deposit_addresses_only_and_is_small(shared):
    vault = shared.vaults()[0]
    own = deposit_address(vault, 5)
    small = payment(to=own, base_units=10**15, nonce=1)
    deposit_path = "m/44'/60'/1'/0'/5"

    def gas(tx, target):
        claims = replace(claims_of(tx), destination_path=target)
        return order_for(tx, kind=OrderKind.GAS, path=GAS, claims=claims)

    assert "destination" == await refused_order(shared, gas(payment(base_units=5), deposit_path))
    assert "destination" == await refused_order(shared, gas(small, "m/44'/60'/1'/0'/6"))
    assert "destination" == await refused_order(shared, gas(small, None))
    assert "cap_tx" == await refused_order(
        shared, gas(replace(small, value_wei=ETHER), deposit_path)
    )
    assert isinstance(
        await shared.client().sign(signed(shared.order_key, gas(small, deposit_path))), Signed
    )


async def test_a_cancellation_moves_nothing_to_nobody_else(shared):
    own = evm.from_hex(shared.vaults()[0].record.hot_address)
    for tx in (payment(base_units=0), payment(to=own, base_units=1)):
        assert "destination" == await refused_order(shared, order_for(tx, kind=OrderKind.CANCEL))


async def test_zero_amounts_are_refused(shared):
    assert "amount" == await refused_order(shared, order_for(payment(base_units=0)))


async def test_coins_for_a_token_contract_are_refused(shared):
    assert "destination" == await refused_order(shared, order_for(payment(to=CONTRACT)))


# --- Nonces and families


async def test_one_nonce_pays_one_destination(shared):
    first = order_for(payment(nonce=800, base_units=10))
    await shared.client().sign(signed(shared.order_key, first))

    taken = order_for(payment(nonce=800, to=OTHER, base_units=10))
    changed = order_for(payment(nonce=800, to=OTHER, base_units=10), family_id=first.family_id)
    more = order_for(payment(nonce=800, base_units=11), family_id=first.family_id)
    moved = order_for(payment(nonce=801, base_units=10), family_id=first.family_id)
    assert "nonce_taken" == await refused_order(shared, taken)
    assert "family_changed" == await refused_order(shared, changed)
    assert "family_changed" == await refused_order(shared, more)
    assert "family_moved" == await refused_order(shared, moved)


async def test_a_family_may_raise_its_fee_or_give_up(shared):
    hot = evm.from_hex(shared.vaults()[0].record.hot_address)
    first = order_for(payment(nonce=810, base_units=10))
    bumped = order_for(
        payment(nonce=810, base_units=10, fee_wei=3 * GWEI), family_id=first.family_id
    )
    cancel = order_for(
        payment(nonce=810, to=hot, base_units=0, fee_wei=4 * GWEI),
        kind=OrderKind.CANCEL,
        family_id=first.family_id,
    )
    answers = [
        await shared.client().sign(signed(shared.order_key, order))
        for order in (first, bumped, cancel)
    ]

    assert [True] * 3 == [isinstance(answer, Signed) for answer in answers]
    assert 3 == len({answer.raw_signed for answer in answers})


# --- Caps (the attacker holds the worker's key)


async def test_one_transaction_cannot_pass_its_cap(shared):
    assert "cap_tx" == await refused_order(shared, order_for(payment(base_units=6 * ETHER)))


async def test_splitting_does_not_pass_a_cap(signer):
    codes: list[str] = []
    for nonce in range(30):
        tx = payment(nonce=nonce, base_units=ETHER, to=OTHER if nonce % 2 else STRANGER)
        answer = await signer.client().sign(signed(signer.order_key, order_for(tx)))
        codes.append(answer.code if isinstance(answer, Refused) else "signed")

    assert ["signed"] * 8 == codes[:8], "the cap on new destinations: 8 ETH a day"
    assert {"new_destination"} == set(codes[8:10])
    assert 8 == codes.count("signed")


async def test_the_caps_survive_a_restart(signer):
    for nonce in range(8):
        await signer.client().sign(signed(signer.order_key, order_for(payment(nonce=nonce))))
    signer.kill()
    signer.start()

    assert "new_destination" == await refused_order(signer, order_for(payment(nonce=8)))


async def test_a_large_amount_needs_an_approver(shared):
    order = order_for(payment(nonce=820, base_units=4 * ETHER + 1))
    assert "approval" == await refused_order(shared, order)

    until = int(time.time()) + 600
    approval = Approval("alice", until, APPROVER.sign(approval_message(intent_of(order), until)))
    other = replace(order, order_id=new_id(), claims=replace(order.claims, base_units=1))
    wrong = Approval("alice", until, APPROVER.sign(approval_message(intent_of(other), until)))
    mallory = replace(approval, approver="mallory")
    stale = Approval("alice", 5, APPROVER.sign(approval_message(intent_of(order), 5)))
    for bad in (wrong, mallory, stale):
        fresh = replace(order, order_id=new_id())
        request = replace(signed(shared.order_key, fresh), approvals=(bad, bad))
        assert "approval" == await refused(shared, request)

    fresh = replace(order, order_id=new_id())
    request = replace(signed(shared.order_key, fresh), approvals=(approval,))
    assert isinstance(await shared.client().sign(request), Signed)


# --- The halt switch


async def test_halted_nothing_is_signed_not_even_again(signer):
    request = signed(signer.order_key, order_for(payment()))
    await signer.client().sign(request)

    assert await signer.client().halt("a nonce was used by somebody else")
    assert "halted" == await refused(signer, request)
    assert "halted" == await refused_order(signer, order_for(payment(nonce=1)))
    signer.kill()
    signer.start()
    assert "halted" == await refused_order(signer, order_for(payment(nonce=2)))


async def test_a_stranger_cannot_halt(shared):
    key = OrderKey(b"\x01" * 32)
    now = int(time.time())
    for request in (
        HaltRequest("x", now, "worker", key.sign_halt("x", now)),
        HaltRequest("x", now - 3600, "worker", shared.order_key.sign_halt("x", now - 3600)),
        HaltRequest("x", now, "nobody", key.sign_halt("x", now)),
    ):
        answer = await exchange(shared, frame(encode_request(request)))
        assert isinstance(answer, Refused)
    hello = await shared.client().hello()
    assert isinstance(hello, Hello)
    assert hello.halted is None


# --- The socket


async def exchange(process, data: bytes, *, half_close: bool = True):
    reader, writer = await asyncio.open_unix_connection(str(process.socket))
    try:
        writer.write(data)
        await writer.drain()
        if half_close:
            writer.write_eof()
        head = await asyncio.wait_for(reader.read(4), 10)
        if len(head) < 4:
            return None
        return decode_answer(await reader.readexactly(struct.unpack(">I", head)[0]))
    finally:
        writer.close()


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", FRAME_BYTES_MAX + 1) + b"x" * 100,
        struct.pack(">I", 2**32 - 1),
        struct.pack(">I", 0),
        struct.pack(">I", 5) + b"hello",
        struct.pack(">I", 9) + b'{"op":"x"}',
        struct.pack(">I", 100) + b'{"op":',
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 4) + b"\xff\xfe\xfd\xfc",
        struct.pack(">I", 60_000) + b"[" * 60_000,
        b"\0",
    ],
)
async def test_whatever_is_said_the_signer_lives(shared, data):
    answer = await exchange(shared, data)

    assert answer is None or isinstance(answer, Refused)
    assert isinstance(await shared.client().hello(), Hello)


async def test_a_peer_that_says_nothing_hinders_nobody(shared):
    silent = [await asyncio.open_unix_connection(str(shared.socket)) for _ in range(10)]
    for _, writer in silent:
        writer.write(b"\0\0")

    assert isinstance(await shared.client().hello(), Hello)
    for _, writer in silent:
        writer.close()


def test_the_socket_and_the_files_are_the_signers_alone(shared):
    names = ("s.sock", "keystore.json", "journal.sqlite3", "order.key")
    modes = [(shared.folder / name).stat().st_mode & 0o777 for name in names]

    assert [0o600] * 4 == modes

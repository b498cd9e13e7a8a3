"""The watcher's pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fairhouse.chains import rules
from fairhouse.chains.adapters.evm.blocks import logs_bloom, waiting_movements
from fairhouse.chains.codecs import evm
from fairhouse.chains.rules import TokenBalance
from fairhouse.chains.types import (
    Address,
    BlockMovements,
    BlockRef,
    ChainHead,
    ChainSpec,
    Cursor,
    Movement,
    Observation,
    ObservationState,
    Sighting,
    TokenSpec,
    TxHash,
)
from fairhouse.kernel.currencies import ETHEREUM, AssetId

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ETH, USDT = AssetId("eth.ethereum"), AssetId("usdt.ethereum")
ALICE, BOB, TOKEN, FAKE = (evm.checksummed(bytes([number]) * 20) for number in (1, 2, 3, 4))
SPEC = ChainSpec(ETHEREUM, 31337, ETH, (TokenSpec(USDT, TOKEN),))
TX = TxHash("0x" + "aa" * 32)


def block(height: int, name: str = "a", parent: str | None = None) -> BlockRef:
    return BlockRef(height, f"{name}{height}", parent or f"{name}{height - 1}", NOW)


def cursor(height: int, hash_: str) -> Cursor:
    return Cursor(ETHEREUM, 31337, "a0", height, hash_, None, None, None)


def movement(to: Address, units: int, *, contract: Address | None = TOKEN, index: str = "l0"):
    return Movement(TX, index, contract, BOB, to, units)


def holding(*moves: Movement) -> BlockMovements:
    return BlockMovements(block(5), frozenset({TX}), moves, has_internal=True)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([block(5), block(6)], True),
        ([], True),
        ([block(6)], False),
        ([block(5), block(7)], False),
        ([block(5, "b")], False),
        ([block(5, "b", "a4"), block(6, "b")], True),
        ([block(5), block(6, "b")], False),
    ],
)
def test_joins(blocks: list[BlockRef], expected: bool):
    assert expected is rules.joins(cursor(4, "a4"), blocks)


def test_last_common_is_the_highest_shared_block():
    ours = {3: "a3", 4: "a4", 5: "a5"}

    assert rules.last_common(ours, [block(3), block(4), block(5, "b")]) == 4
    assert rules.last_common(ours, [block(3, "b"), block(4, "b")]) is None
    assert rules.last_common({}, [block(3)]) is None


def test_matched_takes_watched_recipients_and_pinned_contracts():
    moves = [
        movement(ALICE, 5),
        movement(BOB, 6),
        movement(ALICE, 7, contract=FAKE),
        movement(ALICE, 8, contract=None, index="n"),
        movement(ALICE, 0, index="l9"),
    ]

    found = rules.matched(SPEC, [holding(*moves)], {ALICE})

    assert [(item.asset, item.movement.base_units) for item in found] == [
        (USDT, 5),
        (None, 7),
        (ETH, 8),
    ]
    in_mempool = rules.waiting(SPEC, moves, {ALICE})
    assert [item.asset for item in in_mempool] == [USDT, ETH]


@pytest.mark.parametrize(
    ("moves", "delta", "expected"),
    [
        ([movement(ALICE, 100)], 100, [(USDT, 100)]),
        ([movement(ALICE, 100)], 99, [(USDT, 99)]),
        ([movement(ALICE, 100)], 0, [(None, 100)]),
        ([movement(ALICE, 100)], -5, [(None, 100)]),
        ([movement(ALICE, 100)], 101, [(None, 100)]),
        ([movement(ALICE, 100)], None, [(USDT, 100)]),
        ([movement(ALICE, 60), movement(ALICE, 40, index="l1")], 100, [(USDT, 60), (USDT, 40)]),
        ([movement(ALICE, 60), movement(ALICE, 40, index="l1")], 99, [(None, 60), (None, 40)]),
        # A sweep out in the same block explains the smaller growth.
        ([movement(ALICE, 60), Movement(TX, "l1", TOKEN, ALICE, BOB, 50)], 10, [(USDT, 60)]),
    ],
)
def test_tokens_count_for_what_the_balance_grew_by(
    moves: list[Movement], delta: int | None, expected: list[tuple[AssetId | None, int]]
):
    contents = [holding(*moves)]
    found = rules.matched(SPEC, contents, {ALICE})
    question = TokenBalance(TOKEN, ALICE, contents[0].block)
    assert rules.balances_to_check(SPEC, found) == {question}

    corrected = rules.as_received(found, contents, {} if delta is None else {question: delta})

    assert [(item.asset, item.movement.base_units) for item in corrected] == expected


def test_an_index_never_comes_to_mean_another_recipient():
    item = Sighting(movement(ALICE, 5), USDT, block(5))

    assert rules.told_apart([item], {}) == [item]
    assert rules.told_apart([item], {(TX, "l0"): (ALICE, TOKEN)}) == [item]
    once = rules.told_apart([item], {(TX, "l0"): (BOB, TOKEN)})
    assert [same.movement.index for same in once] == ["l0'"]
    known = {(TX, "l0"): (BOB, TOKEN), (TX, "l0'"): (ALICE, FAKE)}
    twice = rules.told_apart([item], known)
    assert [same.movement.index for same in twice] == ["l0''"]


def test_mined_without_its_movement_is_gone():
    kept = Sighting(movement(ALICE, 5), USDT, block(5))
    other = TxHash("0x" + "bb" * 32)

    assert rules.gone([(TX, "l0"), (TX, "l1"), (other, "n")], {TX}, [kept]) == [(TX, "l1")]


def test_confirmations_count_the_including_block():
    head = ChainHead(ETHEREUM, 10, "a10", 12, True, False, None, NOW)
    included = Observation(
        *(ETHEREUM, TX, "n", ETH, None, BOB, ALICE, 1, ObservationState.INCLUDED, 10, "a10"),
        *(NOW, 1, 1),
    )

    assert rules.confirmations(head, included) == 1
    assert rules.confirmations(head, replace(included, block_height=4)) == 7
    assert rules.confirmations(head, replace(included, block_height=11)) == 0
    orphaned = replace(included, state=ObservationState.ORPHANED, block_height=None)
    assert rules.confirmations(head, orphaned) == 0
    assert head.lag == 2


def test_bloom_of_nothing_is_zero_and_every_entry_sets_at_most_three_bits():
    log = {"address": ALICE, "topics": ["0x" + "01" * 32]}

    assert logs_bloom([]) == 0
    assert 1 <= logs_bloom([{**log, "topics": []}]).bit_count() <= 3
    assert logs_bloom([log]) == logs_bloom([log, log])


def test_what_waits_is_read_without_running_it():
    data = "0x" + evm.encode_token_transfer(ALICE, 9).hex()
    tx = {"hash": TX, "from": BOB, "to": TOKEN, "value": "0x0", "input": data}

    assert [*waiting_movements(tx)] == [Movement(TX, "l0", TOKEN, BOB, ALICE, 9)]
    assert [*waiting_movements({**tx, "to": None})] == []
    assert [*waiting_movements({**tx, "input": data[:-2]})] == []
    coins = {**tx, "input": "0x", "value": "0x5", "to": ALICE}
    assert [*waiting_movements(coins)] == [Movement(TX, "n", None, BOB, ALICE, 5)]
    assert [*waiting_movements({**coins, "to": BOB})] == []

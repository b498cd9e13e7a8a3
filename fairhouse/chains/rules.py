"""Pure decisions: what joins, what matches, what a token really moved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from fairhouse.chains.types import (
    Address,
    BlockMovements,
    BlockRef,
    ChainHead,
    ChainSpec,
    Cursor,
    Key,
    Movement,
    Observation,
    ObservationState,
    Sighting,
    TxHash,
)


@dataclass(frozen=True, slots=True)
class TokenBalance:
    """One question to the node: what an address holds of a token at a block."""

    contract: Address
    owner: Address
    block: BlockRef


def confirmations(head: ChainHead, observation: Observation) -> int:
    """How many blocks of the followed chain hold the movement: 1 in the newest, 0 when in none."""
    if observation.state is not ObservationState.INCLUDED or observation.block_height is None:
        return 0
    return max(0, head.height - observation.block_height + 1)


def joins(cursor: Cursor, blocks: Sequence[BlockRef]) -> bool:
    """Whether the blocks continue the chain that was read, without a gap."""
    height, parent = cursor.height, cursor.hash
    for block in blocks:
        if block.height != height + 1 or block.parent_hash != parent:
            return False
        height, parent = block.height, block.hash
    return True


def last_common(ours: Mapping[int, str], theirs: Iterable[BlockRef]) -> int | None:
    """The greatest height at which both chains have the same block, or None."""
    shared = (block.height for block in theirs if ours.get(block.height) == block.hash)
    return max(shared, default=None)


def recipients(blocks: Iterable[BlockMovements]) -> set[Address]:
    """Every address that something moved to."""
    return {item.to_address for block in blocks for item in block.movements}


def matched(
    spec: ChainSpec, blocks: Iterable[BlockMovements], watched: AbstractSet[Address]
) -> list[Sighting]:
    """The movements to watched addresses, in the order of the chain."""
    return [
        Sighting(movement, spec.asset_of(movement.contract), block.block)
        for block in blocks
        for movement in block.movements
        if movement.to_address in watched and movement.base_units > 0
    ]


def waiting(
    spec: ChainSpec, movements: Iterable[Movement], watched: AbstractSet[Address]
) -> list[Sighting]:
    """Movements of the mempool to watched addresses; of unknown tokens there is no news."""
    return [
        Sighting(movement, asset, None)
        for movement in movements
        if movement.to_address in watched
        and movement.base_units > 0
        and (asset := spec.asset_of(movement.contract)) is not None
    ]


def balances_to_check(spec: ChainSpec, found: Iterable[Sighting]) -> set[TokenBalance]:
    """The balances that show what tokens with a possible fee really moved."""
    checked = {item.contract for item in spec.tokens if item.checks_received}
    return {
        TokenBalance(item.movement.contract, item.movement.to_address, item.block)
        for item in found
        if item.block is not None
        and item.movement.contract is not None
        and item.movement.contract in checked
    }


def as_received(
    found: Iterable[Sighting],
    blocks: Iterable[BlockMovements],
    deltas: Mapping[TokenBalance, int],
) -> list[Sighting]:
    """Sightings corrected by the change of balance over their block.

    Where logs and balance agree nothing changes. A single movement that brought less counts for
    what it brought; where several cannot be told apart they are worth nothing until a person looks.
    """
    flows = _flows(blocks)
    corrected: list[Sighting] = []
    for item in found:
        movement, block = item.movement, item.block
        if block is None or movement.contract is None:
            corrected.append(item)
            continue
        question = TokenBalance(movement.contract, movement.to_address, block)
        delta = deltas.get(question)
        flow = flows[question]
        if delta is None or delta == sum(flow):
            corrected.append(item)
        elif len(flow) == 1 and 0 < delta < flow[0]:
            corrected.append(replace(item, movement=replace(movement, base_units=delta)))
        else:
            corrected.append(replace(item, asset=None))
    return corrected


def _flows(blocks: Iterable[BlockMovements]) -> Mapping[TokenBalance, list[int]]:
    flows: defaultdict[TokenBalance, list[int]] = defaultdict(list)
    for block in blocks:
        for item in block.movements:
            if item.contract is None:
                continue
            inward = TokenBalance(item.contract, item.to_address, block.block)
            outward = TokenBalance(item.contract, item.from_address, block.block)
            flows[inward].append(item.base_units)
            flows[outward].append(-item.base_units)
    return flows


def told_apart(
    found: Iterable[Sighting], known: Mapping[Key, tuple[Address, Address | None]]
) -> list[Sighting]:
    """Sightings with keys that never stand for two different things.

    A transaction that is mined again may run differently and write another log at the same place.
    Then the former observation stays as it is, and the new one gets an index with a mark.
    """
    apart: list[Sighting] = []
    for item in found:
        movement = item.movement
        index = movement.index
        meaning = (movement.to_address, movement.contract)
        while known.get((movement.tx_hash, index), meaning) != meaning:
            index += "'"
        apart.append(replace(item, movement=replace(movement, index=index)))
    return apart


def gone(
    open_keys: Iterable[Key], mined: AbstractSet[TxHash], found: Iterable[Sighting]
) -> list[Key]:
    """Open observations whose transaction was mined without them: it failed, or ran otherwise."""
    kept = {(item.movement.tx_hash, item.movement.index) for item in found}
    return [key for key in open_keys if key[0] in mined and key not in kept]

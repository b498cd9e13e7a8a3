"""The words of the chains: blocks, movements, observations, and what can be wrong with them.

Amounts are whole base units (wei, token units). Hashes are lower-case hex with 0x; addresses are
EIP-55 text on EVM chains.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.kernel.refusals import Malformed, NotFound, Unavailable

Address = NewType("Address", str)
TxHash = NewType("TxHash", str)
Key = tuple[TxHash, str]
"""What an observation of one chain is known by: transaction and index."""


# --- Refusals: addresses


class MalformedAddress(Malformed):
    """The text is no address of any kind we know."""

    code = "malformed_address"


class BadChecksum(Malformed):
    """A letter or digit of the address is wrong: its mixed case does not add up (EIP-55)."""

    code = "bad_checksum"


class WrongNetwork(Malformed):
    """The address belongs to another chain; `fields["network"]` names it."""

    code = "wrong_network"


class UnspendableAddress(Malformed):
    """Nobody holds a key for the address: the zero address or a precompiled contract."""

    code = "unspendable_address"


class MalformedTransaction(Malformed):
    """The bytes are no transaction of the one form that we make and accept."""

    code = "malformed_transaction"


# --- Refusals: nodes and chains


class ChainTrouble(Unavailable):
    """The chain cannot be followed just now; nothing was read, nothing moved."""

    code = "chain_trouble"


class NodeUnavailable(ChainTrouble):
    """The chain's node does not answer, or answers with an error that may pass."""

    code = "chain_unavailable"


class NodeContradiction(NodeUnavailable):
    """The node's answers do not fit together (empty logs under a full bloom, missing receipts)."""

    code = "chain_contradiction"


class NodeBehind(NodeUnavailable):
    """The node's head is below what was already read: it lags, or another node answers."""

    code = "chain_node_behind"


class NodesDisagree(NodeUnavailable):
    """Two nodes show different blocks at the same height; neither is believed."""

    code = "chain_nodes_disagree"


class NoToken(NodeUnavailable):
    """No token answers at the address of a contract."""

    code = "chain_no_token"


class WrongToken(ChainTrouble):
    """A pinned contract counts in other decimals than its asset: amounts would be absurd."""

    code = "chain_wrong_token"


class AnotherChain(ChainTrouble):
    """The node serves another chain than the one this database has followed."""

    code = "another_chain"


class ChainBehindDatabase(ChainTrouble):
    """The node's chain ends so far below the database's cursor that it is no mere lag."""

    code = "chain_behind_database"


class ReorgTooDeep(ChainTrouble):
    """The node's chain left ours deeper than the policy follows without a person."""

    code = "reorg_too_deep"


class UnknownChain(NotFound):
    """No cursor exists for the chain yet: its watcher has never reached the node."""

    code = "unknown_chain"


class StateUnavailable(NodeUnavailable):
    """The node no longer keeps balances or traces of a block that old."""

    code = "chain_state_unavailable"


# --- Chains as data


@dataclass(frozen=True, slots=True)
class TokenSpec:
    """A token contract whose transfers are worth an asset."""

    asset: AssetId
    contract: Address
    checks_received: bool = True
    """Compare the logged amount with the change of balance (fee-on-transfer tokens)."""


@dataclass(frozen=True, slots=True)
class ChainSpec:
    """Everything about a chain that is policy or fact, from settings."""

    chain: ChainId
    number: int
    """EIP-155 chain id; the node must say the same."""
    native: AssetId
    tokens: tuple[TokenSpec, ...] = ()
    start_height: int | None = None
    """The first block to read on first contact; None starts at the node's head."""
    reorg_depth_max: int = 64
    batch_blocks: int = 200
    """At most so many blocks are written in one transaction."""
    drop_after_blocks: int = 12
    """A transaction absent from mempool and chain for so many blocks counts as dropped."""
    rescan_window_blocks: int = 5_000
    """How far back a newly watched address that already holds coins is looked for."""
    has_traces: bool = False
    """The node serves debug_traceBlockByHash: internal transfers are seen."""
    has_txpool: bool = True
    """The node serves txpool_content; else the pending block is the mempool."""

    def asset_of(self, contract: Address | None) -> AssetId | None:
        """The asset that a movement of `contract` (None: the native coin) is worth."""
        if contract is None:
            return self.native
        return next((item.asset for item in self.tokens if item.contract == contract), None)


# --- What a node says


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """What tells one chain from another."""

    number: int
    genesis_hash: str


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block by height and hash, with its parent's hash."""

    height: int
    hash: str
    parent_hash: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """Coins or tokens that one transaction moves to one address."""

    tx_hash: TxHash
    index: str
    """"n" the transaction's own value, "l<k>" its k-th log, "i<path>" a call inside of it. Counted
    within the transaction, so that the key survives being mined again elsewhere."""
    contract: Address | None
    """The token's contract; None for the native coin."""
    from_address: Address
    to_address: Address
    base_units: int


@dataclass(frozen=True, slots=True)
class BlockMovements:
    """All that one block moved, complete by the node's own counts."""

    block: BlockRef
    tx_hashes: frozenset[TxHash]
    movements: tuple[Movement, ...]
    has_internal: bool
    """Whether transfers made by calls inside of transactions are among them."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Neither in the chain nor in the mempool of this node. Proves nothing about other nodes."""


@dataclass(frozen=True, slots=True)
class Pending:
    """In this node's mempool."""


@dataclass(frozen=True, slots=True)
class Included:
    """In a block of this node's chain."""

    block_height: int
    block_hash: str
    success: bool
    fee_base_units: int
    """What the sender paid for it, in base units of the native coin."""
    gas_used: int


TxState = Absent | Pending | Included


@dataclass(frozen=True, slots=True)
class FeeQuote:
    """EIP-1559 fees per gas, in wei, that a transaction made now should carry."""

    base_fee_wei: int
    priority_fee_wei: int
    max_fee_wei: int
    """Twice the base fee and the tip: stays good for six full blocks of rising fees."""


# --- What we keep


@dataclass(frozen=True, slots=True)
class Sighting:
    """A movement to a watched address, and what it is worth."""

    movement: Movement
    asset: AssetId | None
    block: BlockRef | None
    """None: in the mempool."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a chain has been read: every block up to `height`, none left out."""

    chain: ChainId
    number: int
    genesis_hash: str
    height: int
    hash: str
    halted_reason: str | None
    rescan_next: int | None
    rescan_last: int | None


class ObservationState(StrEnum):
    """Where an observed movement stands."""

    SEEN = "seen"
    """In the mempool only."""
    INCLUDED = "included"
    """In the block named by the observation."""
    ORPHANED = "orphaned"
    """Its block left the chain and it has not been mined again yet."""
    DROPPED = "dropped"
    """Failed, replaced or forgotten. Should it be mined after all, it is included again."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One movement to a watched address, keyed (chain, tx_hash, index)."""

    chain: ChainId
    tx_hash: TxHash
    index: str
    asset: AssetId | None
    """None: a token contract that is none of ours. Never worth anything."""
    contract: Address | None
    from_address: Address
    to_address: Address
    base_units: int
    state: ObservationState
    block_height: int | None
    block_hash: str | None
    """Both None unless the state is INCLUDED."""
    first_seen_at: datetime
    version: int
    """Rises with every change."""
    change_seq: int
    """Position among all changes of the chain; consumers poll what came after the last they had."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How far the watcher has read, and whether it can be relied on."""

    chain: ChainId
    height: int
    hash: str
    node_height: int
    healthy: bool
    """False when halted, behind the node by more than a batch, or without news of the node."""
    halted: bool
    last_error: str | None
    updated_at: datetime

    @property
    def lag(self) -> int:
        """Blocks that the node has and the watcher has not read yet."""
        return max(0, self.node_height - self.height)

"""Signing orders: what the worker may ask of the signer, and what it answers. Pure; both import it.

An order is canonical JSON (sorted keys, no spaces, amounts as decimal strings), signed by the
worker's Ed25519 key over `ORDER_DOMAIN` and exactly those bytes. Decoding encodes again and
compares, so that one order has one form.

On the socket a frame is a 4-byte big-endian length and JSON of at most FRAME_BYTES_MAX bytes.
"""

import re
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast
from uuid import UUID

import msgspec

from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kernel.refusals import Refusal

FRAME_BYTES_MAX: Final = 64 * 1024
ORDER_BYTES_MAX: Final = 8 * 1024
ORDER_DOMAIN: Final = b"fairhouse signing order v1\n"
APPROVAL_DOMAIN: Final = b"fairhouse withdrawal approval v1\n"
HALT_DOMAIN: Final = b"fairhouse signer halt v1\n"

_LENGTH: Final = struct.Struct(">I")
_AMOUNT: Final = re.compile(r"0|[1-9][0-9]{0,77}")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")


class MalformedOrder(ValueError):
    """The bytes are no order, request or answer in their one canonical form."""


class OrderKind(StrEnum):
    """What a transaction is for; each kind has its own rules in the signer."""

    WITHDRAWAL = "withdrawal"
    """From a hot wallet to anybody, under caps."""
    SWEEP = "sweep"
    """From a deposit address to the brand's own hot wallet."""
    GAS = "gas"
    """From the gas tank to an own deposit address, native coin, small."""
    CANCEL = "cancel"
    """Nothing, from an address to itself: takes the nonce of a family that cannot be mined."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the worker says the raw transaction does; the signer reads it from the bytes itself."""

    destination: str
    """Checksummed address."""
    asset: AssetId
    base_units: int
    max_fee: int
    """Gas limit times maximum fee per gas, in base units of the native coin."""
    destination_path: str | None = None
    """For gas: where the destination stands in the own key tree."""


@dataclass(frozen=True, slots=True)
class Order:
    """A single-use, expiring request for one signature."""

    order_id: UUID
    family_id: UUID
    """One payment, one family, one nonce, however often its fee is raised."""
    kind: OrderKind
    brand_id: int
    chain: ChainId
    path: str
    raw_unsigned: bytes
    claims: Claims
    issued_at: int
    """Unix seconds."""
    expires_at: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A named approver's Ed25519 signature of what is paid to whom (not of nonce and fee)."""

    approver: str
    expires_at: int
    """Unix seconds."""
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignRequest:
    """An order on the wire: the exact bytes that were signed."""

    order: bytes
    signature: bytes
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class HaltRequest:
    """Stop signing; anybody whose key the policy names may say so."""

    reason: str
    issued_at: int
    key: str
    """"worker" or an approver's name."""
    signature: bytes


@dataclass(frozen=True, slots=True)
class HelloRequest:
    """Asks who is there."""


SignerRequest = SignRequest | HaltRequest | HelloRequest


@dataclass(frozen=True, slots=True)
class Signed:
    """The same order always gets the same bytes."""

    raw_signed: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was signed under this order, and nothing ever will be."""

    code: str
    message: str
    final: bool
    """False: a new order for the same payment may succeed later (expired, cooling, day cap)."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The signer's public face."""

    identity_key: str
    policy_digest: str
    halted: str | None
    """The reason, while halted."""


SignerAnswer = Signed | Refused | Hello


class _WireClaims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    destination: str
    asset: str
    base_units: str
    max_fee: str
    destination_path: str | None


class _WireOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_id: str
    family_id: str
    kind: OrderKind
    brand_id: int
    chain: str
    path: str
    raw_unsigned: str
    claims: _WireClaims
    issued_at: int
    expires_at: int


class _WireApproval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    approver: str
    expires_at: int
    signature: str


class _WireSign(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sign", tag_field="op"
):
    order: str
    signature: str
    approvals: list[_WireApproval]


class _WireHalt(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="halt", tag_field="op"
):
    reason: str
    issued_at: int
    key: str
    signature: str


class _WireHello(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hello", tag_field="op"
):
    pass


class _WireSigned(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="signed", tag_field="answer"
):
    raw_signed: str


class _WireRefused(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="refused", tag_field="answer"
):
    code: str
    message: str
    final: bool


class _WireHelloAnswer(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hello", tag_field="answer"
):
    identity_key: str
    policy_digest: str
    halted: str | None


_REQUESTS: Final = cast(
    "msgspec.json.Decoder[_WireSign | _WireHalt | _WireHello]",
    msgspec.json.Decoder(_WireSign | _WireHalt | _WireHello),
)
_ANSWERS: Final = cast(
    "msgspec.json.Decoder[_WireSigned | _WireRefused | _WireHelloAnswer]",
    msgspec.json.Decoder(_WireSigned | _WireRefused | _WireHelloAnswer),
)


def _canonical(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _amount(text: str) -> int:
    if _AMOUNT.fullmatch(text) is None:
        raise MalformedOrder("amounts are decimal strings without sign or leading zeros")
    return int(text)


def _bytes(text: str) -> bytes:
    if _HEX.fullmatch(text) is None:
        raise MalformedOrder("bytes are lower-case hex without prefix")
    return bytes.fromhex(text)


def encode_order(order: Order) -> bytes:
    """The one byte form of an order; what the worker signs after `ORDER_DOMAIN`."""
    return _canonical(
        _WireOrder(
            order_id=to_wire("ord", order.order_id),
            family_id=to_wire("fam", order.family_id),
            kind=order.kind,
            brand_id=order.brand_id,
            chain=order.chain,
            path=order.path,
            raw_unsigned=order.raw_unsigned.hex(),
            claims=_WireClaims(
                destination=order.claims.destination,
                asset=order.claims.asset,
                base_units=str(order.claims.base_units),
                max_fee=str(order.claims.max_fee),
                destination_path=order.claims.destination_path,
            ),
            issued_at=order.issued_at,
            expires_at=order.expires_at,
        )
    )


def decode_order(data: bytes) -> Order:
    """The order in canonical bytes. Raises MalformedOrder."""
    if len(data) > ORDER_BYTES_MAX:
        raise MalformedOrder("the order is too long")
    try:
        wire = msgspec.json.decode(data, type=_WireOrder)
        order = Order(
            order_id=from_wire("ord", wire.order_id),
            family_id=from_wire("fam", wire.family_id),
            kind=wire.kind,
            brand_id=wire.brand_id,
            chain=ChainId(wire.chain),
            path=wire.path,
            raw_unsigned=_bytes(wire.raw_unsigned),
            claims=Claims(
                destination=wire.claims.destination,
                asset=AssetId(wire.claims.asset),
                base_units=_amount(wire.claims.base_units),
                max_fee=_amount(wire.claims.max_fee),
                destination_path=wire.claims.destination_path,
            ),
            issued_at=wire.issued_at,
            expires_at=wire.expires_at,
        )
    except (msgspec.MsgspecError, Refusal, UnicodeDecodeError) as error:
        raise MalformedOrder(f"no signing order: {error}") from error
    if encode_order(order) != data:
        raise MalformedOrder("the order is not in canonical form")
    return order


@dataclass(frozen=True, slots=True)
class Intent:
    """What an approver approves: whom a family pays how much of what."""

    family_id: UUID
    brand_id: int
    chain: ChainId
    asset: AssetId
    destination: str
    base_units: int


def intent_of(order: Order) -> Intent:
    """What a withdrawal's order wants to do."""
    claims = order.claims
    return Intent(
        order.family_id,
        order.brand_id,
        order.chain,
        claims.asset,
        claims.destination,
        claims.base_units,
    )


def approval_message(intent: Intent, expires_at: int) -> bytes:
    """What an approver signs: the intent, and until when it may be carried out."""
    return APPROVAL_DOMAIN + _canonical(
        {
            "family_id": to_wire("fam", intent.family_id),
            "brand_id": intent.brand_id,
            "chain": intent.chain,
            "asset": intent.asset,
            "destination": intent.destination,
            "base_units": str(intent.base_units),
            "expires_at": expires_at,
        }
    )


def halt_message(reason: str, issued_at: int) -> bytes:
    """What whoever halts the signer signs."""
    return HALT_DOMAIN + _canonical({"reason": reason, "issued_at": issued_at})


def encode_request(request: SignerRequest) -> bytes:
    """A request's JSON, without the frame's length."""
    match request:
        case SignRequest():
            approvals = [
                _WireApproval(item.approver, item.expires_at, item.signature.hex())
                for item in request.approvals
            ]
            return _canonical(_WireSign(request.order.decode(), request.signature.hex(), approvals))
        case HaltRequest():
            return _canonical(
                _WireHalt(request.reason, request.issued_at, request.key, request.signature.hex())
            )
        case HelloRequest():
            return _canonical(_WireHello())


def decode_request(data: bytes) -> SignerRequest:
    """Raises MalformedOrder."""
    try:
        wire = _REQUESTS.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MalformedOrder(f"no request: {error}") from error
    match wire:
        case _WireSign():
            approvals = tuple(
                Approval(item.approver, item.expires_at, _bytes(item.signature))
                for item in wire.approvals[:16]
            )
            return SignRequest(wire.order.encode(), _bytes(wire.signature), approvals)
        case _WireHalt():
            return HaltRequest(wire.reason, wire.issued_at, wire.key, _bytes(wire.signature))
        case _WireHello():
            return HelloRequest()


def encode_answer(answer: SignerAnswer) -> bytes:
    """An answer's JSON, without the frame's length."""
    match answer:
        case Signed():
            return _canonical(_WireSigned(answer.raw_signed.hex()))
        case Refused():
            return _canonical(_WireRefused(answer.code, answer.message, answer.final))
        case Hello():
            return _canonical(
                _WireHelloAnswer(answer.identity_key, answer.policy_digest, answer.halted)
            )


def decode_answer(data: bytes) -> SignerAnswer:
    """Raises MalformedOrder."""
    try:
        wire = _ANSWERS.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MalformedOrder(f"no answer: {error}") from error
    match wire:
        case _WireSigned():
            return Signed(_bytes(wire.raw_signed))
        case _WireRefused():
            return Refused(wire.code, wire.message, wire.final)
        case _WireHelloAnswer():
            return Hello(wire.identity_key, wire.policy_digest, wire.halted)


def frame(body: bytes) -> bytes:
    """A body with its length in front. Raises MalformedOrder when it is too long."""
    if len(body) > FRAME_BYTES_MAX:
        raise MalformedOrder("the frame is too long")
    return _LENGTH.pack(len(body)) + body


def frame_length(head: bytes) -> int:
    """The body length that a frame's first four bytes announce. Raises MalformedOrder."""
    (length,) = _LENGTH.unpack(head)
    if not 0 < length <= FRAME_BYTES_MAX:
        raise MalformedOrder("the frame's length is out of bounds")
    return length

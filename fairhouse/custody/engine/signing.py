"""ORDERED → SIGNED: the same order goes to the signer until there is an answer about it.

Only the signer's own refusal of an order leads back, because only that proves that the order will
never be signed. Silence proves nothing.
"""

from typing import Final

import structlog

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import Refused, Signed, SignRequest
from fairhouse.chains.types import MalformedTransaction
from fairhouse.custody import rules
from fairhouse.custody.engine.steps import Tools, halt_lane, move
from fairhouse.custody.events import SignerRefused, TransferFailed, TransferSigned
from fairhouse.custody.store import families
from fairhouse.custody.types import (
    FAMILY_PREFIX,
    Family,
    FamilyKind,
    FamilyState,
    Member,
    MemberState,
)
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.outcomes import Unknown
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

_log = structlog.get_logger("custody")

_NOT_ABOUT_THE_ORDER: Final = frozenset({"halted", "forged", "malformed", "clock"})
"""The signer did not look at the order: send it again when it is in order itself."""
_CONTRADICTIONS: Final = frozenset(
    {"nonce_taken", "family_moved", "family_changed", "order_reused"}
)
"""The signer remembers another past than our database: the payment may have been made."""


class SignerUnreachable(Exception):
    """The signer gives no answer; everything waits, nothing is given up."""


async def sign_ordered(tools: Tools) -> int:
    """Have every open order signed; returns how many got an answer.

    Raises SignerUnreachable at the first silence.
    """
    states = (FamilyState.ORDERED, FamilyState.SIGNED, FamilyState.BROADCAST)
    async with tools.db.read() as tx:
        found = await families.live(tx, chain=tools.policy.spec.chain, states=states)
        halted = {lane.address for lane in await families.halted_lanes(tx)}
    answered = 0
    for family in found:
        member = next((m for m in family.members if m.state is MemberState.ORDERED), None)
        if member is None or family.source in halted:
            continue
        await _sign(tools, family, member)
        answered += 1
    return answered


async def _sign(tools: Tools, family: Family, member: Member) -> None:
    tools.at("before_sign")
    request = SignRequest(member.order, member.order_signature, family.approvals)
    answer = await tools.signer.sign(request)
    tools.at("after_sign")
    if isinstance(answer, Unknown):
        raise SignerUnreachable(answer.reason)
    if isinstance(answer, Refused) and answer.code in _NOT_ABOUT_THE_ORDER:
        raise SignerUnreachable(f"{answer.code}: {answer.message}")
    async with tools.db.tx() as tx:
        if isinstance(answer, Signed):
            await _keep(tx, family, member, answer.raw_signed)
        else:
            await _refused(tx, tools, family, member, answer)
    tools.at("after_signed_kept")


async def _keep(tx: Tx, seen: Family, member: Member, raw_signed: bytes) -> None:
    decoded = _checked(seen, member, raw_signed)
    family = await families.by_id(tx, seen.id, lock=True)
    assert family is not None
    kept = await families.set_signed(
        tx, family.id, member.seq, raw_signed=raw_signed, tx_hash=decoded.hash
    )
    if not kept or family.state is not FamilyState.ORDERED:
        return
    await move(tx, family, FamilyState.SIGNED, decoded.hash)
    await announce(
        tx,
        TransferSigned(
            brand_id=family.brand_id,
            subject=to_wire(FAMILY_PREFIX, family.id),
            kind=family.kind.value,
            ref=family.ref,
            tx_hash=decoded.hash,
        ),
    )


def _checked(family: Family, member: Member, raw_signed: bytes) -> evm.SignedTx:
    """The signer's bytes must be our bytes, signed by our address."""
    try:
        decoded = evm.decode_signed(raw_signed)
    except MalformedTransaction as error:
        raise SignerUnreachable("the signer answered with bytes that are no transaction") from error
    if evm.encode_unsigned(decoded.tx) != member.raw_unsigned or decoded.sender != family.source:
        raise SignerUnreachable("the signer signed something else than was ordered")
    return decoded


async def _refused(tx: Tx, tools: Tools, seen: Family, member: Member, refused: Refused) -> None:
    lane = await families.lock_lane(tx, chain=seen.chain, address=seen.source)
    family = await families.by_id(tx, seen.id, lock=True)
    assert lane is not None
    assert family is not None
    if refused.code in _CONTRADICTIONS:
        _log.error("signer contradicts the database", family=str(family.id), code=refused.code)
        await halt_lane(tx, family, f"the signer says {refused.code}: {refused.message}")
        return
    if not await families.set_refused(tx, family.id, member.seq, refusal=refused.code):
        return
    # A sweep or a filling of gas is ours to try again; only a payment can be given up.
    final = refused.final and family.kind is FamilyKind.WITHDRAWAL
    await _announce_refusal(tx, family, refused, final=final)
    retry_at = tx.now + rules.patience(family, tools.policy)
    if family.state is not FamilyState.ORDERED:
        # A refused fee bump: the members signed before stay what they are.
        await families.update(tx, family.id, failure=refused.code, retry_at=retry_at)
        return
    assert family.nonce == lane.next_nonce - 1, "an unsigned family is the last of its lane"
    await families.set_nonce(tx, lane, next_nonce=lane.next_nonce - 1)
    await ledger.post(tx, transfers=rules.give_back(family, family.base_units, member.seq))
    await move(
        tx,
        family,
        FamilyState.CANCELLED_UNSIGNED if final else FamilyState.PLANNED,
        f"{refused.code}: {refused.message}",
        nonce=None,
        base_units=0 if family.kind is FamilyKind.SWEEP else family.base_units,
        failure=refused.code,
        retry_at=retry_at,
    )


async def _announce_refusal(tx: Tx, family: Family, refused: Refused, *, final: bool) -> None:
    subject = to_wire(FAMILY_PREFIX, family.id)
    _log.warning("signer refused", family=subject, code=refused.code, final=final)
    await announce(
        tx,
        SignerRefused(
            brand_id=family.brand_id,
            subject=subject,
            kind=family.kind.value,
            ref=family.ref,
            code=refused.code,
            message=refused.message,
            final=final,
        ),
    )
    if final and family.state is FamilyState.ORDERED:
        await announce(
            tx,
            TransferFailed(
                brand_id=family.brand_id,
                subject=subject,
                kind=family.kind.value,
                ref=family.ref,
                reason=refused.code,
                tx_hash=None,
                fee_base_units="0",
            ),
        )

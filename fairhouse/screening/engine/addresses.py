"""One movement's other side: lists first, always now; then what the provider said."""

from dataclasses import replace

from fairhouse.platform.database import Tx
from fairhouse.screening.engine import floor
from fairhouse.screening.engine.casework import open_case
from fairhouse.screening.rules.addresses import canonical
from fairhouse.screening.rules.verdicts import judge, judge_hit
from fairhouse.screening.store import cases, checks, lists
from fairhouse.screening.types import (
    OFAC,
    AddressCheck,
    AddressHit,
    CaseKind,
    CaseState,
    Judgement,
    Movement,
    ScreeningPolicy,
    Subject,
    Verdict,
)


async def listed(tx: Tx, address: str) -> AddressHit | None:
    """The list that names an address, in any spelling; the floor while nothing was imported."""
    key = canonical(address)
    if await lists.newest(tx, OFAC) is None:
        return floor.hit(key)
    return await lists.address_hit(tx, key)


def case_subject(subject: Subject, id_: object) -> str:
    """What a case about a movement says it is about."""
    return f"{subject}:{id_}"


async def is_cleared(tx: Tx, movement: Movement, reasons: tuple[str, ...]) -> bool:
    """Whether two people have let this movement pass, for these reasons."""
    subject = case_subject(movement.subject, movement.id)
    case = await cases.about(tx, movement.player_id, CaseKind.ADDRESS, subject)
    return case is not None and case.state is CaseState.CLEARED and case.reasons == reasons


async def known(tx: Tx, movement: Movement, policy: ScreeningPolicy) -> AddressCheck:
    """What is known of a movement now, without asking or writing anything."""
    found = await checks.find(tx, movement.id)
    hit = await listed(tx, movement.address)
    if hit is not None:
        judged = judge_hit(hit)
        if not await is_cleared(tx, movement, judged.reasons):
            return replace(
                _unasked(tx, movement, policy),
                verdict=judged.verdict,
                score=judged.score,
                reasons=judged.reasons,
            )
    if found is None or (found.verdict is Verdict.WAITING and not policy.uses_provider):
        return _unasked(tx, movement, policy)
    if found.verdict is Verdict.CLEAR and await _is_stale(tx, found, policy):
        return replace(found, verdict=Verdict.WAITING, decided_at=None)
    return found


async def screen(tx: Tx, movement: Movement, policy: ScreeningPolicy) -> AddressCheck:
    """The same, asked for where it is not known, and with a case where it is grave."""
    await checks.insert(tx, movement, canonical=canonical(movement.address))
    found = await known(tx, movement, policy)
    stored = await checks.find(tx, movement.id)
    assert stored is not None, movement.id
    if found.verdict is Verdict.WAITING:
        if stored.verdict is Verdict.CLEAR:
            await checks.ask_again(tx, movement.id)
    elif found.verdict is not stored.verdict:
        judged = Judgement(found.verdict, found.score, found.reasons, found.policy_version)
        await checks.decide(tx, movement.id, judged, provider="", expires_at=None, overrules=True)
    if found.verdict in {Verdict.HOLD, Verdict.FREEZE}:
        await open_case_of(tx, found, policy)
    return found


async def open_case_of(tx: Tx, check: AddressCheck, policy: ScreeningPolicy) -> None:
    """People look at a held or frozen movement."""
    movement = check.movement
    await open_case(
        tx,
        kind=CaseKind.ADDRESS,
        brand_id=movement.brand_id,
        player_id=movement.player_id,
        subject=case_subject(movement.subject, movement.id),
        verdict=check.verdict,
        reasons=check.reasons,
        evidence={
            "address": movement.address,
            "chain": movement.chain,
            "currency": movement.currency,
            "amount": movement.amount,
            "tx_hash": movement.tx_hash,
            "provider": check.provider,
            "policy": check.policy_version,
            "score": check.score,
        },
        due_in=policy.case_due,
    )


async def _is_stale(tx: Tx, check: AddressCheck, policy: ScreeningPolicy) -> bool:
    """Whether a destination has to be asked about again: too old, or the lists changed since."""
    if check.movement.subject is Subject.DEPOSIT or not policy.uses_provider:
        return False
    if not check.provider:
        return "cleared_by_staff" not in check.reasons
    if check.expires_at is not None and check.expires_at <= tx.now:
        return True
    newest = await lists.newest(tx, OFAC)
    return (
        newest is not None
        and check.decided_at is not None
        and (newest.imported_at > check.decided_at)
    )


def _unasked(tx: Tx, movement: Movement, policy: ScreeningPolicy) -> AddressCheck:
    judged = judge([])
    return AddressCheck(
        movement=movement,
        canonical=canonical(movement.address),
        verdict=Verdict.WAITING if policy.uses_provider else Verdict.CLEAR,
        score=0,
        reasons=(),
        policy_version=judged.policy_version,
        provider="",
        external_id="",
        asked_at=tx.now,
        decided_at=None,
        expires_at=None,
        polls=0,
        last_error="",
    )

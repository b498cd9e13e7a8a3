"""Staff coming, going, and the brands they work for."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from fairhouse.audit import api as audit
from fairhouse.audit.types import HOUSE, Deed
from fairhouse.backoffice import rules, store
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import Action, Actor
from fairhouse.brands.api import all_brands, brand
from fairhouse.identity import api as identity
from fairhouse.identity.api import Passwords
from fairhouse.identity.types import (
    STAFF_PREFIX,
    BadCredentials,
    Client,
    StaffId,
    StaffLoggedIn,
)
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx

_BY_SELF = "staff session"


async def log_in(
    db: Database,
    *,
    sealer: Sealer,
    passwords: Passwords,
    handle: str,
    password: str,
    totp: str,
    client: Client,
) -> StaffLoggedIn:
    """A staff session, and its line in the log; a refused attempt has one too.

    Refuses with BadCredentials.
    """
    try:
        granted = await identity.log_in_staff(
            db,
            sealer=sealer,
            passwords=passwords,
            handle=handle,
            password=password,
            totp=totp,
            client=client,
        )
    except BadCredentials:
        async with db.tx() as tx:
            await audit.append(tx, deed=await _refused(tx, handle))
        raise
    async with db.tx() as tx:
        actor = Actor(granted.session, await scope_of(tx, staff_id=granted.session.staff.id))
        await record(
            tx,
            actor=actor,
            action=Action.LOG_IN,
            brand_id=None,
            subject=to_wire(STAFF_PREFIX, granted.session.staff.id),
            reason=_BY_SELF,
            details={"session": to_wire("ses", granted.session.id)},
        )
    return granted


async def _refused(tx: Tx, handle: str) -> Deed:
    """An unknown name is not written down: it might be a password typed into the wrong field."""
    wanted = handle.strip().lower()
    known = [one for one in await identity.staff_members(tx) if one.handle == wanted]
    subject = to_wire(STAFF_PREFIX, known[0].id) if known else "unknown"
    return Deed(
        stream=HOUSE,
        actor="unknown",
        action=f"{Action.LOG_IN}_refused",
        subject=subject,
        reason="wrong password, code or name, or locked",
    )


async def actor_of(tx: Tx, *, token: str) -> Actor | None:
    """Who a session token belongs to, and their brands; needs a writing transaction."""
    session = await identity.staff_session(tx, token=token)
    if session is None:
        return None
    return Actor(session, await scope_of(tx, staff_id=session.staff.id))


async def scope_of(tx: Tx, *, staff_id: UUID) -> tuple[int, ...]:
    """The brands somebody may look into: all, or those they are limited to."""
    every = tuple(int(item.id) for item in all_brands())
    limited = await store.restriction(tx, staff_id)
    return every if limited is None else tuple(item for item in every if item in limited)


async def log_out(tx: Tx, *, actor: Actor) -> None:
    """End the session."""
    await identity.log_out_staff(tx, session=actor.session)
    await record(
        tx,
        actor=actor,
        action=Action.LOG_OUT,
        brand_id=None,
        subject=to_wire(STAFF_PREFIX, actor.staff.id),
        reason=_BY_SELF,
    )


async def restrictions(tx: Tx) -> Mapping[UUID, tuple[int, ...]]:
    """Everybody who is limited to some brands."""
    return await store.restrictions(tx)


async def limit_staff(
    tx: Tx, *, actor: Actor, staff_id: StaffId, brands: Sequence[int], reason: str
) -> None:
    """Limit somebody to some brands; none means the whole house.

    Nobody changes their own limit, and nobody gives what they do not have. Refuses with Forbidden,
    OutOfScope, ReasonNeeded, UnknownBrand and NotFound.
    """
    # CHECK
    rules.check_may(actor, Action.LIMIT_STAFF)
    given = rules.clean_reason(reason)
    member = await identity.staff_member(tx, staff_id=staff_id)
    rules.check_other(actor, member)
    for brand_id in brands or [int(item.id) for item in all_brands()]:
        rules.check_brand(actor, brand(brand_id).id)
    before = await store.restriction(tx, staff_id)
    # RECORD
    await store.restrict(tx, staff_id, brands)
    await record(
        tx,
        actor=actor,
        action=Action.LIMIT_STAFF,
        brand_id=None,
        subject=to_wire(STAFF_PREFIX, staff_id),
        reason=given,
        details={"before": _shown(before), "after": _shown(brands)},
    )


def _shown(brands: Sequence[int] | None) -> str:
    return ",".join(str(item) for item in brands) if brands else "all"

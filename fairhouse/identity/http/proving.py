"""What something just proven is for: logging in, linking, or a fresh step-up."""

from fastapi import Request, Response

from fairhouse.identity import api
from fairhouse.identity.api import Site
from fairhouse.identity.http.deps import IdentityDeps, client_of, granted, network_of
from fairhouse.identity.http.entering import entrance
from fairhouse.identity.http.ways import ways_view
from fairhouse.identity.http.wire import EntranceView
from fairhouse.identity.types import Proven, Purpose, Session


def site_of(deps: IdentityDeps, request: Request) -> Site:
    """The pages that ask: the brand's own, on the host that the browser shows."""
    origins = deps.gate.origins(request)
    # Locally a brand answers to several names: passkeys and messages name the one in use.
    asked = request.headers.get("origin", "")
    shown = frozenset({asked}) if asked in origins else origins
    host = min(shown).partition("://")[2].rpartition(":")
    return Site(rp_id=host[0] or host[2], name=deps.gate.brand(request).name, origins=shown)


async def session_for(deps: IdentityDeps, request: Request, purpose: Purpose) -> Session | None:
    """Whose account it concerns: nobody's yet when entering. Floods are slowed."""
    if purpose is Purpose.ENTER:
        deps.gate.check_origin(request)
        deps.limits.logins.take(network_of(request))
        return None
    session = await deps.gate.registered(request)
    deps.limits.proofs.take(str(session.player_id))
    return session


async def use(
    deps: IdentityDeps,
    request: Request,
    response: Response,
    proven: Proven,
    session: Session | None,
    purpose: Purpose,
    *,
    with_token: bool,
) -> EntranceView:
    """Do what it was proven for."""
    if session is None:
        async with deps.db.tx() as tx:
            result = await api.enter(
                tx,
                sealer=deps.sealer,
                brand=deps.gate.brand(request),
                proven=proven,
                client=client_of(request),
            )
        return await entrance(deps, request, response, result, with_token=with_token)
    if purpose is Purpose.LINK:
        async with deps.db.tx() as tx:
            ways = await api.link(tx, sealer=deps.sealer, session=session, proven=proven)
        return EntranceView(next="linked", ways=await ways_view(deps, session, ways))
    async with deps.db.tx() as tx:
        stepped = await api.step_up_with(tx, sealer=deps.sealer, session=session, proven=proven)
    until = granted(stepped)
    deps.sessions.drop_session(session.id, session.player_id)
    return EntranceView(next="stepped_up", step_up_until=until)

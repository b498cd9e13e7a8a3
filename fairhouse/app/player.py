"""`python -m fairhouse.app api`: the player's API, its sockets, the web app, and the bet lanes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, cast

import httpx
from fastapi import Depends, FastAPI

from fairhouse.app import account, catalogue, places, reference, wiring, ws
from fairhouse.app.brand_watch import Unoffered, follow_brands
from fairhouse.app.forward import Forwarder, listen
from fairhouse.app.gate import Gate
from fairhouse.app.guards import GuardWatch
from fairhouse.app.hot_gate import HotGate
from fairhouse.app.lane_tail import LaneTail
from fairhouse.app.live import Live, forward_cash_outs, make_live
from fairhouse.app.own_data import own_data
from fairhouse.app.places import Doorman
from fairhouse.app.process import Listen, Process, process
from fairhouse.app.settings import Settings
from fairhouse.app.sittings import Sittings
from fairhouse.app.sittings import routes as sitting_routes
from fairhouse.app.subscriptions import Newsroom
from fairhouse.app.ways_wiring import ways_offered
from fairhouse.app.web import PlayerWeb
from fairhouse.betting import http as betting_http
from fairhouse.betting.api import Road, WriterSettings, grant_play_money, played
from fairhouse.betting.types import Bet
from fairhouse.brands.api import PauseBoard
from fairhouse.brands.types import BrandId
from fairhouse.cashier import http as cashier_http
from fairhouse.games import hot as games_hot
from fairhouse.games import http as games_http
from fairhouse.games import proofs
from fairhouse.games.api import Games
from fairhouse.games.crash import http as crash_http
from fairhouse.games.jobs import do_voids, settle_abandoned
from fairhouse.games.pace import pace_limiter
from fairhouse.identity import http as identity_http
from fairhouse.identity.api import Passwords, SessionCache
from fairhouse.identity.types import Player, PlayerKind, Session
from fairhouse.kernel.refusals import Unavailable
from fairhouse.kyc import http as kyc_http
from fairhouse.kyc.api import KycTools
from fairhouse.messages import http as messages_http
from fairhouse.platform import link
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx, system_clock
from fairhouse.platform.hot import Forwarder as HotForwarder
from fairhouse.platform.hot import HotAsgi, HotRoute, HotTable, hot_table
from fairhouse.platform.http import AsgiApp, EdgeSettings, RateLimiter, edge, install_errors
from fairhouse.platform.push import Hub
from fairhouse.protection import http as protection_http
from fairhouse.protection.api import PlayClock, carry_over
from fairhouse.protection.types import Play

PINGS_EVERY_S: Final = 1.0
HOUSE_EVERY_S: Final = 1.0
FOLD_EVERY_S: Final = 2.0
SESSIONS_EVERY_S: Final = 0.5
PULSE_EVERY_S: Final = 1.0
SLOW_EVERY_S: Final = 0.05
FEED_EVERY_S: Final = 0.25
TAIL_EVERY_S: Final = 0.25
PAUSES_EVERY_S: Final = 5.0
PLACES_EVERY_S: Final = 1.0
ABANDONED_EVERY_S: Final = 60.0
VOIDS_EVERY_S: Final = 2.0
RANDOMNESS_EVERY_S: Final = 1.0
GUARDS_EVERY_S: Final = 2.0
SITTINGS_EVERY_S: Final = 1.0
MINUTES_EVERY_S: Final = 15.0

DESCRIPTION: Final = """
Amounts are decimal strings, times are ISO 8601 in UTC, ids carry their kind (`bet_…`).
Every refusal has one shape: `{"error": {"code", "message", "param", "fields", "request_id"}}`.
Bets and withdrawals take an id made by the client (a version 7 UUID): repeat it to retry safely.
Browsers use the session cookie with `X-CSRF-Token` from `GET /v1/session`; programs log in with
`"token": true` and send `Authorization: Bearer …`.
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the player's API is made of; tests make it without a process around it."""

    settings: Settings
    db: Database
    seal: Sealer
    gate: Gate
    hub: Hub
    pauses: PauseBoard
    passwords: Passwords
    road: Road
    games: Games
    live: Live
    pace: RateLimiter
    news: Newsroom
    sittings: Sittings
    minutes: PlayClock
    guards: GuardWatch
    forwarder: Forwarder


def make_parts(
    settings: Settings,
    db: Database,
    seal: Sealer,
    *,
    address: str | None = None,
    doorman: Doorman | None = None,
) -> Parts:
    """Everything, wired; nothing is running yet. `address`: where other processes reach us;
    `doorman`: who looks where somebody is.
    """
    minutes = PlayClock()

    def on_seen(session: Session, now: datetime) -> None:
        if session.kind is PlayerKind.REGISTERED:
            minutes.note(session.player_id, now)

    sessions = SessionCache(db, on_seen=on_seen)
    pauses, unoffered = PauseBoard(), Unoffered()
    heard: list[Newsroom] = []

    def on_committed(bets: Sequence[Bet]) -> None:
        heard[0].on_committed(bets)

    def paused(brand_id: int) -> Mapping[str, str]:
        # Asked before every new bet: without good randomness none is taken.
        seal.entropy.check()
        closed = unoffered(brand_id)
        found = pauses.paused(BrandId(brand_id))
        return cast("Mapping[str, str]", {**closed, **found} if closed else found)

    lanes = WriterSettings(lease_s=settings.lanes.lease_s, address=address)
    road = Road(db, sealer=seal, settings=lanes, on_committed=on_committed)
    games = Games(db, road, sealer=seal, pauses=paused)
    hub = Hub()
    sittings = Sittings(db, hub)
    heard.append(
        Newsroom(db, hub, sessions, pauses, games, road.refresh_house, on_player=sittings.note)
    )
    gate = wiring.gate(settings, sessions, seal, doorman)
    return Parts(
        settings=settings,
        db=db,
        seal=seal,
        gate=gate,
        hub=hub,
        pauses=pauses,
        passwords=Passwords(),
        road=road,
        games=games,
        live=make_live(settings, db, seal, road, hub, pauses=paused, games=games, address=address),
        pace=pace_limiter(),
        news=heard[0],
        sittings=sittings,
        minutes=minutes,
        guards=GuardWatch(db, road.refresh_guards),
        forwarder=Forwarder(
            key=seal.blind_index("api", purpose="lane forwarding"),
            own=address,
            address_of=road.address_of,
            host_of=gate.public_host,
        ),
    )


def make_app(parts: Parts) -> FastAPI:
    """The FastAPI app with every player route; `/v1/openapi.json` describes it."""
    app = FastAPI(
        title="Fairhouse player API",
        version="1",
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    install_errors(app)
    gate, policies = parts.gate, wiring.policies(parts.settings)
    app.include_router(
        catalogue.routes(
            catalogue.CatalogueDeps(
                brand=gate.brand,
                policies=policies,
                games=parts.games,
                limits=parts.road.limits,
                pauses=lambda brand_id: {**parts.pauses.paused(BrandId(brand_id))},
                chain_names=wiring.CHAIN_NAMES,
                clock=system_clock,
            )
        )
    )
    app.include_router(
        identity_http.routes(_identity_deps(parts)), dependencies=[Depends(gate.entrance)]
    )
    app.include_router(places.routes(gate.doorman, gate.brand))
    app.include_router(account.routes(account.AccountDeps(parts.db, gate.player)))
    app.include_router(sitting_routes(parts.db, gate.player))
    app.include_router(cashier_http.routes(cashier_http.CashierDeps(parts.db, gate, policies)))
    app.include_router(
        betting_http.routes(betting_http.SeedDeps(parts.db, parts.road, parts.seal, gate.player))
    )
    # Before the games: `/v1/bets/export` is not the bet called "export".
    app.include_router(
        proofs.routes(proofs.ProofDeps(parts.db, parts.seal, gate.player, gate.visitor))
    )
    app.include_router(crash_http.routes(_crash_deps(parts)))
    app.include_router(games_http.routes(_games_deps(parts)))
    app.include_router(messages_http.routes(messages_http.MessagesDeps(parts.db, gate.registered)))
    app.include_router(protection_http.routes(_protection_deps(parts)))
    app.include_router(kyc_http.routes(_kyc_deps(parts)))
    app.include_router(ws.routes(_socket_deps(parts)))
    app.include_router(reference.routes(app))
    parts.forwarder.install(app, gate.player)
    forward_cash_outs(app, parts.forwarder, parts.live.stage)
    return app


def _identity_deps(parts: Parts) -> identity_http.IdentityDeps:
    async def welcome(tx: Tx, player: Player) -> None:
        await grant_play_money(tx, brand_id=player.brand_id, player_id=player.id)
        await carry_over(tx, sealer=parts.seal, player=player)

    async def balances(tx: Tx, session: Session) -> Sequence[identity_http.BalanceView]:
        return await account.balances_of(tx, session.brand_id, session.player_id)

    return identity_http.IdentityDeps(
        db=parts.db,
        gate=parts.gate,
        sealer=parts.seal,
        passwords=parts.passwords,
        sessions=parts.gate.sessions,
        welcome=welcome,
        balances=balances,
        offered=ways_offered(parts.settings),
        parse_address=wiring.clean_address,
        own_data=own_data,
    )


def _protection_deps(parts: Parts) -> protection_http.ProtectionDeps:
    async def counted(tx: Tx, session: Session) -> Play:
        return await played(tx, player_id=session.player_id)

    return protection_http.ProtectionDeps(
        db=parts.db, gate=parts.gate, sealer=parts.seal, played=counted, apply=parts.guards.step
    )


def _kyc_deps(parts: Parts) -> kyc_http.KycDeps:
    client = httpx.AsyncClient(trust_env=False)
    vendor = wiring.kyc_vendor(parts.settings, parts.db, client)
    if vendor is None:
        return kyc_http.KycDeps(parts.db, parts.gate, KycTools(parts.seal))
    return kyc_http.KycDeps(
        parts.db, parts.gate, KycTools(parts.seal), vendor_link=vendor.link, has_vendor=True
    )


def _games_deps(parts: Parts) -> games_http.GamesDeps:
    gate = parts.gate
    return games_http.GamesDeps(
        db=parts.db,
        pace=parts.pace,
        games=parts.games,
        sealer=parts.seal,
        player=gate.player,
        bettor=gate.bettor,
        visitor=gate.visitor,
        brand_id=lambda request: gate.brand(request).id,
    )


def _crash_deps(parts: Parts) -> crash_http.CrashDeps:
    gate = parts.gate
    return crash_http.CrashDeps(
        db=parts.db,
        crash=parts.live.crash,
        games=parts.games,
        player=gate.player,
        bettor=gate.bettor,
        brand_id=lambda request: gate.brand(request).id,
        pace=parts.pace,
    )


def hot_routes(parts: Parts, *, forward: HotForwarder | None = None) -> list[HotRoute]:
    """The bet routes on the fast lane; `forward` takes a request to the owner of its lane."""
    gate = HotGate(parts.gate)
    return games_hot.routes(
        games_hot.HotDeps(
            games=parts.games,
            player=gate.player,
            bettor=gate.bettor,
            pace=parts.pace,
            forward=forward,
        )
    )


def _socket_deps(parts: Parts) -> ws.SocketDeps:
    gate = parts.gate

    return ws.SocketDeps(
        db=parts.db,
        hub=parts.hub,
        player=gate.player,
        brand_id=lambda connection: gate.brand(connection).id,
        origins=gate.origins,
    )


def front(parts: Parts, app: FastAPI) -> tuple[AsgiApp, HotTable]:
    """What a server is given: sockets in front of the app, and the bets on the fast lane.

    Other processes' requests are answered by the same, without being forwarded again.
    """
    https = parts.settings.http.is_https
    presented = EdgeSettings("player", is_https=https, uploads=kyc_http.UPLOADS)
    edged = edge(app, presented)  # pyright: ignore[reportArgumentType]
    parts.forwarder.attach(HotAsgi(edged, HotTable(hot_routes(parts), presented)))
    routes = hot_routes(parts, forward=parts.forwarder.hot)
    return ws.in_front(_socket_deps(parts), edged), hot_table(routes, presented)


def _add_web_app(app: FastAPI, folder: Path) -> None:
    """The built web app, when there is one; it routes by fragment, so `/` is its only page.

    Beside it the verifier, one file that works without us as well.
    """
    if folder.is_dir():
        app.mount("/", PlayerWeb(directory=folder, html=True), name="web")


async def main(settings: Settings) -> None:
    """Run until stopped."""
    async with process("api", settings) as run:
        db = await run.database(settings.database.app_url)
        await follow_brands(run, db, stores=True)
        seal = wiring.sealer(settings)
        seal.entropy.start()
        listener, address = listen(settings.lanes)
        run.stack.callback(listener.close)
        doorman = Doorman(await asyncio.to_thread(wiring.geo, settings))
        parts = make_parts(settings, db, seal, address=address, doorman=doorman)
        run.stack.callback(parts.forwarder.close)
        run.stack.callback(parts.passwords.close)
        app = make_app(parts)
        _add_web_app(app, Path(settings.http.web_folder))
        served, hot = front(parts, app)
        ports = list(settings.http.player_ports.values())
        run.listens.append(Listen(served, ports, settings.http.trusted_proxies, hot))
        await parts.news.refresh_pauses()
        await parts.road.refresh_house()
        await parts.games.refresh()
        _add_work(run, parts)
        run.probes["/healthz/places"] = doorman.report
        run.loop("places", PLACES_EVERY_S, lambda: doorman.write_down(db))
        run.task(lambda: link.serve(listener, parts.forwarder.key, parts.forwarder.answer))
        run.before_stop.append(parts.road.hand_over)

        async def ready() -> None:
            await _check_ready(parts)

        await run.run(ready)


def _add_work(run: Process, parts: Parts) -> None:
    async def house() -> int:
        await parts.road.refresh_house()
        await parts.games.refresh()
        return 0

    run.task(parts.road.run, farewell=parts.road.stop)
    parts.live.add_work(run)
    run.task(parts.news.follow_outbox)
    run.loop("pings", PINGS_EVERY_S, parts.hub.ping)
    run.loop("house", HOUSE_EVERY_S, house)
    run.loop("randomness", RANDOMNESS_EVERY_S, parts.seal.entropy.examine)
    run.loop("sessions in use", SESSIONS_EVERY_S, parts.gate.sessions.renew)
    tail = LaneTail(parts.db, parts.road, parts.hub, parts.news)
    run.loop("lanes elsewhere", TAIL_EVERY_S, tail.step)
    run.loop("road pulse", PULSE_EVERY_S, parts.road.pulses.step)
    run.loop("slow batches", SLOW_EVERY_S, parts.road.slow_batches.step)
    run.loop("feed", FEED_EVERY_S, parts.news.publish_bets)
    run.loop("sittings", SITTINGS_EVERY_S, parts.sittings.step)
    run.loop("guards", GUARDS_EVERY_S, parts.guards.step, wake=parts.news.guards_changed)
    run.loop("pauses", PAUSES_EVERY_S, parts.news.refresh_pauses)
    run.loop("hot rows", FOLD_EVERY_S, parts.road.fold)
    run.loop("minutes played", MINUTES_EVERY_S, lambda: parts.minutes.flush(parts.db))
    run.loop("voided rounds", VOIDS_EVERY_S, lambda: do_voids(parts.db, parts.road))
    run.loop("abandoned rounds", ABANDONED_EVERY_S, lambda: settle_abandoned(parts.db, parts.games))


async def _check_ready(parts: Parts) -> None:
    async with parts.db.read() as tx:
        await tx.fetchval("select 1")
    if not parts.road.is_ready:
        raise Unavailable("The bet lanes are not ours yet.")

"""A vendor's words: signed, kept once, applied in the vendor's order, polled when lost."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from fairhouse.app.callbacks import make_app
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player, PlayerStatus
from fairhouse.kernel.ids import to_wire
from fairhouse.kyc.adapters.sumsub import Sumsub, SumsubSettings, answer_of
from fairhouse.kyc.api import KycTools, VendorDesk, player_standing, save_details
from fairhouse.kyc.engine.standing import open_request
from fairhouse.kyc.types import Answer, RequestState, Tier, VendorUnavailable, Why
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows.cashier_world import a_player
from tests.flows.test_kyc import DETAILS, SEAL

SECRET, HOOK = b"app-secret", b"hook-secret"
S = RequestState


@dataclass
class Vendor:
    """Sumsub's documented answers, written apart from our adapter."""

    url: str = ""
    status: int = 200
    reviews: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, headers: Any) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        text = headers["X-App-Access-Ts"].encode() + method.encode() + path.encode()
        signed = hmac.new(SECRET, text, hashlib.sha256).hexdigest()
        if headers["X-App-Token"] != "token" or headers["X-App-Access-Sig"] != signed:
            return 401, {"description": "signature mismatch"}
        if self.status != 200:
            return self.status, {}
        if "/websdkLink" in path:
            return 200, {"url": "https://in.sumsub.test/websdk/p/abc"}
        if "externalUserId=" in path:
            return 200, {"id": "app-1"}
        return 200, self.reviews.get(path.split("/")[3], {"reviewStatus": "init"})


@contextmanager
def serving() -> Generator[Vendor]:
    vendor = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            status, found = vendor.answer(self.command, self.path, self.headers)
            content = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Scene:
    """A player whose first tier is asked for, known to the vendor as app-1."""

    db: Database
    vendor: Vendor
    desk: VendorDesk
    hooks: httpx.AsyncClient
    player: Player

    async def hook(
        self, says: str = "GREEN", *, status: int = 200, signed: bytes | None = None, **more: Any
    ) -> Any:
        body = json.dumps(event(says, **more)).encode()
        digest = hmac.new(HOOK, signed or body, hashlib.sha256).hexdigest()
        answer = await self.hooks.post(
            "/callbacks/kyc/sumsub",
            content=body,
            headers={"X-Payload-Digest": digest, "X-Payload-Digest-Alg": "HMAC_SHA256_HEX"},
        )
        assert status == answer.status_code, answer.text
        return answer.json()

    async def work(self) -> None:
        while await self.desk.step():
            pass

    async def state(self) -> RequestState:
        async with self.db.read() as tx:
            found = await player_standing(tx, player_id=self.player.id, brand_id=1)
        return next(one.state for one in found.requests if one.tier is Tier.IDENTITY)

    async def outcomes(self) -> list[str]:
        async with self.db.read() as tx:
            rows = await tx.fetch("select outcome from kyc.vendor_event order by processed_at")
        return [row["outcome"] for row in rows]


def event(
    answer: str | None = "GREEN",
    *,
    at: str = "2026-01-02 03:04:05.000",
    reject: str | None = None,
    type_: str = "applicantReviewed",
    applicant: str = "app-1",
    **more: Any,
) -> dict[str, Any]:
    review: dict[str, Any] = {"reviewAnswer": answer} if answer else {}
    if reject:
        review |= {"reviewRejectType": reject, "rejectLabels": ["BAD_PROOF_OF_IDENTITY"]}
        review["moderationComment"] = "Please send a sharper picture."
    return {
        "applicantId": applicant,
        "type": type_,
        "reviewStatus": "completed",
        "reviewResult": review,
        "createdAtMs": at,
        **more,
    }


@pytest.fixture
async def scene(db: Database, worker_db: Database) -> AsyncGenerator[Scene]:
    player = await a_player(db)
    async with db.tx() as tx:
        await save_details(tx, tools=KycTools(SEAL), player=player, details=DETAILS)
        await open_request(tx, player.id, 1, Tier.IDENTITY, Why.THRESHOLD)
    with serving() as vendor:
        async with httpx.AsyncClient(trust_env=False) as client:
            settings = SumsubSettings(
                vendor.url, "token", SECRET, HOOK, {Tier.IDENTITY: "basic-kyc-level"}
            )
            desk = VendorDesk(db, Sumsub(client, settings, db.now))
            transport = httpx.ASGITransport(app=make_app(desk))
            async with httpx.AsyncClient(transport=transport, base_url="http://hooks") as hooks:
                await desk.remember(player.id, 1, Tier.IDENTITY)
                yield Scene(db, vendor, desk, hooks, player)


@pytest.mark.parametrize(
    ("status", "answer", "reject", "expected"),
    [
        ("completed", "GREEN", "", Answer.APPROVE),
        ("completed", "RED", "RETRY", Answer.RETRY),
        ("completed", "RED", "", Answer.RETRY),
        ("completed", "RED", "FINAL", Answer.REJECT),
        ("onHold", "", "", Answer.HOLD),
        ("pending", "GREEN", "", None),
        ("init", "", "", None),
        ("completed", "YELLOW", "", None),
        ("", "", "", None),
    ],
)
def test_what_the_vendor_says_in_our_words(
    status: str, answer: str, reject: str, expected: Answer | None
):
    assert expected == answer_of(status, answer, reject)


async def test_a_link_leads_to_the_vendor_and_every_request_is_signed(scene: Scene):
    url = await scene.desk.link(scene.player.id, 1, Tier.IDENTITY)
    assert url.startswith("https://in.sumsub.test/")
    assert to_wire("ply", scene.player.id) in scene.vendor.asked[1]
    with pytest.raises(VendorUnavailable):
        await scene.desk.link(scene.player.id, 1, Tier.FUNDS)
    scene.vendor.status = 503
    with pytest.raises(VendorUnavailable):
        await scene.desk.link(scene.player.id, 1, Tier.IDENTITY)


async def test_a_green_word_approves_once(scene: Scene):
    assert {"kept": True} == await scene.hook()
    assert {"kept": False} == await scene.hook()
    assert S.WANTED == await scene.state()
    await scene.work()
    assert S.APPROVED == await scene.state()
    assert ["approve"] == await scene.outcomes()


async def test_a_forged_word_changes_nothing(scene: Scene):
    await scene.hook(status=401, signed=b"something else")
    bare = await scene.hooks.post("/callbacks/kyc/sumsub", content=b"{}")
    assert 401 == bare.status_code
    await scene.work()
    assert (S.WANTED, []) == (await scene.state(), await scene.outcomes())


async def test_retry_never_closes_and_final_does(scene: Scene):
    await scene.hook("RED", reject="RETRY")
    await scene.work()
    assert S.RETRY == await scene.state()
    async with scene.db.read() as tx:
        found = await player_standing(tx, player_id=scene.player.id, brand_id=1)
        active = await identity.player(tx, player_id=scene.player.id)
    assert "Please send a sharper picture." == found.requests[0].note
    assert PlayerStatus.ACTIVE == active.status
    await scene.hook("RED", reject="FINAL", at="2026-01-02 04:00:00.000")
    await scene.work()
    async with scene.db.read() as tx:
        closed = await identity.player(tx, player_id=scene.player.id)
    assert (S.REJECTED, PlayerStatus.CLOSED) == (await scene.state(), closed.status)


async def test_an_older_word_after_a_newer_one_is_ignored(scene: Scene):
    await scene.hook("RED", reject="RETRY", at="2026-01-02 05:00:00.000")
    await scene.work()
    await scene.hook("RED", reject="FINAL", at="2026-01-02 04:00:00.000")
    await scene.work()
    assert S.RETRY == await scene.state()
    assert "older than what counted" in await scene.outcomes()


async def test_tests_and_other_news_do_not_count_in_production(scene: Scene):
    await scene.hook("GREEN", testMode=True)
    await scene.hook("GREEN", type_="applicantCreated")
    await scene.hook("GREEN", applicant="somebody-else")
    await scene.work()
    assert (S.WANTED, ["unknown applicant"]) == (await scene.state(), await scene.outcomes())


async def test_a_lost_webhook_is_made_good_by_asking(scene: Scene, clock: SettableClock):
    scene.vendor.reviews["app-1"] = {
        "reviewStatus": "completed",
        "reviewResult": {"reviewAnswer": "GREEN"},
        "reviewDate": "2026-01-02 03:30:00+0000",
    }
    await scene.desk.poll()
    assert S.WANTED == await scene.state()
    clock.advance(minutes=6)
    scene.vendor.status = 500
    await scene.desk.poll()
    assert S.WANTED == await scene.state()
    scene.vendor.status = 200
    clock.advance(minutes=6)
    await scene.desk.poll()
    assert S.APPROVED == await scene.state()


async def test_the_same_word_taken_by_two_workers_counts_once(scene: Scene):
    await scene.hook()
    await asyncio.gather(*(scene.desk.step() for _ in range(4)))
    await scene.work()
    async with scene.db.read() as tx:
        assert 1 == await tx.fetchval("select count(*) from kyc.decision")

"""The bank's pages and calls.

Only this machine's browsers may use it, and no other site through them: the Host must be loopback,
and whatever changes something wants a header that a foreign page cannot send.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import BaseModel, ConfigDict, Field

from devnet.bank import explorer, faucet, live, trouble
from devnet.bank.settings import FOLDER, World
from devnet.mailbox import CaughtMail
from devnet.prices import signed_snapshot
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal
from fairhouse.platform.http import install_errors, refusal_response, request_id_of

HEADER: Final = "x-demo-bank"
HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_CSP: Final = (
    "default-src 'self'; img-src 'self' data:; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'self'"
)
_MAIL_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"

Json = dict[str, Any]


class ForeignCaller(Refusal):
    """Not from the bank's own page."""

    code = "foreign_caller"
    status = 403


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaucetBody(_Body):
    asset: str = Field(max_length=40)
    address: str = Field(max_length=200)
    amount: str = Field(max_length=60)


class ReorgBody(_Body):
    depth: int
    keep: bool = True


class RpcBody(_Body):
    fault: str = Field(max_length=20)
    seconds: int


class KillBody(_Body):
    name: str = Field(max_length=20)
    down_s: int = 0


class ReplayBody(_Body):
    what: Literal["bet", "late", "withdrawal"]


def build(world: World) -> FastAPI:
    """The whole bank."""
    app = FastAPI(title="Fairhouse demo bank", docs_url=None, redoc_url=None, openapi_url=None)
    install_errors(app)
    app.middleware("http")(_guard)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    _calls(app, world)
    _trouble_calls(app, world)
    _mail_calls(app, world)
    _pages(app, world)
    return app


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    unsafe = request.method not in {"GET", "HEAD"}
    if host not in HOSTS or (unsafe and HEADER not in request.headers):
        return Response("Only for the demo bank's own pages.", status_code=403)
    response = await call_next(request)
    response.headers.setdefault("Content-Security-Policy", _CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _calls(app: FastAPI, world: World) -> None:
    @app.get("/healthz")
    async def health() -> Json:
        return {"ok": True}

    @app.get("/prices")
    async def prices() -> Response:
        """The signed price list of now: the platform's feed."""
        document = signed_snapshot(datetime.now(UTC), world.settings.feed_key)
        return Response(document, media_type="application/json")

    @app.get("/api/state")
    async def state(after: int = 0) -> Json:
        return await live.state(world, after=after)

    @app.post("/api/faucet")
    async def give(body: FaucetBody) -> Json:
        tx_hash = await faucet.give(
            world, asset=body.asset, address=body.address, amount=body.amount
        )
        return {"tx_hash": tx_hash, "url": f"/explorer/tx/{tx_hash}"}


def _trouble_calls(app: FastAPI, world: World) -> None:
    @app.post("/api/trouble/reorg")
    async def reorg(body: ReorgBody) -> Json:
        return {"told": await trouble.reorg(world, depth=body.depth, keep=body.keep)}

    @app.post("/api/trouble/rpc")
    async def rpc(body: RpcBody) -> Json:
        return {"told": await trouble.cut_rpc(world, fault=body.fault, seconds=body.seconds)}

    @app.post("/api/trouble/kill")
    async def kill(body: KillBody) -> Json:
        return {"told": await trouble.kill(world, name=body.name, down_s=body.down_s)}

    @app.post("/api/trouble/replay")
    async def replay(body: ReplayBody) -> Json:
        match body.what:
            case "bet":
                return {"told": await trouble.duplicates(world)}
            case "late":
                return {"told": await trouble.late_call(world)}
            case "withdrawal":
                return {"told": await trouble.withdraw_repeatedly(world)}


def _mail_calls(app: FastAPI, world: World) -> None:
    @app.get("/api/mail")
    async def mails(to: str | None = None, after: int = Query(default=0, ge=0)) -> Json:
        found = world.mailbox.messages(to=to, after=after)
        return {"mails": [_mail_view(mail) for mail in found]}

    @app.get("/demo/mail/{number}/html")
    async def mail_html(number: int) -> Response:
        """The mail's own HTML, shut in: no scripts, nothing loaded."""
        headers = {"Content-Security-Policy": _MAIL_CSP}
        return HTMLResponse(_mail(world, number).html, headers=headers)


def _mail(world: World, number: int) -> CaughtMail:
    found = world.mailbox.messages(after=number - 1, limit=1)
    if not found or found[0].number != number:
        raise NotFound("No such mail; only the last ones are kept.", param="number")
    return found[0]


def _mail_view(mail: CaughtMail) -> Json:
    return {
        "number": mail.number,
        "to": mail.to,
        "sender": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "received_at": mail.received_at.isoformat(),
    }


def _pages(app: FastAPI, world: World) -> None:
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
    )
    shared: Json = {
        "name_of": explorer.name_of,
        "brands": dict(world.settings.brands),
        "backoffice": f"http://127.0.0.1:{world.settings.ports['backoffice']}/admin",
    }

    def page(name: str, /, **values: Any) -> HTMLResponse:
        return HTMLResponse(templates.get_template(name).render(**shared, **values))

    async def sorry(request: Request, error: Exception) -> Response:
        """A page for people, an envelope for programs."""
        refusal = cast("Refusal", error)
        if not request.url.path.startswith(("/explorer", "/demo")):
            return refusal_response(refusal, request_id_of(request))
        answer = page("sorry.html", here="explorer", message=refusal.message)
        answer.status_code = refusal.status
        return answer

    app.add_exception_handler(Refusal, sorry)

    @app.get("/")
    async def root() -> Response:
        return RedirectResponse("/demo")

    @app.get("/demo")
    async def demo() -> Response:
        return page("demo.html", here="demo", killable=trouble.KILLABLE)

    @app.get("/demo/mail")
    async def mailbox() -> Response:
        mails = [_mail_view(mail) for mail in reversed(world.mailbox.messages())]
        return page("mails.html", here="mail", mails=mails)

    @app.get("/demo/mail/{number}")
    async def mail(number: int) -> Response:
        found = _mail(world, number)
        return page("mail.html", here="mail", mail=_mail_view(found), has_html=bool(found.html))

    _explorer_pages(app, world, page)


def _explorer_pages(app: FastAPI, world: World, page: Callable[..., HTMLResponse]) -> None:
    @app.get("/explorer")
    async def blocks() -> Response:
        found = await explorer.latest_blocks(world.devnet, 50)
        return page("blocks.html", here="explorer", blocks=found)

    @app.get("/explorer/find")
    async def find(q: str) -> Response:
        """By height, address or transaction hash."""
        wanted = q.strip()
        if wanted.isdecimal():
            return RedirectResponse(f"/explorer/block/{wanted}")
        kinds = {66: "tx", 42: "address"}
        kind = kinds.get(len(wanted)) if wanted.startswith("0x") else None
        if kind is None or not wanted.isalnum():
            raise Malformed("Look for a height, an address or a transaction hash.", param="q")
        return RedirectResponse(f"/explorer/{kind}/{wanted}")

    @app.get("/explorer/block/{reference}")
    async def block(reference: str) -> Response:
        found = await explorer.block_page(world.devnet, reference)
        return page("block.html", here="explorer", **found)

    @app.get("/explorer/tx/{tx_hash}")
    async def tx(tx_hash: str) -> Response:
        return page("tx.html", here="explorer", **await explorer.tx_page(world.devnet, tx_hash))

    @app.get("/explorer/address/{address}")
    async def address(address: str) -> Response:
        found = await explorer.address_page(world.devnet, address)
        return page("address.html", here="explorer", **found)

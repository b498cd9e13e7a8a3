"""`python -m fairhouse.app callbacks`: where vendors' webhooks come in, on a port of its own.

It verifies a signature over the raw body, keeps the body, and answers. It moves nothing: what a
word means is applied by the worker.
"""

from typing import Final

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from fairhouse.app import wiring
from fairhouse.app.process import Listen, process
from fairhouse.app.settings import Settings, SettingsInvalid
from fairhouse.kyc.api import VendorDesk
from fairhouse.kyc.ports import Callback
from fairhouse.platform.http import EdgeSettings, RateLimiter, client_ip, edge, install_errors

BODY_MAX: Final = 256 * 1024


def make_app(desk: VendorDesk, limiter: RateLimiter | None = None) -> FastAPI:
    """One route per vendor."""
    app = FastAPI(title="Fairhouse callbacks", openapi_url=None, docs_url=None, redoc_url=None)
    install_errors(app)
    rate = limiter or RateLimiter(burst=200, per_minute=600)

    @app.post(f"/callbacks/kyc/{desk.vendor.name}")
    async def kyc(request: Request) -> JSONResponse:
        """Kept, and answered at once; refused with 401 when the signature does not fit."""
        rate.take(client_ip(request))
        headers = {name.lower(): value for name, value in request.headers.items()}
        is_new = await desk.take(Callback(headers, await request.body()))
        return JSONResponse({"kept": is_new})

    return app


async def main(settings: Settings) -> None:
    """Run until stopped. Refuses with SettingsInvalid where no vendor is wired."""
    async with process("callbacks", settings) as run:
        db = await run.database(settings.database.app_url)
        client = await run.stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        desk = wiring.kyc_vendor(settings, db, client)
        port = settings.http.callbacks_port
        if desk is None or port is None:
            raise SettingsInvalid("kyc.sumsub_url and http.callbacks_port must be set.")
        presented = EdgeSettings(
            "callbacks", is_https=settings.http.is_https, body_bytes_max=BODY_MAX
        )
        edged = edge(make_app(desk), presented)  # pyright: ignore[reportArgumentType]
        run.listens.append(Listen(edged, [port], settings.http.trusted_proxies))

        async def ready() -> None:
            async with db.read() as tx:
                await tx.fetchval("select 1")

        await run.run(ready)

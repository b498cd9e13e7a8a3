"""The offline verifier is served under a policy that lets it reach nothing."""

from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from fairhouse.app.web import ALONE, PlayerWeb


async def test_the_verifier_may_reach_nothing_and_the_app_keeps_its_own_policy(tmp_path: Path):
    (tmp_path / "verify.html").write_text("<p>alone</p>")
    (tmp_path / "index.html").write_text("<p>app</p>")
    app = Starlette(routes=[Mount("/", PlayerWeb(directory=tmp_path, html=True))])
    transport = httpx.ASGITransport(app=app)

    async with httpx.AsyncClient(transport=transport, base_url="http://web.test") as client:
        verifier, page = await client.get("/verify.html"), await client.get("/")

    assert ALONE == verifier.headers["content-security-policy"]
    assert "content-security-policy" not in page.headers

"""The built app is served compressed where a client takes it, and hashed files are kept."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from fairhouse.platform.webfiles import WebFiles


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build: a page, a script with both neighbours, a picture with none."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>plain</p>")
    (tmp_path / "assets" / "app-1.js").write_text("plain()")
    (tmp_path / "assets" / "app-1.js.br").write_bytes(b"as brotli")
    (tmp_path / "assets" / "app-1.js.gz").write_bytes(b"as gzip")
    (tmp_path / "assets" / "x.svg").write_text("<svg/>")
    return tmp_path


async def _get(built: Path, path: str, encoding: str, **headers: str) -> httpx.Response:
    app = Starlette(routes=[Mount("/", WebFiles(directory=built, html=True))])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://web.test") as client:
        request = client.build_request(
            "GET", path, headers={"accept-encoding": encoding, **headers}
        )
        answer = await client.send(request, stream=True)
        answer.extensions["raw"] = b"".join([part async for part in answer.aiter_raw()])
        await answer.aclose()
        return answer


@pytest.mark.parametrize(
    ("takes", "raw", "encoding"),
    [
        ("gzip, deflate, br", b"as brotli", "br"),
        ("gzip", b"as gzip", "gzip"),
        ("identity", b"plain()", None),
    ],
)
async def test_the_best_encoding_that_the_client_takes(
    built: Path, takes: str, raw: bytes, encoding: str | None
):
    answer = await _get(built, "/assets/app-1.js", takes)

    assert raw == answer.extensions["raw"]
    assert encoding == answer.headers.get("content-encoding")
    assert "javascript" in answer.headers["content-type"]
    assert "accept-encoding" == answer.headers["vary"]


async def test_hashed_files_are_kept_and_the_page_is_not(built: Path):
    assert "immutable" in (await _get(built, "/assets/x.svg", "br")).headers["cache-control"]
    assert "no-cache" == (await _get(built, "/", "br")).headers["cache-control"]


async def test_a_known_file_is_not_sent_again(built: Path):
    first = await _get(built, "/assets/app-1.js", "br")

    again = await _get(built, "/assets/app-1.js", "br", **{"if-none-match": first.headers["etag"]})

    assert 304 == again.status_code

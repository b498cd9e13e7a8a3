"""The edge gives every trouble the same envelope and lets nothing oversized through."""

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from fairhouse.kernel.refusals import NotFound
from fairhouse.platform.http import EdgeSettings, RateLimiter, TooManyRequests, edge, install_errors


class _Body(BaseModel):
    amount: str


def _client() -> httpx.AsyncClient:
    app = FastAPI()
    install_errors(app)

    @app.get("/missing")
    async def missing() -> None:
        raise NotFound("There is no such bet.", param="id", looked_for="bet_1")

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    @app.post("/echo")
    async def echo(body: _Body, request: Request) -> dict[str, str]:
        return {"amount": body.amount}

    wrapped = edge(app, EdgeSettings(server="test", body_bytes_max=100))
    transport = httpx.ASGITransport(app=wrapped, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_refusal_carries_its_code_param_fields_and_request_id() -> None:
    async with _client() as client:
        answer = await client.get("/missing", headers={"x-request-id": "abcdefgh-1"})

    assert answer.status_code == 404
    assert answer.json() == {
        "error": {
            "code": "not_found",
            "message": "There is no such bet.",
            "param": "id",
            "fields": {"looked_for": "bet_1"},
            "request_id": "abcdefgh-1",
        }
    }
    assert answer.headers["x-request-id"] == "abcdefgh-1"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_hostile_request_id_is_replaced() -> None:
    async with _client() as client:
        answer = await client.get("/missing", headers={"x-request-id": "a\tb<script>"})

    assert answer.headers["x-request-id"] != "a\tb<script>"


@pytest.mark.parametrize(
    ("content", "param"), [("{", "body"), ("{}", "amount"), ('{"amount": 5}', "amount")]
)
async def test_malformed_bodies_name_the_field(content: str, param: str) -> None:
    async with _client() as client:
        answer = await client.post(
            "/echo", content=content, headers={"content-type": "application/json"}
        )

    assert answer.status_code == 422
    assert answer.json()["error"]["param"] == param
    assert answer.json()["error"]["code"] == "malformed"


async def test_an_oversized_body_is_refused_declared_or_chunked() -> None:
    async def chunks():
        for _ in range(20):
            yield b"x" * 20

    async with _client() as client:
        declared = await client.post("/echo", content=b"x" * 101)
        chunked = await client.post("/echo", content=chunks())

    assert declared.status_code == 413
    assert chunked.status_code == 413


async def test_an_accident_says_which_request_and_not_why() -> None:
    async with _client() as client:
        answer = await client.get("/broken")

    assert answer.status_code == 500
    error = answer.json()["error"]
    assert error["request_id"] in error["message"]
    assert "ZeroDivision" not in answer.text


def test_the_rate_limiter_refills_and_forgets() -> None:
    now = [0.0]
    limiter = RateLimiter(burst=2, per_minute=60, keys_max=2, monotonic_s=lambda: now[0])
    limiter.take("a")
    limiter.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limiter.take("a")
    assert refused.value.fields["retry_after_s"] == 2

    now[0] = 1.0
    limiter.take("a")
    limiter.take("b")
    limiter.take("c")
    limiter.take("a")

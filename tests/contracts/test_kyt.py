"""The KYT adapter against an independent server that speaks the documented shape."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from fairhouse.identity.types import PlayerId
from fairhouse.kernel.outcomes import Done, Rejected, Unknown
from fairhouse.screening.adapters.chainalysis import Chainalysis, KytSettings
from fairhouse.screening.types import (
    AlertLevel,
    Category,
    Exposure,
    Finding,
    Movement,
    Subject,
)
from tests.flows.kyt_server import TOKEN, Kyt, kyt_server

DEPOSIT = Movement(
    id=UUID(int=7),
    subject=Subject.DEPOSIT,
    brand_id=1,
    player_id=PlayerId(UUID(int=1)),
    chain="ethereum",
    currency="ETH",
    address="0x" + "11" * 20,
    tx_hash="0xabc",
    own_address="0x" + "22" * 20,
    amount="0.123456789012345678",
    at=datetime(2026, 1, 2, tzinfo=UTC),
)
WITHDRAWAL = replace(DEPOSIT, subject=Subject.WITHDRAWAL, tx_hash="", own_address="")


@pytest.fixture
def kyt() -> Generator[Kyt]:
    with kyt_server() as made:
        yield made


@pytest.fixture
async def provider(kyt: Kyt) -> AsyncGenerator[Chainalysis]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield Chainalysis(client, KytSettings(kyt.url, TOKEN, timeout_s=2))


async def registered(provider: Chainalysis, movement: Movement) -> str:
    answer = await provider.register(movement)
    assert isinstance(answer, Done), answer
    return answer.value


async def test_a_deposit_is_registered_and_its_report_comes_when_it_is_ready(
    kyt: Kyt, provider: Chainalysis
):
    kyt.alerts = [
        {
            "alertLevel": "SEVERE",
            "category": "sanctions",
            "service": "Somebody",
            "exposureType": "DIRECT",
            "alertAmount": 25.0,
        }
    ]
    kyt.exposures = [{"name": "A Mixer", "category": "mixing", "value": 10}]
    external = await registered(provider, DEPOSIT)
    first = await provider.report(DEPOSIT, external)
    second = await provider.report(DEPOSIT, external)

    (told,) = kyt.registered.values()
    assert told["transferReference"] == f"0xabc:{DEPOSIT.own_address}"
    assert told["direction"] == "received"
    assert isinstance(first, Done)
    assert not first.value.is_ready
    assert isinstance(second, Done)
    assert second.value.findings == (
        Finding(Category.SANCTIONS, Exposure.DIRECT, 2501, AlertLevel.SEVERE, "Somebody"),
        Finding(Category.MIXER, Exposure.DIRECT, 1001, AlertLevel.LOW, "A Mixer"),
    )


async def test_the_same_again_is_the_same_registration(kyt: Kyt, provider: Chainalysis):
    assert await registered(provider, DEPOSIT) == await registered(provider, DEPOSIT)
    assert len(kyt.registered) == 1


async def test_a_withdrawal_is_an_attempt(kyt: Kyt, provider: Chainalysis):
    kyt.polls_until_ready = 0
    kyt.alerts = [{"alertLevel": "HIGH", "category": "darknet market", "exposureType": "INDIRECT"}]
    external = await registered(provider, WITHDRAWAL)
    found = await provider.report(WITHDRAWAL, external)

    (told,) = kyt.registered.values()
    assert told["attemptIdentifier"] == str(WITHDRAWAL.id)
    assert isinstance(found, Done)
    assert found.value.findings == (
        Finding(Category.DARKNET, Exposure.INDIRECT, 10_000, AlertLevel.HIGH, ""),
    )


async def test_no_personal_data_leaves(kyt: Kyt, provider: Chainalysis):
    await registered(provider, DEPOSIT)
    (told,) = kyt.registered.values()
    assert told["user"].startswith("ply_")


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 502, 503, 301])
async def test_trouble_of_theirs_or_of_our_key_proves_nothing(
    kyt: Kyt, provider: Chainalysis, status: int
):
    kyt.status = status
    assert isinstance(await provider.register(DEPOSIT), Unknown)


async def test_what_they_will_never_take_is_rejected(kyt: Kyt, provider: Chainalysis):
    kyt.status = 422
    assert await provider.register(DEPOSIT) == Rejected("status_422")


@pytest.mark.parametrize("garbage", [b"", b"<html>", b"[1", b'"text"', b"{}", b"x" * 2_000_000])
async def test_an_answer_that_proves_nothing_is_no_answer(
    kyt: Kyt, provider: Chainalysis, garbage: bytes
):
    kyt.garbage = garbage
    assert isinstance(await provider.register(DEPOSIT), Unknown)


async def test_a_server_that_is_gone_is_unknown(provider: Chainalysis):
    gone = Chainalysis(provider._client, KytSettings("http://127.0.0.1:9", TOKEN, timeout_s=0.5))
    assert isinstance(await gone.register(DEPOSIT), Unknown)

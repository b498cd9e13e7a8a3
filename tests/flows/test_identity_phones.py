"""Telephones: codes that work once, and a bill that cannot run away."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.adapters.sms_http import SmsHttp, SmsHttpSettings
from fairhouse.identity.adapters.sms_log import SmsLog
from fairhouse.identity.api import PhoneQuestion
from fairhouse.identity.ports import Phones, TextSender, WaysOffered
from fairhouse.identity.types import (
    Denied,
    PhoneCodesSpent,
    Proven,
    Purpose,
    WayUnavailable,
)
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows.identity_world import World, denied

NUMBER = "+49 1512 3456789"


@dataclass
class Provider:
    """A provider of texts on this machine; says whatever it is told to."""

    status: int = 200
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(re.search(r"content-length: (\d+)", head, re.IGNORECASE)[1])  # type: ignore[index]
        self.requests.append((head, json.loads(await reader.readexactly(length))))
        writer.write(f"HTTP/1.1 {self.status} x\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def provider() -> AsyncGenerator[Provider]:
    found = Provider()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send"
    yield found
    server.close()


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


def by(sender: TextSender, **limits: int) -> WaysOffered:
    return WaysOffered(phones=Phones(sender, **limits))  # type: ignore[arg-type]


async def ask(world: World, offered: WaysOffered, phone: str = NUMBER) -> PhoneQuestion:
    return await identity.ask_phone(
        world.db,
        sealer=world.sealer,
        brand=world.brand,
        offered=offered,
        phone=phone,
        language="en",
        purpose=Purpose.ENTER,
        session=None,
    )


async def answer(world: World, question: PhoneQuestion, code: str) -> Proven | Denied:
    async with world.db.tx() as tx:
        return await identity.prove_phone(
            tx,
            sealer=world.sealer,
            brand=world.brand,
            purpose=Purpose.ENTER,
            session=None,
            challenge=question.challenge,
            code=code,
        )


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    return found[0]


async def test_a_code_is_sent_and_proves_the_number_once(world: World, provider: Provider):
    sender = SmsHttp(SmsHttpSettings(provider.url, "the token", "Fairhouse"))
    question = await ask(world, by(sender))
    ((head, body),) = provider.requests
    await sender.close()

    assert "authorization: bearer the token" in head.lower()
    assert (body["to"], body["from"]) == ("+4915123456789", "Fairhouse")
    code = code_in(body["text"])
    proven = await answer(world, question, f" {code[:3]} {code[3:]}")
    assert isinstance(proven, Proven)
    assert (proven.external, proven.label) == ("+4915123456789", "+49 … 789")
    assert "assertion_refused" == denied(await answer(world, question, code))


@pytest.mark.parametrize("status", [400, 401, 429, 500, 302])
async def test_a_provider_that_refuses_is_told(world: World, provider: Provider, status: int):
    provider.status = status
    sender = SmsHttp(SmsHttpSettings(provider.url, "t", "Fairhouse"))
    with pytest.raises(WayUnavailable):
        await ask(world, by(sender))
    await sender.close()


async def test_nobody_guesses_a_code(world: World, tmp_path: Path):
    file = tmp_path / "texts"
    question = await ask(world, by(SmsLog(file)))
    code = code_in(file.read_text())
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        assert "assertion_refused" == denied(await answer(world, question, wrong))

    assert "assertion_refused" == denied(await answer(world, question, code))
    assert 0o600 == file.stat().st_mode & 0o777


async def test_codes_grow_old(world: World, tmp_path: Path, clock: SettableClock):
    file = tmp_path / "texts"
    question = await ask(world, by(SmsLog(file)))
    clock.advance(minutes=11)

    assert "assertion_refused" == denied(await answer(world, question, code_in(file.read_text())))


async def test_a_number_gets_three_codes_an_hour_and_six_a_day(
    world: World, tmp_path: Path, clock: SettableClock
):
    offered = by(SmsLog(tmp_path / "texts"))
    sent = 0
    for _ in range(12):
        try:
            await ask(world, offered)
            sent += 1
        except PhoneCodesSpent:
            clock.advance(minutes=30)

    assert sent == 6
    clock.advance(days=1)
    await ask(world, offered)


async def test_of_many_at_once_no_more_are_sent(world: World, tmp_path: Path):
    file = tmp_path / "texts"
    offered = by(SmsLog(file))
    await asyncio.gather(*(ask(world, offered) for _ in range(8)), return_exceptions=True)

    assert 3 == len(file.read_text().splitlines())


async def test_a_brand_spends_no_more_than_it_may(world: World, tmp_path: Path):
    offered = by(SmsLog(tmp_path / "texts"), per_brand_per_day=2)
    for number in ("+4915123456780", "+4915123456781"):
        await ask(world, offered, number)
    with pytest.raises(PhoneCodesSpent):
        await ask(world, offered, "+4915123456782")


@pytest.mark.parametrize(
    "phone",
    [
        *("", "0151 23456789", "+49", "+1", "+999123456789", "+4915123456789;ext=7", "+é"),
        *("+49 900 1234567", "+49 32 211234567", "+49 30 1234567", "tel:+4915123456789"),
    ],
)
async def test_what_is_no_mobile_number_is_not_texted(world: World, tmp_path: Path, phone: str):
    file = tmp_path / "texts"
    with pytest.raises(Malformed):
        await ask(world, by(SmsLog(file)), phone)
    assert not file.exists()


async def test_only_configured_countries_are_texted(world: World, tmp_path: Path):
    phones = Phones(SmsLog(tmp_path / "texts"), countries=frozenset({"AT"}))
    with pytest.raises(Malformed):
        await ask(world, WaysOffered(phones=phones))
    with pytest.raises(WayUnavailable):
        await ask(world, WaysOffered())


async def test_a_dump_tells_no_number(world: World, tmp_path: Path):
    await ask(world, by(SmsLog(tmp_path / "texts")))
    async with world.db.read() as tx:
        rows = await tx.fetch(
            "select t::text as line from identity.challenge t "
            "union all select t::text from identity.phone_code t"
        )
    assert len(rows) == 2
    assert not any("15123456789" in row["line"] for row in rows)

"""Signed prices: recorded when they are trustworthy, refused when they are not, never guessed."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devnet.prices import prices_at, sign, signed_snapshot
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import derived_id
from fairhouse.kernel.money import Money
from fairhouse.platform.database import Database
from fairhouse.rates import api
from fairhouse.rates.types import (
    ConfirmationReasonMissing,
    PriceList,
    PricesRejected,
    RateSettings,
    RateUnavailable,
    SignedPrices,
    Snapshot,
    UnknownSnapshot,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
SETTINGS = RateSettings(public_keys=(PUBLIC,))
BTC, ETH = CurrencyCode("BTC"), CurrencyCode("ETH")


def listed(at: datetime, **prices: str) -> PriceList:
    return PriceList(
        id=derived_id("test", at.isoformat(), str(prices)),
        at=at,
        source="test",
        quote="USD",
        prices={CurrencyCode(code): text for code, text in prices.items()},
    )


async def record(db: Database, document: bytes) -> Snapshot:
    async with db.tx() as tx:
        return await api.record_snapshot(tx, document=document, settings=SETTINGS)


async def micro(db: Database, money: Money) -> int:
    async with db.read() as tx:
        return api.value_of(money, await api.latest(tx, base=money.currency))


async def test_values_are_exact_and_round_down(worker_db: Database, clock):
    prices = listed(clock(), BTC="91500.12", ETH="3120.999", USDT="0.999", SHIB="0.000000012345")
    await record(worker_db, sign(prices, KEY))

    assert await micro(worker_db, Money(100_000_000, BTC)) == 91_500_120_000
    assert await micro(worker_db, Money(1, BTC)) == 915
    assert await micro(worker_db, Money(-1, BTC)) == -915
    assert await micro(worker_db, Money(1_000_000_000, ETH)) == 3_120_999_000
    assert await micro(worker_db, Money(1, CurrencyCode("USDT"))) == 0
    assert await micro(worker_db, Money(1000, CurrencyCode("USDT"))) == 999
    async with worker_db.read() as tx:
        rate = await api.rate_of(tx, rate_id=prices.id, base="ETH")
        assert (rate.numerator, rate.denominator) == (3_120_999, 1_000_000)
        with pytest.raises(UnknownSnapshot):
            await api.rate_of(tx, rate_id=prices.id, base="SHIB")
        with pytest.raises(RateUnavailable):
            await api.latest(tx, base="PLAY")


async def test_anyone_can_check_the_snapshot(worker_db: Database, clock):
    document = signed_snapshot(clock(), KEY)
    await record(worker_db, document)
    await record(worker_db, document)

    async with worker_db.read() as tx:
        snapshot = await api.snapshot(tx)
        assert await tx.fetchval("select count(*) from platform.outbox") == 1
    KEY.public_key().verify(snapshot.signed.signature, snapshot.signed.payload)
    assert json.loads(snapshot.signed.payload)["prices"] == prices_at(clock())
    assert snapshot.signed.wire() == document
    assert snapshot.held == frozenset()


async def test_a_stale_price_is_no_price(worker_db: Database, clock):
    await record(worker_db, signed_snapshot(clock(), KEY))
    clock.advance(seconds=295)
    assert await micro(worker_db, Money(1, BTC)) > 0
    clock.advance(seconds=6)

    with pytest.raises(RateUnavailable, match="too old"):
        await micro(worker_db, Money(1, BTC))


async def test_nothing_recorded_is_no_price(worker_db: Database):
    async with worker_db.read() as tx:
        with pytest.raises(RateUnavailable):
            await api.latest(tx, base="BTC")
        with pytest.raises(RateUnavailable):
            await api.snapshot(tx)


def tampered(payload: bytes) -> bytes:
    good = SignedPrices(
        payload,
        KEY.sign(payload),
        json.loads(signed_snapshot(datetime(2026, 1, 1, tzinfo=UTC), KEY))["key_id"],
    )
    return good.wire()


async def test_what_is_not_trustworthy_is_not_recorded(worker_db: Database, clock):
    now = clock()
    prices = listed(now, BTC="91500")
    good = json.loads(sign(prices, KEY))
    stranger = Ed25519PrivateKey.generate()
    changed = good["payload"].replace("91500", "91501")
    bad = [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"{" * 100_000,
        json.dumps({**good, "payload": changed}).encode(),
        json.dumps({**good, "signature": "00" * 64}).encode(),
        json.dumps({**good, "signature": "zz"}).encode(),
        json.dumps({**good, "signature": ""}).encode(),
        json.dumps({**good, "key_id": "0123456789abcdef"}).encode(),
        sign(prices, stranger),
        tampered(b"{}"),
        tampered(good["payload"].replace(":", ": ").encode()),
        tampered(good["payload"].replace('"1"', '"2"').encode()),
        sign(listed(now, BTC="0"), KEY),
        sign(listed(now, BTC="-1"), KEY),
        sign(listed(now, BTC="1e9"), KEY),
        sign(listed(now, BTC="0.0000000000001"), KEY),
        sign(listed(now - timedelta(seconds=301), BTC="91500"), KEY),
        sign(listed(now + timedelta(seconds=31), BTC="91500"), KEY),
    ]
    for document in bad:
        with pytest.raises(PricesRejected):
            await record(worker_db, document)

    async with worker_db.read() as tx:
        assert await tx.fetchval("select count(*) from rates.snapshot") == 0
        assert await tx.fetchval("select count(*) from platform.outbox") == 0


async def test_older_prices_do_not_come_back(worker_db: Database, clock):
    old = sign(listed(clock(), BTC="91500"), KEY)
    new = sign(listed(clock() + timedelta(seconds=10), BTC="91600"), KEY)
    await record(worker_db, old)
    await record(worker_db, new)

    with pytest.raises(PricesRejected, match="Newer"):
        await record(worker_db, old)
    assert await micro(worker_db, Money(100_000_000, BTC)) == 91_600_000_000


async def test_an_absurd_jump_waits_for_a_person(worker_db: Database, clock):
    """Up or down by more than 30 % is held; other currencies go on (payments-custody S36)."""
    await record(worker_db, sign(listed(clock(), BTC="100", ETH="100"), KEY))
    clock.advance(seconds=30)
    jumped = await record(worker_db, sign(listed(clock(), BTC="130.01", ETH="130"), KEY))

    assert jumped.held == {BTC}
    assert await micro(worker_db, Money(1_000_000_000, ETH)) == 130_000_000
    with pytest.raises(RateUnavailable, match="confirmation"):
        await micro(worker_db, Money(1, BTC))

    async with worker_db.tx() as tx:
        with pytest.raises(UnknownSnapshot):
            await api.confirm_snapshot(
                tx, snapshot_id=tx.new_id(), actor="stf_1", reason="Seen on two venues."
            )
        with pytest.raises(ConfirmationReasonMissing):
            await api.confirm_snapshot(tx, snapshot_id=jumped.id, actor="stf_1", reason=" ")
        for first in (True, False):
            assert first is await api.confirm_snapshot(
                tx, snapshot_id=jumped.id, actor="stf_1", reason="Seen on two venues."
            )
    assert await micro(worker_db, Money(100_000_000, BTC)) == 130_010_000
    clock.advance(seconds=30)
    after = await record(worker_db, sign(listed(clock(), BTC="131", ETH="130"), KEY))
    assert after.held == frozenset()


async def test_a_blip_heals_itself(worker_db: Database, clock):
    for price, held in (("100", False), ("76", True), ("1", True), ("77", False), ("100", False)):
        clock.advance(seconds=30)
        snapshot = await record(worker_db, sign(listed(clock(), BTC=price), KEY))
        assert bool(snapshot.held) is held

    async with worker_db.read() as tx:
        news = await tx.fetch("select type from platform.outbox order by id")
    assert [row["type"] for row in news].count("rates.price_held") == 2
    assert await micro(worker_db, Money(100_000_000, BTC)) == 100_000_000


async def test_the_public_side_cannot_make_prices(db: Database, clock):
    with pytest.raises(Exception, match="permission denied"):
        await record(db, signed_snapshot(clock(), KEY))


def test_the_demo_walks_slowly_and_always_alike():
    start = datetime(2026, 11, 22, tzinfo=UTC)
    moments = [start + timedelta(seconds=10 * n) for n in range(0, 20_000, 7)]

    assert signed_snapshot(start, KEY) == signed_snapshot(start + timedelta(seconds=9), KEY)
    assert prices_at(start) != prices_at(start + timedelta(minutes=5))
    cents = [int(prices_at(moment)[BTC].replace(".", "")) for moment in moments]
    assert max(cents) * 100 < min(cents) * 120
    assert all(abs(a - b) * 100 < a for a, b in pairwise(cents))

"""Wallets against other people's implementations: viem for EIP-4361, Node's Ed25519 for Solana."""

import base64
import json
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey

from fairhouse.identity import api as identity
from fairhouse.identity.api import Site, WalletQuestion
from fairhouse.identity.ports import WaysOffered
from fairhouse.identity.types import (
    AssertionRefused,
    CredentialKind,
    LoggedIn,
    Proven,
    Purpose,
    Ticket,
    WayUnavailable,
)
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.database import Database
from tests.conftest import ROOT, SettableClock
from tests.flows.identity_world import FIREFOX, TestBrand, World

SITE = Site("casino.test", "Fairhouse", frozenset({"https://casino.test"}))
KEY = "0x" + "4c0883a69102937d6231471b5dbb6204fe512961708279feb1be6ae5538da033"
OTHER_KEY = "0x" + "11" * 32
ADDRESS = "0xb960bED53c17f9a021538b5d6f08e7466B966c53"
SEED = bytes(range(32))
ETHEREUM, SOLANA = CredentialKind.ETHEREUM, CredentialKind.SOLANA
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


SOLANA_ADDRESS = base58(bytes(SigningKey(SEED).verify_key))


def node(asked: dict[str, Any]) -> dict[str, Any]:
    """What an independent wallet answers."""
    script = ROOT / "tests/flows/sign_in_with.mjs"
    answer = subprocess.run(
        ["node", str(script)], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


class Contracts:
    """A node that knows one contract wallet."""

    def __init__(self, verdict: bool | None) -> None:
        self.verdict = verdict
        self.asked: list[tuple[int, str, bytes]] = []

    async def is_valid(
        self, *, chain_id: int, address: str, digest: bytes, signature: bytes
    ) -> bool | None:
        self.asked.append((chain_id, address, digest))
        return self.verdict


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def ask(
    world: World,
    kind: CredentialKind = ETHEREUM,
    address: str = ADDRESS,
    *,
    offered: WaysOffered | None = None,
    chain_id: int | None = None,
) -> WalletQuestion:
    async with world.db.tx() as tx:
        return await identity.ask_wallet(
            tx,
            sealer=world.sealer,
            brand=world.brand,
            site=SITE,
            offered=offered or WaysOffered(),
            kind=kind,
            address=address,
            chain_id=chain_id,
            purpose=Purpose.ENTER,
            session=None,
        )


async def answer(
    world: World,
    question: WalletQuestion,
    signature: bytes,
    *,
    message: str | None = None,
    kind: CredentialKind = ETHEREUM,
    offered: WaysOffered | None = None,
    brand: TestBrand | None = None,
) -> Proven:
    return await identity.prove_wallet(
        world.db,
        sealer=world.sealer,
        brand=brand or world.brand,
        site=SITE,
        offered=offered or WaysOffered(),
        kind=kind,
        purpose=Purpose.ENTER,
        session=None,
        challenge=question.challenge,
        message=question.message if message is None else message,
        signature=signature,
    )


def signed(message: str, key: str = KEY) -> bytes:
    return bytes.fromhex(node({"key": key, "message": message})["signature"][2:])


def fields_of(question: WalletQuestion) -> dict[str, Any]:
    """Our message as viem reads it, to be written anew by viem."""
    parsed = node({"key": KEY, "message": question.message})["parsed"]
    return {name: parsed[name] for name in parsed if name != "address"}


async def reason(world: World, question: WalletQuestion, signature: bytes, **more: Any) -> str:
    with pytest.raises(AssertionRefused) as refusal:
        await answer(world, question, signature, **more)
    return str(refusal.value.fields["reason"])


async def test_another_implementation_reads_signs_and_is_let_in(world: World):
    question = await ask(world)
    theirs = node({"key": KEY, "message": question.message})
    assert theirs["valid"]
    assert theirs["address"] == ADDRESS
    assert theirs["parsed"]["domain"] == "casino.test"
    assert theirs["parsed"]["chainId"] == 1

    proven = await answer(world, question, bytes.fromhex(theirs["signature"][2:]))
    assert (proven.kind, proven.external, proven.provider) == (ETHEREUM, ADDRESS, "")
    async with world.db.tx() as tx:
        ticket = await identity.enter(
            tx, sealer=world.sealer, brand=world.brand, proven=proven, client=FIREFOX
        )
    assert isinstance(ticket, Ticket)


async def test_the_message_may_be_the_wallets_own_spelling(world: World):
    question = await ask(world)
    theirs = node({"key": KEY, "fields": {**fields_of(question), "statement": None}})
    assert theirs["message"] != question.message

    signature = bytes.fromhex(theirs["signature"][2:])
    proven = await answer(world, question, signature, message=theirs["message"])
    assert proven.external == ADDRESS


CHANGES = {
    "domain": {"domain": "evil.test"},
    "URI": {"uri": "https://evil.test"},
    "Chain ID": {"chainId": 137},
    "Nonce": {"nonce": "0123456789abcdef"},
    "Issued At": {"issuedAt": "2020-01-01T00:00:00.000Z"},
    "Expiration Time": {"expirationTime": "2026-01-02T03:04:00.000Z"},
    "Not Before": {"notBefore": "2030-01-01T00:00:00.000Z"},
}


@pytest.mark.parametrize("field", CHANGES)
async def test_a_field_that_was_not_asked_for_is_named(world: World, field: str):
    question = await ask(world)
    theirs = node({"key": KEY, "fields": {**fields_of(question), **CHANGES[field]}})

    signature = bytes.fromhex(theirs["signature"][2:])
    assert field == await reason(world, question, signature, message=theirs["message"])


async def test_another_wallet_cannot_answer(world: World):
    question = await ask(world)
    theirs = node({"key": OTHER_KEY, "fields": fields_of(question)})
    signature = bytes.fromhex(theirs["signature"][2:])

    assert "address" == await reason(world, question, signature, message=theirs["message"])


async def test_a_signature_counts_once_and_not_late(world: World, clock: SettableClock):
    question = await ask(world)
    signature = signed(question.message)
    await answer(world, question, signature)
    assert "challenge" == await reason(world, question, signature)

    question = await ask(world)
    clock.advance(minutes=6)
    assert "challenge" == await reason(world, question, signed(question.message))


async def test_a_signature_is_good_at_its_brand_alone(world: World):
    question = await ask(world)
    signature = signed(question.message)

    assert "challenge" == await reason(world, question, signature, brand=TestBrand(id=2))


@pytest.mark.parametrize("signature", [b"", b"\0" * 65, b"\xff" * 65, b"\1" * 64, b"\1" * 66])
async def test_what_is_no_signature_of_the_key_goes_to_the_contract(world: World, signature: bytes):
    question = await ask(world)
    with pytest.raises(WayUnavailable):
        await answer(world, question, signature)

    question = await ask(world)
    offered = WaysOffered(contracts=Contracts(verdict=False))
    assert "signature" == await reason(world, question, signature, offered=offered)


async def test_a_contract_wallet_is_believed_by_its_contract(world: World):
    node_ = Contracts(verdict=True)
    offered = WaysOffered(contracts=node_, chain_ids=frozenset({1, 10}))
    question = await ask(world, offered=offered, chain_id=10)

    proven = await answer(world, question, b"two owners' signatures", offered=offered)

    assert proven.provider == "eip155:10", "elsewhere it may be another contract"
    ((chain_id, address, digest),) = node_.asked
    assert (chain_id, address, len(digest)) == (10, ADDRESS, 32)


async def test_a_contract_that_cannot_be_asked_proves_nothing(world: World):
    offered = WaysOffered(contracts=Contracts(verdict=None))
    question = await ask(world, offered=offered)
    with pytest.raises(WayUnavailable):
        await answer(world, question, b"\1" * 65, offered=offered)


@pytest.mark.parametrize(
    "address",
    [ADDRESS.upper(), ADDRESS[:-1], ADDRESS + "0", "", "0x" + "é" * 40, ADDRESS.replace("c", "C")],
)
async def test_an_address_has_one_spelling(world: World, address: str):
    with pytest.raises(Malformed):
        await ask(world, address=address)


async def test_wallets_may_tell_their_address_in_small_letters(world: World):
    question = await ask(world, address=ADDRESS.lower())
    proven = await answer(world, question, signed(question.message))
    assert proven.external == ADDRESS


async def test_what_a_brand_does_not_offer_is_refused(world: World):
    offered = WaysOffered(wallets=frozenset({"solana"}))
    with pytest.raises(WayUnavailable):
        await ask(world, offered=offered)
    with pytest.raises(Malformed):
        await ask(world, chain_id=56)


async def test_solana_by_another_implementation(world: World):
    question = await ask(world, SOLANA, SOLANA_ADDRESS)
    theirs = node({"kind": "solana", "key": SEED.hex(), "message": question.message})
    signature = base64.b64decode(theirs["signature"])

    proven = await answer(world, question, signature, kind=SOLANA)
    assert proven.external == SOLANA_ADDRESS

    question = await ask(world, SOLANA, SOLANA_ADDRESS)
    assert "signature" == await reason(world, question, signature, kind=SOLANA)
    question = await ask(world, SOLANA, SOLANA_ADDRESS)
    assert "signature" == await reason(world, question, signature[:-1], kind=SOLANA)


async def test_an_ethereum_question_takes_no_solana_answer(world: World):
    question = await ask(world)
    assert "challenge" == await reason(world, question, b"", kind=SOLANA)


async def test_a_wallet_logs_in_again_and_again(world: World, clock: SettableClock):
    ada = await world.player()
    question = await ask(world)
    proven = await answer(world, question, signed(question.message))
    async with world.db.tx() as tx:
        await identity.link(tx, sealer=world.sealer, session=ada.session, proven=proven)
    clock.time += timedelta(days=40)

    question = await ask(world)
    proven = await answer(world, question, signed(question.message))
    async with world.db.tx() as tx:
        found = await identity.enter(
            tx, sealer=world.sealer, brand=world.brand, proven=proven, client=FIREFOX
        )
    assert isinstance(found, LoggedIn)
    assert found.player.id == ada.player.id

"""Sign-in messages: what is written is read back, and what departs by a character is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.identity.codecs.wallets import (
    Chain,
    MessageRefused,
    SignIn,
    is_ethereum_address,
    is_solana_address,
    parse,
    recovers_to,
    signed_by_solana,
    write,
)

TIMES = st.integers(1_600_000_000_000, 3_700_000_000_000).map(
    lambda milliseconds: datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)
RESOURCES = st.lists(
    st.from_regex(r"https://[a-z]{1,12}\.test/[a-z0-9]{0,12}", fullmatch=True), max_size=3
)


@st.composite
def messages(draw: st.DrawFn) -> SignIn:
    chain = draw(st.sampled_from(Chain))
    statement = draw(
        st.none() | PRINTABLE.filter(lambda text: bool(text) and not text.startswith("URI: "))
    )
    return SignIn(
        chain=chain,
        domain=draw(st.sampled_from(["casino.test", "casino.test:8443", "[::1]:80"])),
        address=draw(st.from_regex(r"[A-Za-z0-9]{30,44}", fullmatch=True)),
        uri=draw(st.sampled_from(["https://casino.test", "https://casino.test/login?a=b#c"])),
        chain_id="mainnet" if chain is Chain.SOLANA else draw(st.sampled_from(["1", "137"])),
        nonce=draw(st.from_regex(r"[A-Za-z0-9]{8,40}", fullmatch=True)),
        issued_at=draw(TIMES),
        statement=statement,
        scheme=draw(st.none() | st.just("https")),
        expires_at=draw(st.none() | TIMES),
        not_before=draw(st.none() | TIMES),
        request_id=draw(st.none() | st.just("some-id_1")),
        resources=tuple(draw(RESOURCES)),
    )


@given(messages())
def test_what_is_written_is_read_back(message: SignIn):
    assert message == parse(write(message), message.chain)


@given(messages(), st.data())
def test_a_changed_character_is_another_message_or_none(message: SignIn, data: st.DataObject):
    text = write(message)
    at = data.draw(st.integers(0, len(text) - 1))
    char = data.draw(st.characters(max_codepoint=255).filter(lambda one: one != text[at]))
    changed = text[:at] + char + text[at + 1 :]
    try:
        read = parse(changed, message.chain)
    except MessageRefused:
        return
    # Tolerated spellings of a time in the same instant aside, the fields differ.
    assert read != message or changed.count("\n") == text.count("\n")


@given(messages(), st.data())
def test_no_line_can_be_dropped_doubled_or_moved(message: SignIn, data: st.DataObject):
    lines = write(message).split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    for changed in (lines[:at] + lines[at + 1 :], [*lines[: at + 1], *lines[at:]]):
        try:
            read = parse("\n".join(changed), message.chain)
        except MessageRefused:
            continue
        assert read != message


@given(st.text(max_size=300), st.sampled_from(Chain))
def test_any_text_is_read_or_refused(text: str, chain: Chain):
    with pytest.raises(MessageRefused):
        parse(text, chain)


@given(messages(), st.sampled_from(["\r\n", "\n\n", " \n", "\n ", "\u2028", "\0"]))
def test_line_ends_are_line_feeds(message: SignIn, end: str):
    with pytest.raises(MessageRefused):
        parse(write(message).replace("\n", end), message.chain)


@given(messages())
def test_nothing_follows_the_end(message: SignIn):
    for more in ("\n", "\nRequest ID: x\nRequest ID: y", "\n- https://a.test", " ", "\nResources:"):
        text = write(message) + more
        try:
            read = parse(text, message.chain)
        except MessageRefused:
            continue
        assert read != message or text != write(message)


def test_times_of_other_zones_are_the_same_instant():
    base = SignIn(
        chain=Chain.ETHEREUM,
        domain="casino.test",
        address="0x" + "0" * 40,
        uri="https://casino.test",
        chain_id="1",
        nonce="abcdefgh",
        issued_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    text = write(base).replace("2026-01-02T03:04:05.000Z", "2026-01-02T05:04:05.123456789+02:00")
    assert parse(text, Chain.ETHEREUM).issued_at == base.issued_at + timedelta(microseconds=123456)


@given(st.text(max_size=60), st.binary(max_size=100), st.text(max_size=50))
def test_signatures_of_any_shape_are_judged_without_a_crash(
    message: str, signature: bytes, address: str
):
    assert not recovers_to(message, signature, address)
    assert not signed_by_solana(message, signature, address)
    assert not (is_ethereum_address(address) and is_solana_address(address))

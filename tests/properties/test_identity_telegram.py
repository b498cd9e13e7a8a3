"""Telegram's word: right as it was said, and nothing else."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.identity.codecs.telegram import TelegramRefused, read_launch, read_widget

TOKEN = "7342037359:AAHI25ES9xCOMPokpYoz-p8XVrZUdygo2J4"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
USER = {"id": 279058397, "first_name": "Ada", "username": "ada"}


def widget(token: str = TOKEN, **changes: str) -> dict[str, str]:
    """As the documentation of the login widget says it is made."""
    fields = {
        "id": "279058397",
        "first_name": "Ada",
        "username": "ada",
        "auth_date": str(int(NOW.timestamp())),
        **changes,
    }
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    key = hashlib.sha256(token.encode()).digest()
    return {**fields, "hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()}


def launch(token: str = TOKEN, **changes: str) -> str:
    """As the documentation of Mini Apps says it is made."""
    fields = {
        "query_id": "AAHdF6IQAAAAAN0XohDhrOrc",
        "user": json.dumps(USER),
        "auth_date": str(int(NOW.timestamp())),
        "signature": "abc",
        **changes,
    }
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    digest = hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
    return urlencode({**fields, "hash": digest})


def test_both_forms_are_read():
    for user in (
        read_widget(widget(), token=TOKEN, now=NOW),
        read_launch(launch(), token=TOKEN, now=NOW),
    ):
        assert (user.id, user.name) == ("279058397", "@ada")
        assert user.expires_at > NOW


@given(st.sampled_from(["id", "first_name", "auth_date", "hash"]), st.text(max_size=70))
def test_a_changed_field_is_refused(name: str, value: str):
    fields = widget()
    if fields[name] == value:
        return
    with pytest.raises(TelegramRefused):
        read_widget({**fields, name: value}, token=TOKEN, now=NOW)


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=20), max_size=6))
def test_added_or_missing_fields_are_refused(more: dict[str, str]):
    fields = {**more, "hash": widget()["hash"]}
    with pytest.raises(TelegramRefused):
        read_widget(fields, token=TOKEN, now=NOW)


def test_another_bots_word_is_refused():
    with pytest.raises(TelegramRefused):
        read_widget(widget("1:other"), token=TOKEN, now=NOW)
    with pytest.raises(TelegramRefused):
        read_launch(launch("1:other"), token=TOKEN, now=NOW)


def test_one_form_is_not_taken_for_the_other():
    with pytest.raises(TelegramRefused):
        read_launch(urlencode(widget()), token=TOKEN, now=NOW)


@pytest.mark.parametrize(
    ("age", "widget_counts", "launch_counts"),
    [
        (timedelta(minutes=9), True, True),
        (timedelta(minutes=11), False, True),
        (timedelta(minutes=61), False, False),
        (timedelta(minutes=-3), False, False),
    ],
)
def test_words_grow_old(age: timedelta, widget_counts: bool, launch_counts: bool):
    for counts, read in (
        (widget_counts, lambda: read_widget(widget(), token=TOKEN, now=NOW + age)),
        (launch_counts, lambda: read_launch(launch(), token=TOKEN, now=NOW + age)),
    ):
        if counts:
            assert read().id == "279058397"
        else:
            with pytest.raises(TelegramRefused):
                read()


@pytest.mark.parametrize(
    "user", ["", "7", "[]", '{"id": "279058397"}', '{"id": true}', '{"id": -4}', '{"id": 1.5}']
)
def test_a_signed_user_must_still_be_one(user: str):
    with pytest.raises(TelegramRefused):
        read_launch(launch(user=user), token=TOKEN, now=NOW)


@given(st.text(max_size=200))
def test_any_launch_data_is_read_or_refused(text: str):
    with pytest.raises(TelegramRefused):
        read_launch(text, token=TOKEN, now=NOW)


def test_a_field_that_comes_twice_is_refused():
    with pytest.raises(TelegramRefused):
        read_launch(launch() + "&auth_date=1", token=TOKEN, now=NOW)

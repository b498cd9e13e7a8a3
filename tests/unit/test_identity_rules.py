"""Identity's decisions, case by case."""

from datetime import date

import pytest
from pyotp.totp import TOTP

from fairhouse.identity import rules
from fairhouse.identity.types import NotOfAge, WeakPassword
from fairhouse.kernel.refusals import Malformed


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (" Ada@Example.ORG ", "Ada@example.org"),
        ("a+tag@player.test", "a+tag@player.test"),
        ("x@exämple.de", "x@xn--exmple-cua.de"),
    ],
)
def test_emails_are_normalised(text: str, clean: str):
    assert clean == rules.clean_email(text)


@pytest.mark.parametrize(
    "text", ["", "ada", "a@b", "a@b@c.de", "ü@example.org", "a b@example.org", "a@-x.de", "@x.de"]
)
def test_malformed_emails_are_refused_with_the_field(text: str):
    with pytest.raises(Malformed) as caught:
        rules.clean_email(text)
    assert "email" == caught.value.param


@pytest.mark.parametrize("text", ["ab", "a" * 21, "_ada", "a da", "ada!", "Admin", "ädа"])
def test_bad_usernames_are_refused(text: str):
    with pytest.raises(Malformed):
        rules.clean_username(text)


def test_a_username_keeps_its_case():
    assert "Ada_99" == rules.clean_username(" Ada_99 ")


@pytest.mark.parametrize("length", [9, 257])
def test_passwords_have_bounds(length: int):
    with pytest.raises(WeakPassword) as caught:
        rules.check_password_length("x" * length)
    assert str(length) in caught.value.message


@pytest.mark.parametrize("length", [10, 256])
def test_bounds_are_included(length: int):
    assert "x" * length == rules.check_password_length("x" * length)


@pytest.mark.parametrize(
    "password",
    [
        "password12345",
        "qwertyuiop[]",
        "aaaaaaaaaaaaaaaaaaaa",
        "ada.lovelace1",
        "Lovelace1990",
        "player.test99",
        "1234567890987654321",
        "a" * 200,
    ],
)
def test_guessable_passwords_are_refused(password: str):
    with pytest.raises(WeakPassword):
        rules.check_password_strength(password, known=("Ada.Lovelace@player.test", "ada"))


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "kJ8#mPq2zLw9xT", "ünter-Wasser-Kabel-Ampel"]
)
def test_good_passwords_pass(password: str):
    rules.check_password_strength(password, known=("ada@player.test", "ada"))


def test_a_decomposed_password_is_the_composed_one():
    assert rules.normal_password("u\u0308") == rules.normal_password("ü")


@pytest.mark.parametrize(
    ("birth", "today", "age"),
    [
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 6, 15), date(2018, 6, 14), 17),
        (date(2000, 6, 15), date(2018, 6, 15), 18),
    ],
)
def test_ages_count_completed_years(birth: date, today: date, age: int):
    assert age == rules.age_on(birth, today)


def test_the_minimum_age_is_the_brands():
    rules.check_age(date(2008, 1, 1), today=date(2026, 1, 1), minimum=18)
    with pytest.raises(NotOfAge) as caught:
        rules.check_age(date(2008, 1, 1), today=date(2026, 1, 1), minimum=21)
    assert 21 == caught.value.fields["minimum_age"]


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("testclient", ""),
    ],
)
def test_addresses_are_shortened_to_their_network(text: str, network: str):
    assert network == rules.short_ip(text)


@pytest.mark.parametrize(
    ("agent", "summary"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19) Version/19 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Firefox/140.0", "Firefox on macOS"),
        ("curl/8.5.0", "curl"),
        ("", "Another program"),
    ],
)
def test_devices_are_summed_up(agent: str, summary: str):
    assert summary == rules.device_summary(agent)


def test_totp_is_rfc_6238():
    # Appendix B of the RFC, SHA-1, last six digits of the eight.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for unix_s, code in [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]:
        step = rules.matching_totp_step(secret, code, unix_s=unix_s, last_used_step=None)
        assert unix_s // 30 == step


def test_used_and_older_steps_never_match_again():
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for step in (99, 100, 101):
        code = TOTP(secret).generate_otp(step)
        for last in (98, 99, 100, 101):
            found = rules.matching_totp_step(secret, code, unix_s=3000, last_used_step=last)
            assert (step if step > last else None) == found

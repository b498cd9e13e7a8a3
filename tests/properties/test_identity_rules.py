"""Identity's decisions, for any input."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fairhouse.identity import rules
from fairhouse.identity.records import Failures
from fairhouse.identity.types import PlayerKind
from fairhouse.kernel.refusals import Malformed, Refusal

START = datetime(2026, 1, 1, tzinfo=UTC)
GAPS = st.lists(st.integers(0, 7200), max_size=40)


@given(GAPS)
def test_no_half_hour_holds_more_than_three_counted_failures(gaps_s: list[int]):
    """An attacker who only fails gets at most three tries per thirty minutes."""
    now, failures = START, Failures()
    counted: list[datetime] = []
    for gap_s in gaps_s:
        now += timedelta(seconds=gap_s)
        if failures.is_locked(now):
            assert failures == rules.after_failure(failures, now)
            continue
        failures = rules.after_failure(failures, now)
        counted.append(now)
    for first, fourth in zip(counted, counted[3:], strict=False):
        assert fourth - first >= rules.FAILURE_WINDOW


@given(GAPS)
def test_a_lock_ends_half_an_hour_after_the_failure_that_made_it(gaps_s: list[int]):
    now, failures = START, Failures()
    for gap_s in gaps_s:
        now += timedelta(seconds=gap_s)
        was_locked = failures.is_locked(now)
        failures = rules.after_failure(failures, now)
        if failures.is_locked(now) and not was_locked:
            assert now + rules.LOCK == failures.locked_until
            assert not failures.is_locked(now + rules.LOCK)
        assert 1 <= len(failures.recent) <= rules.FAILURES_TO_LOCK


@given(st.text(max_size=80))
def test_cleaning_an_email_twice_changes_nothing_more(text: str):
    try:
        clean = rules.clean_email(text)
    except Malformed:
        return
    assert clean == rules.clean_email(clean)
    assert clean.isascii()


@given(st.text(max_size=300))
def test_any_text_is_a_password_or_refused(text: str):
    param: str | None = "password"
    try:
        password = rules.check_password_length(text)
        rules.check_password_strength(password, known=("ada@player.test", text[:5]))
    except Refusal as refusal:
        param = refusal.param
    assert "password" == param


@given(st.text(max_size=400), st.text(max_size=60))
def test_any_header_and_address_is_summed_up(agent: str, ip: str):
    assert len(rules.device_summary(agent)) < 40
    assert rules.short_ip(ip) == "" or "/" in rules.short_ip(ip)


@given(st.text(max_size=40), st.integers(30, 2**40), st.none() | st.integers(0, 2**36))
def test_any_text_is_a_totp_code_or_not(code: str, unix_s: int, last: int | None):
    step = rules.matching_totp_step(
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", code, unix_s=unix_s, last_used_step=last
    )
    assert step is None or (last is None or step > last)


@given(
    kind=st.sampled_from(PlayerKind),
    idle_s=st.integers(0, 3_000_000),
    left_s=st.integers(-10, 3_000_000),
)
def test_a_session_lives_until_the_first_of_its_two_ends(
    kind: PlayerKind, idle_s: int, left_s: int
):
    live = rules.is_session_live(
        now=START,
        kind=kind,
        last_seen_at=START - timedelta(seconds=idle_s),
        expires_at=START + timedelta(seconds=left_s),
    )
    assert (left_s > 0 and idle_s < rules.IDLE[kind].total_seconds()) == live

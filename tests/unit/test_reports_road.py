"""Quantiles out of buckets, and what the live view makes of pulses."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from fairhouse.backoffice.http.road import HEIGHT, WIDTH, line, quantile_text, span_text
from fairhouse.betting.api import PULSE_SIZES, PULSE_TIMES_US
from fairhouse.reports.api.road import BEAT_S, quantile, summarised
from fairhouse.reports.types import PulseRow, Quantile

BOUNDS = (10, 20, 40)


@pytest.mark.parametrize(
    ("counts", "percent", "expected"),
    [
        ([0, 0, 0, 0], 99, Quantile(None)),
        ([100, 0, 0, 0], 50, Quantile(5)),
        ([50, 50, 0, 0], 50, Quantile(10)),
        ([50, 50, 0, 0], 75, Quantile(15)),
        ([0, 0, 1, 0], 50, Quantile(30)),
        ([98, 0, 0, 2], 99, Quantile(40, is_beyond=True)),
        ([0, 0, 0, 1], 1, Quantile(40, is_beyond=True)),
    ],
)
def test_quantiles(counts: list[int], percent: int, expected: Quantile):
    assert quantile(BOUNDS, counts, percent) == expected


def pulse(**changes: Any) -> PulseRow:
    fields: Mapping[str, Any] = {
        "owner": "a:1:x",
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "age_s": 0.5,
        "span_ms": 1_000,
        "waits": [4, *[0] * len(PULSE_TIMES_US)],
        "commits": [1, *[0] * len(PULSE_TIMES_US)],
        "sizes": [0, 0, 1, *[0] * (len(PULSE_SIZES) - 2)],
        "commands": 4,
        "outcomes": {"committed": 1},
        "refusals": {},
        "slow": 0,
        "queued": 3,
        "oldest_wait_us": 900,
        "in_flight": 7,
        "lags": {"0": 5},
    }
    return PulseRow(**{**fields, **changes})


def test_processes_add_up_and_a_silent_one_is_not_counted():
    view = summarised(
        [
            pulse(owner="c:3:z", age_s=60.0, commands=1_000, queued=50, lags={"9": 1}),
            pulse(age_s=1.5, commands=6),
            pulse(),
            pulse(owner="b:2:y", commands=10, oldest_wait_us=1_200, lags={"8": 2}),
        ],
        [],
    )

    assert [(one.owner, one.is_stale) for one in view.owners] == [
        ("a:1:x", False),
        ("b:2:y", False),
        ("c:3:z", True),
    ]
    assert view.commands_per_s == (6 + 4) // 2 + 10
    assert (view.queued, view.oldest_wait_us, view.in_flight) == (6, 1_200, 14)
    assert view.lags == {0: 5, 8: 2}
    assert view.batches == 3
    assert not view.is_stale
    assert view.beats[-1].commands_per_s == 20 // BEAT_S
    assert view.beats[-1 - 60 // BEAT_S].commands_per_s == 1_000 // BEAT_S


def test_nothing_told_is_nothing_shown():
    view = summarised([], [])

    assert (view.newest_age_s, view.is_stale, view.commands_per_s) == (None, True, 0)
    assert view.wait_p99 == Quantile(None)
    assert quantile_text(view.wait_p99) == "–"


def test_lines_stay_in_their_frame():
    drawn = line([0, 5, 10], "10")
    points = [tuple(map(float, point.split(","))) for point in drawn.points.split()]

    assert points == [(0.0, HEIGHT - 2), (WIDTH / 2, HEIGHT / 2), (WIDTH, 2.0)]
    assert line([0, 0], "0").points == f"0.0,{HEIGHT - 2:.1f} {WIDTH:.1f},{HEIGHT - 2:.1f}"


def test_times_in_fitting_units():
    assert [span_text(one) for one in (0, 999, 1_500, 2_500_000)] == [
        "0 µs",
        "999 µs",
        "1.5 ms",
        "2.5 s",
    ]
    assert quantile_text(Quantile(5_000_000, is_beyond=True)) == "> 5.0 s"

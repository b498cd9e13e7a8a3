"""The benchmark's arithmetic: quantiles, verdicts, shapes, who bets next, tables."""

import json
import random
from collections import Counter

import pytest

from bench.baseline import PgbenchFailed, steady_rate
from bench.lines import (
    Line,
    compared,
    from_json,
    has_missed,
    judged_growth,
    judged_http,
    judged_place,
    judged_zipf,
    quantile,
    to_json,
)
from bench.sampling import picks, zipf_weights
from bench.table import markdown, plain, shown

KEYS = ["name", "value", "unit", "baseline", "ratio", "p50_ms", "p99_ms", "concurrency"]
MACHINE = {
    "processor": "Some CPU",
    "cores": 2,
    "memory_gb": 8.0,
    "python": "3.11.7",
    "postgres": {"server_version": "18.1"},
    "commit": "abc1234",
}


def place(value: float, at: int) -> Line:
    return compared(Line("ledger.place", value, "bets/s", concurrency=at), 10_000)


def test_quantiles_are_nearest_rank():
    ordered = [float(number) for number in range(1, 101)]
    assert [51.0, 100.0, 1.0] == [quantile(ordered, share) for share in (0.5, 0.99, 0.0)]
    assert 7.0 == quantile([7.0], 0.99)
    assert 0.0 == quantile([], 0.5)


def test_the_road_is_judged_at_64_and_1024():
    assert ["PASS", "MISS"] == [judged_place(place(rate, 1024)).verdict for rate in (50e3, 49e3)]
    assert ["PASS", "MISS"] == [judged_place(place(rate, 64)).verdict for rate in (30e3, 29e3)]
    assert "INFO" == judged_place(place(1, 256)).verdict


def test_zipf_is_judged_by_its_share_of_uniform():
    assert ["PASS", "MISS"] == [judged_zipf(place(rate, 64), 1e5).verdict for rate in (6e4, 59e3)]


def test_http_needs_rate_and_tail():
    def line(value: float, p99_ms: float, at: int) -> Line:
        return compared(Line("http.bet", value, "bets/s", p99_ms=p99_ms, concurrency=at), 10_000)

    cases = [line(2e4, 10, 64), line(2e4, 10.1, 64), line(1.9e4, 5, 64), line(2e4, 25, 256)]
    assert ["PASS", "MISS", "MISS", "PASS"] == [judged_http(one).verdict for one in cases]


def test_growth_may_cost_fifteen_per_cent():
    lines = [compared(Line("growth", rate, "bets/s"), 100) for rate in (85, 84)]
    assert ["PASS", "MISS"] == [judged_growth(one).verdict for one in lines]


def test_a_miss_is_seen():
    fine = Line("a", 1, "x").judged(True, "more")
    bad = Line("b", 1, "x", notes="why").judged(False, "more")
    assert not has_missed([fine, Line("c", 1, "x")])
    assert has_missed([fine, bad])
    assert "more; why" == bad.notes


def test_the_shape_on_disk():
    lines = [place(51_234, 1024), Line("x", 1.5, "s")]
    kept = json.loads(to_json(lines))
    assert [[*KEYS, "verdict", "notes"]] * 2 == [list(item) for item in kept]
    assert lines == from_json(to_json(lines))


def test_zipf_players_bet_after_their_rank():
    drawn = Counter(picks(range(100), zipf_weights(100), 200_000, random.Random(1)))
    for rank in (2, 4, 10):
        assert abs(drawn[0] / drawn[rank - 1] / rank - 1) < 0.1


def test_even_players_bet_evenly():
    drawn = Counter(picks(range(10), None, 100_000, random.Random(1)))
    assert all(abs(times / 10_000 - 1) < 0.1 for times in drawn.values())


def test_numbers_are_shown_for_people():
    values = [shown(51_234, "bets/s"), shown(None), shown(2.345, "ms"), shown(64)]
    assert ["51,234 bets/s", "", "2.35 ms", "64"] == values


def test_tables_name_the_machine_and_the_verdict():
    line = judged_place(place(51_234, 1024))
    table = markdown([line], MACHINE)
    assert "Some CPU, 2 cores" in table
    row = table.splitlines()[-1]
    assert (
        "| ledger.place | 1,024 | 51,234 bets/s | 10,000 | 5.12x |  |  | PASS | at least 5x |"
        == row
    )
    assert "PASS" in plain([line])


def test_pgbench_is_believed_after_its_first_seconds():
    said = (
        "progress: 1.0 s, 100.0 tps, lat 1.0 ms stddev 1\n"
        "progress: 2.0 s, 300.0 tps, lat 1.0 ms stddev 1\n"
        "progress: 3.0 s, 900.0 tps, lat 1.0 ms stddev 1\n"
        "progress: 5.0 s, 1200.0 tps, lat 1.0 ms stddev 1\n"
        "tps = 700.5 (without initial connection time)"
    )
    assert 1100.0 == steady_rate(said)
    assert 700.5 == steady_rate(said.splitlines()[-1])
    with pytest.raises(PgbenchFailed):
        steady_rate("progress: 1.0 s, 100.0 tps, lat 1.0 ms")

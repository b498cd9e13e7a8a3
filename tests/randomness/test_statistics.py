"""The tests of chance give the published values, and fail what is not random."""

import random
from itertools import pairwise
from math import isclose

import pytest

from tests.randomness import statistics as of


@pytest.mark.parametrize(
    ("statistic", "freedom", "tail"),
    [(3.841459, 1, 0.05), (6.634897, 1, 0.01), (18.307038, 10, 0.05), (124.342113, 100, 0.05),
     (1.239042, 10, 0.999531), (135.806723, 100, 0.01), (1_106.969, 1_000, 0.01)],
)  # fmt: skip
def test_chi_square_is_that_of_the_tables(statistic: float, freedom: int, tail: float):
    assert isclose(tail, of.chi_square_tail(statistic, freedom), rel_tol=1e-4)


@pytest.mark.parametrize(("deviations", "tail"), [(1.959964, 0.05), (2.575829, 0.01), (0, 1)])
def test_normal_is_that_of_the_tables(deviations: float, tail: float):
    assert isclose(tail, of.two_sided(deviations), rel_tol=1e-5)


def test_holm_steps_down():
    p_values = {"a": 0.001, "b": 0.004, "c": 0.03, "d": 0.5}

    assert ["a"] == of.holm(p_values, 0.01)
    assert ["a", "b"] == of.holm(p_values, 0.02)
    assert [] == of.holm(dict.fromkeys("abcd", 0.02), 0.05)


def test_coupon_chances_sum_to_one():
    assert isclose(1, sum(of._coupon_chance(length, 6) for length in range(6, 200)))


def test_good_numbers_pass_everything():
    """p-values of good numbers are spread over all of 0 to 1: none is tiny, some are large."""
    chance = random.Random(11)
    found: list[float] = []
    for _ in range(40):
        values = [chance.randrange(6) for _ in range(3_000)]
        orders = [chance.sample(range(4), 4) for _ in range(500)]
        counts = {face: values.count(face) for face in range(6)}
        found += [of.fits(counts, dict.fromkeys(range(6), 1 / 6)), of.runs(values)]
        found += [of.serial_correlation(values), of.coupons(values, 6), of.permutations(orders)]
        found += [of.independent(pairwise(values))]
    assert not of.holm({str(at): p for at, p in enumerate(found)})
    assert 0.3 < sum(p < 0.5 for p in found) / len(found) < 0.7


def test_bad_numbers_fail():
    chance = random.Random(12)
    loaded = [min(chance.randrange(7), 5) for _ in range(3_000)]
    sticky = [0]
    for _ in range(3_000):
        sticky.append(sticky[-1] if chance.random() < 0.2 else chance.randrange(6))
    turning = [number % 6 for number in range(3_000)]
    uneven = [[1, 0] if chance.random() < 0.6 else [0, 1] for _ in range(1_000)]

    assert of.fits({f: loaded.count(f) for f in range(6)}, dict.fromkeys(range(6), 1 / 6)) < 1e-6
    assert of.runs(sticky) < 1e-6
    assert of.serial_correlation(sticky) < 1e-6
    assert of.independent(pairwise(sticky)) < 1e-6
    assert of.coupons(turning, 6) < 1e-6
    assert of.permutations(uneven) < 1e-6
    assert of.fits({"impossible": 1, "sure": 9}, {"sure": 1.0}) == 0

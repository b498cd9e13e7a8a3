"""The exported forest scores as the library does; drift is seen; nothing alone holds money."""

from random import Random

import numpy as np
import pytest

from fairhouse.risk import model as models
from fairhouse.risk.engine.built_in import definitions
from fairhouse.risk.engine.deciding import CASE_POINTS
from fairhouse.risk.language.definition import read_rule
from fairhouse.risk.types.rules import Action
from tools.players import training
from tools.players.crowd import crowd
from tools.players.frauds import FRAUDS, TAKEOVER
from tools.players.honest import HONEST
from tools.players.judging import Court
from tools.players.report import flagged, recall_and_precision


@pytest.fixture(scope="module")
def judged():
    lives, court = crowd(3, scale=0.12), Court()
    court.hear(lives)
    return lives, court


def test_the_export_scores_as_the_library_does():
    rows = np.random.default_rng(1).normal(size=(600, len(training.EXPRESSIONS)))
    trained = training.forest(rows, 1)
    model = models.read_model(training.export(trained, rows, "test"))
    # The library compares inputs as 32-bit floats.
    tested = rows[:100].astype(np.float32).astype(np.float64)
    theirs = -trained.score_samples(tested)
    ours = [models.raw_score(model, [float(x) for x in row]) for row in tested]
    assert np.allclose(theirs, ours, atol=1e-9)


def test_the_shipped_model_is_read_and_its_points_are_percentiles():
    model = models.champion()
    usual = list(model.medians)
    strange = [20.0] * len(usual)
    assert models.points(model, usual) < 50
    assert models.points(model, strange) > 95
    assert 1 <= len(models.reasons(model, strange)) <= 3
    assert model.expressions == training.EXPRESSIONS


def test_drift_is_seen_and_an_even_crowd_has_none():
    even = [100] * 10
    shifted = [10, 10, 20, 30, 50, 80, 120, 180, 250, 350]
    assert models.stability(even) == pytest.approx(0)
    assert models.stability(shifted) > models.DRIFTED
    rng = Random(1)
    drawn = [0] * 10
    for _ in range(2_000):
        drawn[rng.randrange(10)] += 1
    assert models.stability(drawn) < 0.05


def test_a_score_alone_makes_nobody_wait():
    [anomaly] = [one for one in map(read_rule, definitions()) if one.name == "anomaly"]
    assert anomaly.action is Action.SCORE
    assert anomaly.points < CASE_POINTS


def test_farms_are_found_and_households_and_cafes_are_not(judged):
    """FRD-04: recall of at least 0.95 at a precision of at least 0.9, farms of 3 to 50."""
    lives, court = judged
    hit, farmed, right, suspected = recall_and_precision(lives, court)
    assert farmed > 200
    assert hit / farmed >= 0.95
    assert right / suspected >= 0.9
    homes = {one.player_id for one in lives if one.variety in {"shared household", "café guest"}}
    assert not flagged(court) & homes


def test_frauds_are_found_by_class_and_few_honest_players_are_suspected(judged):
    lives, court = judged
    reached = {one.player_id for one in lives if court.found[one.player_id].reached}
    honest = [one for one in lives if one.label == HONEST]
    frauds = [one for one in lives if one.label in FRAUDS]
    taken = [one for one in lives if one.label == TAKEOVER and "changes" in one.variety]
    assert sum(one.player_id in reached for one in honest) / len(honest) < 0.08
    assert sum(one.player_id in reached for one in frauds) / len(frauds) > 0.7
    assert all(one.player_id in reached for one in taken)


def test_the_same_seed_is_the_same_crowd():
    one, other = crowd(5, scale=0.02), crowd(5, scale=0.02)
    assert [life.facts for life in one] == [life.facts for life in other]
    assert [life.facts for life in one] != [life.facts for life in crowd(6, scale=0.02)]

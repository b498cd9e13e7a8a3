"""Alarms and dashboard name only what exists: metrics, labels, runbooks."""

import importlib
import json
import pkgutil
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, CollectorRegistry

import fairhouse
from fairhouse.platform.hot import HotTable
from fairhouse.platform.http import EdgeSettings
from tests.norms import ROOT

ALERTS = ROOT / "ops/prometheus/alerts.yml"
DASHBOARD = ROOT / "ops/grafana/fairhouse.json"
METRIC = re.compile(r"\bfairhouse_[a-z_]+")
WITH_LABELS = re.compile(r"\b(fairhouse_[a-z_]+)\{([^}]*)\}")
BY = re.compile(r"\bby \(([a-z_, ]+)\)")
OF_SCRAPES = {"instance", "job", "le"}
SEVERITIES = {"page", "ticket"}
WAITS = re.compile(r"\d+[smh]")


def exported() -> dict[str, set[str] | None]:
    """Every name that some process of ours exports, with its labels where they can be told."""
    for module in pkgutil.walk_packages(fairhouse.__path__, "fairhouse."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    # What each server's fast lane registers when it is made.
    lane = CollectorRegistry(auto_describe=True)
    HotTable((), EdgeSettings("player"), registry=lane)
    names: dict[str, set[str] | None] = {}
    for name, collector in (REGISTRY._names_to_collectors | lane._names_to_collectors).items():
        labels = getattr(collector, "_labelnames", None)
        names[name] = None if labels is None else set(labels)
    return names


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def test_every_metric_is_exported_by_some_process():
    known = exported()
    named = {name for text in expressions() for name in METRIC.findall(text)}

    assert len(named) > 30
    assert set() == named - known.keys()


def test_every_label_belongs_to_its_metric():
    known = exported()
    for text in expressions():
        for name, inside in WITH_LABELS.findall(text):
            labels = known[name]
            asked = {part.split("=")[0].rstrip("!") for part in re.split(r",(?=[a-z])", inside)}
            assert labels is None or asked <= labels, text
        names = set(METRIC.findall(text))
        if any(known[name] is None for name in names):
            continue
        owned = set[str]().union(*(known[name] or () for name in names)) | OF_SCRAPES
        for group in BY.findall(text):
            assert {label.strip() for label in group.split(",")} <= owned, text


def test_expressions_are_closed():
    for text in expressions():
        for opened, closed in ("()", "[]", "{}"):
            assert text.count(opened) == text.count(closed), text
        assert text.count('"') % 2 == 0, text


def test_alarms_are_whole():
    found = rules()
    names = [rule["alert"] for rule in found]

    assert len(names) == len(set(names)) > 20
    for rule in found:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}, rule
        assert re.fullmatch(WAITS, rule["for"]), rule
        assert rule["labels"]["severity"] in SEVERITIES, rule
        assert rule["annotations"]["summary"].endswith("."), rule


def test_every_alarm_has_its_page():
    for rule in rules():
        path, _, anchor = rule["annotations"]["runbook"].partition("#")
        page = ROOT / path
        assert page.is_file(), rule
        headings = {
            re.sub(r"[^a-z0-9 -]", "", line.strip("# \n").lower()).replace(" ", "-")
            for line in page.read_text().splitlines()
            if line.startswith("#")
        }
        assert not anchor or anchor in headings, (rule["alert"], anchor, headings)


def test_every_page_of_the_road_is_reached():
    pages = (ROOT / "docs/runbooks/bet-road.md").read_text()
    sections = [line for line in pages.splitlines() if line.startswith("## ")]
    linked = {rule["annotations"]["runbook"] for rule in rules()}

    assert len(sections) == len({link for link in linked if "bet-road.md#" in link})


def test_the_dashboard_is_whole():
    board = json.loads(DASHBOARD.read_text())
    panels = board["panels"]
    drawn = [panel for panel in panels if panel["type"] != "row"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in drawn}) == len(drawn) > 20
    places = [
        (place["x"] + x, place["y"] + y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["w"])
        for y in range(place["h"])
    ]
    assert len(places) == len(set(places)), "panels lie on each other"
    assert max(x for x, _ in places) < 24
    for panel in drawn:
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)) > 0, panel["title"]


@pytest.mark.parametrize("command", [["rules", "alerts.yml"], ["config", "prometheus.yml"]])
def test_prometheus_itself_agrees(command: list[str]):
    """Where Debian's `prometheus` is installed; the tests above hold without it."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return
    done = subprocess.run(
        [promtool, "check", *command],
        cwd=ALERTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

"""What `make new-game` writes is a whole game: formatted, typed, and passing its own test."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fairhouse.fairness.types import Stream
from fairhouse.games.original import Stake
from fairhouse.games.releases import one_table
from tools.new_game import Impossible, files_of, scaffold
from tools.publish_games import merged

ROOT = Path(__file__).parents[2]


def test_its_own_test_passes_and_its_style_is_the_houses(tmp_path):
    made = scaffold(tmp_path, "tenfields")
    package = tmp_path / "fairhouse/games/tenfields"
    run = (
        "import fairhouse.games, sys, pytest;"
        f"fairhouse.games.__path__.append({str(package.parent)!r});"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:xdist', '--rootdir',"
        f" {str(tmp_path)!r}, {str(tmp_path / 'tests/unit/test_tenfields.py')!r}]))"
    )
    tested = subprocess.run(
        [sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed" in tested.stdout
    for path in made:
        if path.suffix == ".py":
            check_style(path.relative_to(tmp_path), path.read_text())


def check_style(path: Path, text: str) -> None:
    """As if the file lay in the project; which packages are its own, only the project knows."""
    for command in (["check", "--ignore", "INP001,I001"], ["format", "--check"]):
        styled = subprocess.run(
            [ROOT / ".venv/bin/ruff", *command, "--no-cache", "--stdin-filename", path, "-"],
            cwd=ROOT,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert styled.returncode == 0, styled.stdout + styled.stderr


def test_it_can_be_published(tmp_path):
    scaffold(tmp_path, "tenfields")
    spec = importlib.util.spec_from_file_location(
        "tenfields_rules", tmp_path / "fairhouse/games/tenfields/rules.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        game = module.Tenfields()
        published = merged({}, tuple(one_table(game, "1")))
        assert published["tenfields"]["1/standard"]["max_multiplier"] == "9.8000"
        stake = Stake(10**6, 6)
        params = game.read(json.loads('{"field": 3}'), stake)
        assert game.play(Stream("5e" * 32, "c", 1), params, stake.units, (), 0).staked == 10**6
    finally:
        del sys.modules[spec.name]


@pytest.mark.parametrize("name", ["", "x", "Dice", "two-words", "1st", "a" * 33, "../etc"])
def test_names_that_cannot_be(name):
    with pytest.raises(Impossible):
        files_of(name)


def test_what_is_there_is_never_overwritten(tmp_path):
    scaffold(tmp_path, "tenfields")
    rules = tmp_path / "fairhouse/games/tenfields/rules.py"
    rules.write_text("mine")
    with pytest.raises(Impossible, match="there already"):
        scaffold(tmp_path, "tenfields")
    assert rules.read_text() == "mine"

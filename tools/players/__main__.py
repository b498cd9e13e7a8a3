"""`python -m tools.players report|train [--seed N]`: the report, or the shipped model anew."""

import argparse
from pathlib import Path

from tools.players import training
from tools.players.crowd import crowd
from tools.players.frauds import FRAUDS
from tools.players.judging import Court
from tools.players.report import report

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs/risk/simulation.md"
MODEL = ROOT / "fairhouse/risk/model.json"


def main() -> None:
    """Judge everybody once, then write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["report", "train"])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    lives, court = crowd(given.seed), Court()
    court.hear(lives)
    if given.what == "report":
        out = given.out or REPORT
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(report(given.seed, lives, court))
    else:
        out = given.out or MODEL
        data = training.table(court.history, court.asked)
        trained = training.forest(data.rows, given.seed)
        out.write_text(training.export(trained, data.rows, f"forest-{given.seed}") + "\n")
    caught = sum(bool(court.found[one.player_id].reached) for one in lives if one.label in FRAUDS)
    print(f"{out}: {len(lives)} accounts, {caught} frauds reached a person")


if __name__ == "__main__":
    main()

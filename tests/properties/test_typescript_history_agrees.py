"""Both verifiers, in Python and in TypeScript, refuse every history with an altered byte."""

import json
from pathlib import Path
from random import Random
from typing import Final

import pytest

from fairhouse.app.fairness import history as ours
from fairhouse.app.fairness.asking import InvalidRequest
from fairhouse.app.fairness.lines import rows
from fairhouse.fairness.codecs import receipts
from fairhouse.games import catalogue
from fairhouse.games.records import as_csv, as_json_lines, csv_head
from fairhouse.games.types import Kind
from tests.exporting import PUBLIC_KEY, history
from tests.properties.agreeing import bundled, played_again
from tests.properties.test_typescript_agrees import needs_node

ALTERED: Final = 60
KEYS: Final = {receipts.key_id(PUBLIC_KEY): PUBLIC_KEY}
GAMES: Final = [game for game in catalogue.USUAL.values() if game.info.kind is not Kind.LIVE]


def _holds(text: str, folder: Path) -> bool:
    """What `fairhouse fairness history` says of a file."""
    file = folder / "history.txt"
    file.write_text(text, newline="")
    report = ours.Report()
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            for number, row in rows(opened):
                ours.check(report, number, row, KEYS)
    except InvalidRequest:
        return False
    ours.finish(report)
    return not report.total_differences


def _altered(text: str, rng: Random) -> str:
    while True:
        at = rng.randrange(len(text))
        byte = rng.choice("0123456789abcxyz")
        if text[at] not in "\r\n" and byte != text[at]:
            return text[:at] + byte + text[at + 1 :]


@needs_node
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_true_history_holds_and_an_altered_one_never(form: str, tmp_path: Path):
    rng = Random(form)
    lines = history(GAMES, 1, rng)
    written = as_json_lines(lines) if form == "jsonl" else csv_head() + as_csv(lines)
    true = written.decode()
    texts = [true, *(_altered(true, rng) for _ in range(ALTERED))]

    asked = [{"op": "history", "text": text, "keys": PUBLIC_KEY.hex()} for text in texts]
    answers = played_again(bundled(tmp_path), asked)

    assert {"bets": len(lines), "proven": len(lines), "wrong": 0, "unproven": 0} == (
        answers[0]["total"]
    ), json.dumps(answers[0]["wrong"])
    assert [True] + ALTERED * [False] == [not answer["wrong"] for answer in answers]
    assert [True] + ALTERED * [False] == [_holds(text, tmp_path) for text in texts]

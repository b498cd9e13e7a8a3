"""docs/assets.md names every process, tool and key that is deployed."""

import re

from fairhouse.app.processes import PROCESSES, TOOLS
from fairhouse.app.settings import SecretFiles
from tests.norms import ROOT

TEXT = (ROOT / "docs/assets.md").read_text()
LISTED = set(re.findall(r"^\| `([^`]+)` \|", TEXT, re.MULTILINE))


def test_every_process_and_key_is_listed():
    assert {*PROCESSES, "signer", "postgresql"} <= LISTED
    assert {*SecretFiles.model_fields} <= LISTED


def test_every_tool_is_listed():
    (line,) = [line for line in TEXT.splitlines() if line.startswith("`bankroll`")]
    assert TOOLS.keys() <= set(re.findall(r"`([^`]+)`", line))


def test_every_line_has_owner_and_sensitivity():
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    assert len(rows) > 10
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 6
        assert all(cells)
        assert cells[3] in {"critical", "high", "medium", "low"}

"""Write the published tables where the TypeScript verifier reads them.

python -m tools.verifier_tables          # write web/src/verifier/published.json

The verifier shares with us only vectors and these tables, as GET /v1/games/{slug}/table answers
them; it computes their hashes itself.
"""

import json
from pathlib import Path
from typing import Final

from fairhouse.games import catalogue
from fairhouse.games.crash.info import INFO as LIVE
from fairhouse.games.types import GameInfo
from fairhouse.kernel.currencies import CURRENCIES

FILE: Final = Path(__file__).resolve().parent.parent / "web/src/verifier/published.json"


def _line(info: GameInfo, is_usual: bool) -> str:
    said = {
        "game": info.slug,
        "name": info.name,
        "version": info.version,
        "variant": info.variant,
        "usual": is_usual,
        "table_hash": info.table_hash,
        "table": info.table,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def text() -> str:
    """The decimals of every currency, and every release ever published, one line each."""
    usual = {game.info.table_hash for game in catalogue.USUAL.values()}
    found = [game.info for game in catalogue.ALL] + [*LIVE.values()]
    lines = [_line(info, info.table_hash in usual or info.slug in LIVE) for info in found]
    scales = json.dumps({code: found.scale for code, found in CURRENCIES.items()})
    return f'{{"scales":{scales},\n"releases":[\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    FILE.write_text(text())

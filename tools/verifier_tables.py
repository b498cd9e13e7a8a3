"""Write the published tables where the TypeScript verifier reads them.

python -m tools.verifier_tables          # write web/src/verifier/published.json

The verifier shares with us only vectors and these tables, as GET /v1/games/{slug}/table answers
them; it computes their hashes itself.
"""

import json
from pathlib import Path
from typing import Final

from fairhouse.games import catalogue
from fairhouse.kernel.currencies import CURRENCIES

FILE: Final = Path(__file__).resolve().parent.parent / "web/src/verifier/published.json"


def text() -> str:
    """The decimals of every currency, and every release ever published, one line each."""
    usual = {game.info.table_hash for game in catalogue.USUAL.values()}
    lines = [
        json.dumps(
            {
                "game": game.info.slug,
                "name": game.info.name,
                "version": game.info.version,
                "variant": game.info.variant,
                "usual": game.info.table_hash in usual,
                "table_hash": game.info.table_hash,
                "table": game.info.table,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for game in catalogue.ALL
    ]
    scales = json.dumps({code: found.scale for code, found in CURRENCIES.items()})
    return f'{{"scales":{scales},\n"releases":[\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    FILE.write_text(text())

"""Public keys of receipts, from the saved answer of /v1/fairness/keys."""

import json
from pathlib import Path
from typing import Any

from fairhouse.app.fairness.asking import InvalidRequest
from fairhouse.fairness.codecs import receipts


def read_keys(file: Path) -> dict[str, bytes]:
    """Public keys by id. Refuses with InvalidRequest."""
    try:
        listed: list[dict[str, Any]] = json.loads(file.read_text())["keys"]
        keys = {str(one["id"]): bytes.fromhex(one["public_key"]) for one in listed}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidRequest(f"{file} is no list of keys: {error!r}.", param="keys") from None
    for key_id, key in keys.items():
        if receipts.key_id(key) != key_id:
            raise InvalidRequest(f"{file}: {key_id} is not the id of its key.", param="keys")
    return keys

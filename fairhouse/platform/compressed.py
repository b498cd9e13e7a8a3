"""Public JSON made small on its way; never what holds a secret beside what a stranger may choose
(BREACH).
"""

import gzip
from typing import Final

from fastapi import Request, Response
from pydantic import BaseModel

_LEVEL: Final = 5
"""Of gzip: a seventh of a catalogue's bytes, in a third of a millisecond."""


def compressed_json(request: Request, found: BaseModel) -> Response:
    """A model as JSON, compressed for who takes that."""
    content = found.model_dump_json().encode()
    headers = {"vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, _LEVEL)
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers, media_type="application/json")

"""The built web app as files: compressed ones for who takes them, hashed ones kept for good."""

import os
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""Best first; the build writes them beside every text file."""

HASHED: Final = "assets/"
"""Files below carry a hash of their content in their names."""


class WebFiles(StaticFiles):
    """Static files with the compressed neighbours that a build left beside them."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, compressed when its neighbour is there and the client takes it."""
        asked = Headers(scope=scope)
        found = FileResponse(full_path, status_code=status_code, stat_result=stat_result)
        media = found.media_type
        for name, suffix in ENCODINGS:
            neighbour = Path(f"{full_path}{suffix}")
            if name in asked.get("accept-encoding", "") and neighbour.is_file():
                found = FileResponse(
                    neighbour,
                    status_code=status_code,
                    media_type=media,
                    headers={"content-encoding": name},
                    stat_result=neighbour.stat(),
                )
                break
        found.headers["vary"] = "accept-encoding"
        found.headers["cache-control"] = (
            "public, max-age=31536000, immutable"
            if scope["path"].lstrip("/").startswith(HASHED)
            else "no-cache"
        )
        if self.is_not_modified(found.headers, asked):
            return NotModifiedResponse(found.headers)
        return found

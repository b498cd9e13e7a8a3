"""The built web app as the player API serves it."""

import os
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from fairhouse.platform.webfiles import WebFiles

VERIFIER: Final = "verify.html"
ALONE: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For the verifier, which carries script and style in itself and may reach nothing else; a policy
of its own names that one script by its hash."""


class PlayerWeb(WebFiles):
    """The app's files, and the offline verifier under its own policy."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file; the verifier with a policy that allows nothing but itself."""
        found = super().file_response(full_path, stat_result, scope, status_code)
        if scope["path"].lstrip("/") == VERIFIER:
            found.headers["content-security-policy"] = ALONE
        return found

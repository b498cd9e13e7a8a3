"""`fairhouse COMMAND`, also `python -m fairhouse.app COMMAND`: processes, tools, verification."""

import sys
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Final, cast

Main = Callable[[list[str]], int]

FAIRNESS: Final = "fairhouse.app.fairness.command:main"
PROCESSES: Final = "fairhouse.app.processes:main"


def main(argv: list[str] | None = None) -> int:
    """0 when it went well; each command says what its other exit codes mean.

    Commands are looked up by name: who verifies a bet needs neither the web server nor the database
    that the processes bring with them, and should not wait for them.
    """
    given = sys.argv[1:] if argv is None else argv
    if given[:1] == ["fairness"]:
        return cast(Main, resolve_name(FAIRNESS))(given[1:])
    return cast(Main, resolve_name(PROCESSES))(given)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m devnet.demo.database FOLDER PORT FILE`: PostgreSQL as a child like the others.

Starts or takes over the server, migrates, writes the roles' URLs to FILE, and stops the server when
told to. With FAIRHOUSE_DATABASE_URL another server is used, and left running.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Final

from fairhouse.platform.migrate import MigrationRefused
from fairhouse.platform.postgres.binaries import PostgresUnavailable
from fairhouse.platform.postgres.server import PostgresServer
from fairhouse.platform.postgres.setup import open_database

LOOK_EVERY_S: Final = 0.5


def main() -> int:
    """0 when stopped; 1 when the server could not be had or died."""
    folder, port, file = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    file.unlink(missing_ok=True)
    try:
        urls, server = open_database(
            folder, external_url=os.environ.get("FAIRHOUSE_DATABASE_URL"), port=port
        )
    except (PostgresUnavailable, MigrationRefused) as error:
        print(error, file=sys.stderr)
        # A server that came up before its migration was refused would be left behind.
        PostgresServer(folder).stop()
        return 1
    making = file.with_suffix(".new")
    making.touch(mode=0o600)
    making.write_text(json.dumps(asdict(urls)))
    making.rename(file)
    print(f"ready, process {os.getpid()}", file=sys.stderr, flush=True)
    while not stopped.wait(LOOK_EVERY_S):
        if server is not None and not server.is_running:
            print("the server is gone", file=sys.stderr)
            return 1
    if server is not None:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

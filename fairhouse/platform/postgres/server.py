"""The supervisor of the embedded server: make the cluster once, start or adopt, stop.

Start and recovery share one road: a server left running by a killed process is adopted, one that
died is started and recovers by itself.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from fairhouse.platform.postgres.binaries import (
    PostgresUnavailable,
    choose_user,
    data_home,
    find_programs,
)
from fairhouse.platform.postgres.roles import (
    DATABASE,
    DatabaseUrls,
    Passwords,
    ensure_database,
    ensure_roles,
    urls_from,
)

SUPERUSER: Final = "postgres"
READY_LINE: Final = 7  # of postmaster.pid, counted from 0; 3 is the port, 4 the socket folder
START_TRIES: Final = 3
SOCKET_PATH_LENGTH_MAX: Final = 90


class StopMode(Enum):
    """How the server is told to stop."""

    FAST = signal.SIGINT
    """Roll back what is open, write a checkpoint."""
    IMMEDIATE = signal.SIGQUIT
    """As if the power failed; recovers at the next start."""


@dataclass(frozen=True, slots=True)
class _Running:
    """What postmaster.pid says."""

    pid: int
    port: int
    ready: bool


class PostgresServer:
    """One cluster in one folder. Its methods block; call them with `asyncio.to_thread` in a loop.

    `durable=False` switches fsync off, for tests that never kill the machine's power.
    """

    def __init__(self, folder: Path, *, port: int = 0, durable: bool = True) -> None:
        self._user = choose_user()
        self._home = data_home(folder, self._user)
        self._cluster = self._home / "cluster"
        self._log = self._home / "postgres.log"
        self._wanted_port = port
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> DatabaseUrls:
        """Start or adopt the server, with roles and database made; returns when it is ready.

        Raises PostgresUnavailable with the end of the server's log when it does not come up.
        """
        self._make_home()
        passwords = Passwords.kept_in(self._home / "credentials.json")
        if not self._cluster.exists():
            self._make_cluster(passwords.admin)
        self._check_version()
        running = self._running() or self._launch()
        running = self._wait_until_ready(running.pid)
        place = f"127.0.0.1:{running.port}"
        admin_url = f"postgresql://{SUPERUSER}:{passwords.admin}@{place}/postgres"
        ensure_roles(admin_url, passwords)
        ensure_database(admin_url, DATABASE)
        return urls_from(admin_url, passwords).to(DATABASE)

    def stop(self, mode: StopMode = StopMode.FAST, *, timeout_s: int = 30) -> None:
        """Stop the server and wait until it is gone; nothing happens when it does not run."""
        running = self._running()
        if running is None:
            return
        os.kill(running.pid, mode.value)
        deadline = time.monotonic() + timeout_s
        while self._alive(running.pid) and self._is_ours(running.pid):
            if time.monotonic() > deadline:
                raise PostgresUnavailable(f"PostgreSQL (pid {running.pid}) does not stop.")
            time.sleep(0.02)
        self._process = None

    def destroy(self) -> None:
        """Stop the server and delete the cluster with everything in it."""
        self.stop(StopMode.IMMEDIATE)
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def is_running(self) -> bool:
        """Whether a server process has this cluster open."""
        return self._running() is not None

    def _make_home(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        if self._user.is_other:
            # The server's user passes through to its cluster but cannot list or read our files.
            self._home.chmod(0o711)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}

    def _make_cluster(self, password: str) -> None:
        """Run initdb beside the final place and move the result there when it is whole."""
        making = self._home / "cluster.new"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        password_file = making.with_name("initial-password")
        password_file.write_text(password)
        password_file.chmod(0o600)
        if self._user.is_other:
            os.chown(making, self._user.uid, self._user.gid)
            os.chown(password_file, self._user.uid, self._user.gid)
        command = [
            *(str(find_programs(self._user) / "initdb"), "--pgdata", str(making)),
            *("--username", SUPERUSER, "--pwfile", str(password_file), "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"),
        ]
        made = self._run(command)
        password_file.unlink()
        if made.returncode:
            raise PostgresUnavailable(f"initdb failed: {made.stderr.strip()[-800:]}")
        making.rename(self._cluster)

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=self._environment(),
            user=self._user.uid if self._user.is_other else None,
            group=self._user.gid if self._user.is_other else None,
        )

    def _check_version(self) -> None:
        kept = (self._cluster / "PG_VERSION").read_text().strip()
        answer = self._run([str(find_programs(self._user) / "postgres"), "--version"]).stdout
        major = answer.split()[-1].split(".")[0] if answer else "?"
        if kept != major:
            raise PostgresUnavailable(
                f"The data in {self._cluster} was made by PostgreSQL {kept}, this is {major}. "
                "Move the data with pg_dump, or run `make demo-reset` to begin anew."
            )

    def _launch(self) -> _Running:
        port = self._wanted_port
        for _ in range(START_TRIES):
            port = port if port and _port_is_free(port) else _free_port()
            running = self._launch_on(port)
            if running is not None:
                return running
            port = 0
        raise PostgresUnavailable(f"PostgreSQL does not start. Its log ends:\n{self._log_end()}")

    def _launch_on(self, port: int) -> _Running | None:
        """Start the server; None when it died within its first moments."""
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        command = [str(find_programs(self._user) / "postgres"), "-D", str(self._cluster)]
        for name, value in self._settings(port).items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            # Its own session: Ctrl-C in the terminal reaches us, and we stop it in order.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=self._environment(),
                user=self._user.uid if self._user.is_other else None,
                group=self._user.gid if self._user.is_other else None,
            )
        process = self._process
        appeared = _wait_for(lambda: bool(self._running()) or process.poll() is not None, 10)
        return self._running() if appeared and process.poll() is None else None

    def _settings(self, port: int) -> dict[str, str]:
        durable = "on" if self._durable else "off"
        return {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._socket_folder()),
            "password_encryption": "scram-sha-256",
            "max_connections": "200",
            "shared_buffers": f"{_buffers_mb()}MB" if self._durable else "96MB",
            "fsync": durable,
            "synchronous_commit": durable,
            "full_page_writes": durable,
            "wal_compression": "on",
            "max_wal_size": "2GB" if self._durable else "256MB",
            "jit": "off",
            "timezone": "UTC",
            "log_min_messages": "warning",
            "log_line_prefix": "%m [%p] %u@%d ",
        }

    def _socket_folder(self) -> Path:
        """In the cluster, or a fresh private folder where that path is too long for a socket."""
        if len(str(self._cluster)) <= SOCKET_PATH_LENGTH_MAX:
            return self._cluster
        folder = Path(tempfile.mkdtemp(prefix="fairhouse-"))
        if self._user.is_other:
            os.chown(folder, self._user.uid, self._user.gid)
        return folder

    def _running(self) -> _Running | None:
        """The server that has this cluster open; a stale file or a foreign pid counts as none."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (OSError, ValueError, IndexError):
            return None
        if not self._alive(pid) or not self._is_ours(pid):
            return None
        ready = len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"
        return _Running(pid, port, ready)

    def _is_ours(self, pid: int) -> bool:
        """Guard against a recycled pid: the process must have our cluster on its command line."""
        try:
            return str(self._cluster) in Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            # No /proc (macOS): trust the pid file, as pg_ctl does.
            return not Path("/proc/self").exists()

    def _alive(self, pid: int) -> bool:
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def _wait_until_ready(self, pid: int) -> _Running:
        def settled() -> bool:
            running = self._running()
            return running is None or running.ready

        _wait_for(settled, 120)
        running = self._running()
        if running is None or not running.ready:
            raise PostgresUnavailable(
                f"PostgreSQL (pid {pid}) does not become ready. Its log ends:\n{self._log_end()}"
            )
        return running

    def _log_end(self) -> str:
        if not self._log.exists():
            return "(empty)"
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-12:])


def _wait_for(condition: Callable[[], bool], timeout_s: int) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As PostgreSQL itself binds: what lingers of a killed server's connections does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _buffers_mb() -> int:
    """An eighth of the machine's memory, from 128 MB to 2 GB; used only as far as data fill it."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return min(max(memory_mb // 8, 128), 2_048)

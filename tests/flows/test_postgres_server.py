"""The supervised server: made once, adopted, recovered, moved to another port, reached by nobody.

These tests stop and kill servers, so they have clusters of their own.
"""

import os
import signal
import socket
import stat
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from fairhouse.platform.postgres.roles import DatabaseUrls
from fairhouse.platform.postgres.server import PostgresServer, StopMode
from fairhouse.platform.postgres.setup import open_database


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    """In a folder that nobody else may enter, as a private clone would be."""
    with tempfile.TemporaryDirectory() as private:
        place = Path(private) / "data"
        yield place
        PostgresServer(place).destroy()


@pytest.fixture
def server(folder: Path) -> Generator[PostgresServer]:
    server = PostgresServer(folder)
    yield server
    server.stop(StopMode.IMMEDIATE)


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def setting(urls: DatabaseUrls, name: str) -> object:
    return run(urls.admin, f"show {name}")[0][0]


def gone(pid: int) -> bool:
    """No such process, or one that only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_what_was_committed_survives_a_kill(server, folder):
    urls = server.start()
    run(urls.owner, "create table if not exists public.kept (id int)")
    run(urls.owner, "insert into public.kept values (1)")
    pid = int((server._cluster / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert not server.is_running
    again = PostgresServer(folder)
    assert [(1,)] == run(again.start().owner, "select id from public.kept")
    assert ("on", "on", "on") == tuple(
        setting(urls_of(again), name) for name in ("fsync", "synchronous_commit", "data_checksums")
    )
    again.stop()
    assert not again.is_running


def urls_of(server: PostgresServer) -> DatabaseUrls:
    return server.start()


def test_a_server_left_behind_is_adopted(server, folder):
    urls = server.start()
    other = PostgresServer(folder)

    assert urls == other.start()
    other.stop()
    assert not server.is_running


def test_a_taken_port_gives_another_one(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = PostgresServer(folder, port=port)
        try:
            assert f":{port}/" not in server.start().app
        finally:
            server.stop()
    free = PostgresServer(folder, port=port)
    try:
        assert f":{port}/" in free.start().app
    finally:
        free.stop()


def test_a_stale_pid_of_somebody_else_is_no_server(server):
    server.start()
    server.stop()
    pid_file = server._cluster / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\nx\n0\n5432\n\n\n0\nready\n")

    assert not server.is_running
    assert server.start()


def test_passwords_are_for_the_owner_alone_and_needed(server):
    urls = server.start()
    credentials = server._home / "credentials.json"

    assert 0o600 == stat.S_IMODE(credentials.stat().st_mode)
    for url in (urls.app, urls.admin):
        head, _, tail = url.rpartition("@")
        with pytest.raises(psycopg.OperationalError, match="password"):
            run(f"{head.rpartition(':')[0]}:wrong@{tail}", "select 1")


def test_an_interrupted_making_is_made_again(tmp_path_factory):
    with tempfile.TemporaryDirectory() as private:
        server = PostgresServer(Path(private) / "data")
        server._make_home()
        (server._home / "cluster.new" / "half").mkdir(parents=True)
        try:
            assert server.start()
        finally:
            server.destroy()
        assert not server._home.exists()


def test_another_server_by_url_is_made_ready(server, tmp_path):
    """With a database that is there already, and roles that are not ours yet."""
    urls = server.start()
    run(urls.admin, "drop database if exists elsewhere")
    run(urls.admin, "create database elsewhere")
    opened, none = open_database(tmp_path, external_url=urls.to("elsewhere").admin)
    again, _ = open_database(tmp_path, external_url=urls.to("elsewhere").admin)

    assert none is None
    assert opened == again
    assert [("fairhouse_app",)] == run(opened.app, "select current_user::text")
    assert [(0,)] == run(opened.app, "select count(*)::int from platform.outbox")

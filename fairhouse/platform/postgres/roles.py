"""The three roles and how each connects.

`fairhouse_owner` owns schemas and runs migrations; `fairhouse_app` is every API process;
`fairhouse_worker` inherits the app's rights and gets more where a migration says so. Neither app
nor worker ever gets UPDATE, DELETE or TRUNCATE on a journal.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, LiteralString
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER: Final = "fairhouse_owner"
APP: Final = "fairhouse_app"
WORKER: Final = "fairhouse_worker"
DATABASE: Final = "fairhouse"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One connection URL per role to one database."""

    admin: str
    """May create roles and databases; used by set-up and tests alone."""
    owner: str
    app: str
    worker: str

    def to(self, database: str) -> "DatabaseUrls":
        """The same roles on another database of the same server."""
        return DatabaseUrls(
            admin=_with_database(self.admin, database),
            owner=_with_database(self.owner, database),
            app=_with_database(self.app, database),
            worker=_with_database(self.worker, database),
        )


@dataclass(frozen=True, slots=True)
class Passwords:
    """Generated once per data folder, kept in a file that only its owner may read."""

    admin: str
    owner: str
    app: str
    worker: str

    @staticmethod
    def kept_in(path: Path) -> "Passwords":
        """Read them, or make them on the first call."""
        if not path.exists():
            names = ("admin", "owner", "app", "worker")
            made = {name: secrets.token_urlsafe(24) for name in names}
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(made, file)
        return Passwords(**json.loads(path.read_text()))


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _with_login(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}"))


def urls_from(admin_url: str, passwords: Passwords) -> DatabaseUrls:
    """The URLs of all roles, from the administrator's URL of the same database."""
    return DatabaseUrls(
        admin=admin_url,
        owner=_with_login(admin_url, OWNER, passwords.owner),
        app=_with_login(admin_url, APP, passwords.app),
        worker=_with_login(admin_url, WORKER, passwords.worker),
    )


def ensure_roles(admin_url: str, passwords: Passwords) -> None:
    """Create the three roles, or set their passwords anew; idempotent.

    Roles belong to the server: two installations on one server share them and must share
    the passwords.
    """
    by_role = {OWNER: passwords.owner, APP: passwords.app, WORKER: passwords.worker}
    with psycopg.connect(admin_url, autocommit=True) as connection:
        # Two processes starting together must not both create a role.
        connection.execute("select pg_advisory_lock(hashtext('fairhouse.roles'))")
        rows = connection.execute("select rolname from pg_roles")
        present = {name for (name,) in rows.fetchall()}
        for role, password in by_role.items():
            verb: LiteralString = "alter" if role in present else "create"
            statement = sql.SQL(verb + " role {} login noinherit password {}").format(
                sql.Identifier(role), sql.Literal(password)
            )
            connection.execute(statement)
        connection.execute("alter role fairhouse_worker inherit")
        connection.execute("grant fairhouse_app to fairhouse_worker")
        # Needed to give a database to the owner where the administrator is no superuser.
        connection.execute("grant fairhouse_owner to current_user")


def ensure_database(admin_url: str, name: str, *, template: str | None = None) -> bool:
    """Create the database for the owner role, or let the roles into the one that is there.

    Returns whether it was made.
    """
    target = sql.Identifier(name)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [name])
        made = found.fetchone() is None
        if made:
            statement = sql.SQL("create database {} owner fairhouse_owner").format(target)
            if template:
                # Copied as files: through the log it takes three to ten times as long.
                copied = sql.SQL(" template {} strategy file_copy")
                statement += copied.format(sql.Identifier(template))
            connection.execute(statement)
        for statement in (
            "revoke all on database {} from public",
            "grant connect, create on database {} to fairhouse_owner",
            "grant connect on database {} to fairhouse_app, fairhouse_worker",
        ):
            connection.execute(sql.SQL(statement).format(target))
    return made


def drop_database(admin_url: str, name: str) -> None:
    """Drop the database if it is there, with everybody who is connected to it."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        statement = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        connection.execute(statement)

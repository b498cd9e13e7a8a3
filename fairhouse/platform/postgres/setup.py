"""A ready database from settings: our own server, or any other by URL."""

from pathlib import Path
from urllib.parse import urlsplit

from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.roles import (
    DATABASE,
    DatabaseUrls,
    Passwords,
    ensure_database,
    ensure_roles,
    urls_from,
)
from fairhouse.platform.postgres.server import PostgresServer


def open_database(
    folder: Path, *, external_url: str | None = None, port: int = 0
) -> tuple[DatabaseUrls, PostgresServer | None]:
    """Roles, database and schema made, whatever was there before; blocks until ready.

    `external_url` (FAIRHOUSE_DATABASE_URL) is a login that may create roles; the database it names
    is used, or "fairhouse" when it names none. Without it our own server starts in `folder`, and
    the caller stops it. Raises PostgresUnavailable or MigrationRefused, each naming the fix.
    """
    if external_url is None:
        server = PostgresServer(folder, port=port)
        urls = server.start()
        upgrade(urls.owner)
        return urls, server
    folder.mkdir(parents=True, exist_ok=True)
    passwords = Passwords.kept_in(folder / "external-credentials.json")
    ensure_roles(external_url, passwords)
    name = urlsplit(external_url).path.lstrip("/")
    ensure_database(external_url, name or DATABASE)
    urls = urls_from(external_url, passwords).to(name or DATABASE)
    upgrade(urls.owner)
    return urls, None

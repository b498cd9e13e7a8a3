"""The demo's people: two brands' players and the staff, as data."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pyotp.totp import TOTP

from devnet.demo.places import Places


@dataclass(frozen=True, slots=True)
class Login:
    """One demo login. These passwords open nothing but a demo on this machine."""

    where: str
    """Brand slug, or "backoffice"."""
    name: str
    """E-mail address or staff handle."""
    username: str
    password: str
    about: str
    has_totp: bool = False
    roles: tuple[str, ...] = ()
    plays: bool = False
    """Gets a history."""


LOGINS: Final = (
    Login(
        "fairhouse", "alice@demo.example", "alice", "lucky-otter-sails-42",
        "has played", plays=True,
    ),
    Login("fairhouse", "bob@demo.example", "bob", "quiet-maple-rides-17", "with 2FA", True),
    Login(
        "nightowl", "carol@demo.example", "carol", "amber-comet-hums-58",
        "the other brand", plays=True,
    ),
    Login(
        "backoffice", "tara", "Tara Treasurer", "steady-harbour-vault-91",
        "approves withdrawals", True, ("treasurer", "support"),
    ),
    Login(
        "backoffice", "theo", "Theo Treasurer", "copper-lantern-ledger-36",
        "the second approver", True, ("treasurer", "support"),
    ),
    Login(
        "backoffice", "ada", "Ada Admin", "granite-meadow-keys-24",
        "pauses, staff, audit", True, ("admin", "compliance", "support"),
    ),
    Login(
        "backoffice", "cora", "Cora Compliance", "velvet-compass-stone-58",
        "player protection", True, ("compliance", "support"),
    ),
)  # fmt: skip


@dataclass(slots=True)
class Made:
    """What was made already, kept beside the database that it was made in."""

    totp: dict[str, str]
    """Login name to authenticator secret."""
    steps: list[str]

    @staticmethod
    def of(places: Places) -> "Made":
        """Read the file of a demo."""
        return Made.beside(places.seeded)

    @staticmethod
    def beside(file: Path) -> "Made":
        """Read it; nothing was made without a file."""
        if not file.exists():
            return Made({}, [])
        found = json.loads(file.read_text())
        return Made(dict(found["totp"]), list(found["steps"]))

    def keep(self, places: Places) -> None:
        """Write it, whole."""
        making = places.seeded.with_suffix(".new")
        making.touch(mode=0o600)
        making.write_text(json.dumps(asdict(self), indent=2))
        making.rename(places.seeded)


def login_row(login: Login, totp: str | None) -> tuple[str, str]:
    """How the box shows a login, with the code that opens it now."""
    code = f"code now {TOTP(totp).now()}" if totp else ""
    return login.where, f"{login.name:<20} {login.password:<26} {code or login.about}"


def for_bank(totp: Mapping[str, str]) -> list[dict[str, str]]:
    """How the bank's page shows them, with the secrets of those that have a second factor."""
    return [
        {
            "where": login.where,
            "name": login.name,
            "password": login.password,
            "about": login.about,
            "totp": totp.get(login.name, ""),
        }
        for login in LOGINS
    ]

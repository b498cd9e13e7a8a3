"""The stage on which identity's stories are played: one brand, fast hashes, a readable mailbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import msgspec
from pyotp.totp import TOTP

from fairhouse.identity import api as identity
from fairhouse.identity.types import (
    Client,
    Denied,
    LoggedIn,
    PasswordProof,
    Session,
)
from fairhouse.messages.api import mail_context
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database

PASSWORD = "correct horse battery staple"
EMAIL = "Ada.Lovelace@player.test"
BORN = date(1990, 12, 10)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FAST = identity.HashCost(time=1, memory_kib=64)
FIREFOX = Client("203.0.113.77", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
PHONE = Client("2001:db8:1:2::3", "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile")


@dataclass(frozen=True)
class TestBrand:
    __test__ = False

    id: int = 1
    name: str = "Fairhouse"
    terms_version: str = "2026-01"
    minimum_age: int = 18
    allows_anonymous: bool = True


@dataclass
class Mail:
    to: str
    template: str
    language: str
    fields: Mapping[str, object]


@dataclass
class World:
    """Everything a story needs; each step is a transaction of its own, as over HTTP."""

    db: Database
    sealer: Sealer = field(default_factory=lambda: Sealer({1: bytes(range(32))}))
    passwords: identity.Passwords = field(default_factory=lambda: identity.Passwords(FAST))
    brand: TestBrand = field(default_factory=TestBrand)

    async def register(
        self, email: str = EMAIL, username: str = "ada", password: str = PASSWORD
    ) -> identity.Registering:
        hashed = await self.passwords.hash(password, known=(email, username))
        async with self.db.tx() as tx:
            return await identity.register(
                tx,
                sealer=self.sealer,
                brand=self.brand,
                email=email,
                password=hashed,
                birth_date=BORN,
                terms_version=self.brand.terms_version,
                username=username,
                language="en",
            )

    async def confirm(
        self,
        registering: identity.Registering,
        code: str,
        *,
        guest: Session | None = None,
        client: Client = FIREFOX,
        username: str | None = None,
    ) -> LoggedIn | Denied:
        async with self.db.tx() as tx:
            return await identity.confirm_registration(
                tx,
                sealer=self.sealer,
                brand=self.brand,
                registration_id=registering.id,
                code=code,
                client=client,
                guest=guest,
                username=username,
            )

    async def player(self, email: str = EMAIL, username: str = "ada") -> LoggedIn:
        """A registered player, logged in from Firefox."""
        registering = await self.register(email, username)
        code = (await self.mails(email))[-1].fields["code"]
        return granted(await self.confirm(registering, str(code)))

    async def guest(self) -> LoggedIn:
        async with self.db.tx() as tx:
            return await identity.start_guest(
                tx, sealer=self.sealer, brand=self.brand, language="en", client=FIREFOX
            )

    async def proof(self, password: str, email: str = EMAIL) -> PasswordProof:
        async with self.db.read() as tx:
            challenge = await identity.password_challenge(
                tx,
                sealer=self.sealer,
                brand=self.brand,
                email=email,
                nobodys_hash=self.passwords.nobodys_hash,
            )
        return await self.passwords.check(challenge, password)

    async def log_in(
        self,
        password: str = PASSWORD,
        *,
        email: str = EMAIL,
        totp: str | None = None,
        client: Client = FIREFOX,
    ) -> LoggedIn | Denied:
        proof = await self.proof(password, email)
        async with self.db.tx() as tx:
            return await identity.log_in(
                tx, sealer=self.sealer, proof=proof, totp=totp, client=client
            )

    async def session(self, token: str) -> Session | None:
        async with self.db.read() as tx:
            return await identity.session(tx, token=token)

    async def enrol(self, session: Session) -> tuple[str, list[str]]:
        """A confirmed second factor: its secret and recovery codes."""
        async with self.db.tx() as tx:
            enrolment = await identity.enrol_totp(
                tx, sealer=self.sealer, brand=self.brand, session=session
            )
        code = self.code(enrolment.secret)
        async with self.db.tx() as tx:
            codes = await identity.confirm_totp(tx, sealer=self.sealer, session=session, code=code)
        assert not isinstance(codes, Denied)
        return enrolment.secret, list(codes)

    def code(self, secret: str) -> str:
        return TOTP(secret).at(self.db.now())

    async def mails(self, to: str | None = None) -> list[Mail]:
        """Queued mails, oldest first, opened."""
        async with self.db.read() as tx:
            rows = await tx.fetch(
                "select id, template, language, sealed_content from messages.mail "
                "where state = 'queued' order by ctid"
            )
        mails: list[Mail] = []
        for row in rows:
            opened = self.sealer.open(
                row["sealed_content"], context=mail_context(UUID(str(row["id"])))
            )
            content = msgspec.json.decode(opened)
            mails.append(Mail(content["to"], row["template"], row["language"], content["fields"]))
        wanted = to.casefold() if to else None
        return [mail for mail in mails if wanted in {None, mail.to.casefold()}]

    async def events(self) -> list[str]:
        async with self.db.read() as tx:
            rows = await tx.fetch("select type from platform.outbox order by id")
        return [row["type"] for row in rows]


def granted(result: LoggedIn | Denied) -> LoggedIn:
    assert not isinstance(result, Denied), result.refusal
    return result


def denied(result: object) -> str:
    """The code of the refusal."""
    assert isinstance(result, Denied), result
    return result.refusal.code

"""Seeded people for demos and tests: idempotent, with secrets that are known on purpose."""

from dataclasses import dataclass
from datetime import date

from fairhouse.identity.api.registration import start_guest
from fairhouse.identity.api.staff import create_staff
from fairhouse.identity.engine.passwords import Passwords
from fairhouse.identity.engine.personal import data_context, email_index, pack, person_key
from fairhouse.identity.engine.second_factor import secret_context
from fairhouse.identity.events import PlayerRegistered
from fairhouse.identity.rules import clean_email, clean_username
from fairhouse.identity.store import factors, players, sessions
from fairhouse.identity.store import staff as staff_store
from fairhouse.identity.types import (
    BrandTerms,
    Client,
    PersonalData,
    Player,
    PlayerId,
    RevokeReason,
    Role,
    Staff,
)
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.outbox import announce


@dataclass(frozen=True, slots=True)
class SeedPlayer:
    """A player as the demo wants them."""

    email: str
    username: str
    password: str
    birth_date: date = date(1990, 4, 1)
    language: str = "en"
    totp_secret: str | None = None
    """Base32; the second factor is on when given."""
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class SeedStaff:
    """A staff member as the demo wants them."""

    handle: str
    name: str
    roles: tuple[Role, ...]
    password: str
    totp_secret: str


async def seed_player(
    db: Database, *, sealer: Sealer, passwords: Passwords, brand: BrandTerms, seed: SeedPlayer
) -> tuple[Player, bool]:
    """The registered player with this e-mail, and whether it was made just now."""
    index = email_index(sealer, brand.id, clean_email(seed.email))
    hashed = await passwords.hash(seed.password, known=(seed.email, seed.username))
    async with db.tx() as tx:
        await tx.lock("identity.seed")
        found = await players.find_by_email(tx, brand.id, index)
        if found is not None:
            return found.player, False
        return await _make_player(tx, sealer, brand, seed, index, hashed.phc), True


async def _make_player(
    tx: Tx, sealer: Sealer, brand: BrandTerms, seed: SeedPlayer, index: bytes, phc: str
) -> Player:
    client = Client(ip="127.0.0.1", user_agent="")
    guest = await start_guest(tx, sealer=sealer, brand=brand, language=seed.language, client=client)
    player_id = guest.player.id
    await sessions.revoke(
        tx, player_id=player_id, session_id=guest.session.id, reason=RevokeReason.UPGRADED
    )
    key = await person_key(tx, sealer, player_id)
    assert key is not None
    data = pack(PersonalData(clean_email(seed.email), seed.birth_date))
    await players.make_registered(
        tx,
        player_id=player_id,
        username=clean_username(seed.username),
        email_index=index,
        sealed_data=key.seal(data, context=data_context(player_id)),
        password_hash=phc,
        language=seed.language,
        terms_version=brand.terms_version,
    )
    await players.accept_terms(
        tx, player_id=player_id, brand_id=brand.id, version=brand.terms_version
    )
    await players.set_test(tx, player_id, is_test=seed.is_test)
    if seed.totp_secret:
        sealed = key.seal(seed.totp_secret.encode(), context=secret_context(player_id))
        await factors.put_unconfirmed(tx, player_id, sealed)
        await factors.confirm(tx, player_id, 0)
    await announce(tx, PlayerRegistered(brand.id, player_id, was_guest=False))
    return await _player(tx, player_id)


async def _player(tx: Tx, player_id: PlayerId) -> Player:
    found = await players.find(tx, player_id)
    assert found is not None
    return found.player


async def seed_staff(
    db: Database, *, sealer: Sealer, passwords: Passwords, seed: SeedStaff
) -> Staff:
    """The staff member with this handle, made if absent."""
    hashed = await passwords.hash(seed.password, known=(seed.handle, seed.name))
    async with db.tx() as tx:
        await tx.lock("identity.seed")
        found = await staff_store.find_by_handle(tx, seed.handle)
        if found is not None:
            return found.staff
        staff, _ = await create_staff(
            tx,
            sealer=sealer,
            handle=seed.handle,
            name=seed.name,
            roles=seed.roles,
            password=hashed,
            totp_secret=seed.totp_secret,
        )
        return staff

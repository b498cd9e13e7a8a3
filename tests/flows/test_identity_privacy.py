"""What a stolen dump of the database tells about people: nothing."""

import io

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.types import PlayerStatus, Role
from fairhouse.platform.crypto import SealBroken, Sealer
from fairhouse.platform.database import Database
from tests.flows.identity_world import EMAIL, FIREFOX, PASSWORD, PHONE, SECRET, World, denied

NEW_EMAIL = "countess@player.test"


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def dump(db: Database) -> str:
    """Every row of every table of ours, as COPY writes it."""
    texts: list[str] = []
    async with db.connection() as connection:
        tables = await connection.fetch(
            "select schemaname, tablename from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema')"
        )
        for table in tables:
            buffer = io.BytesIO()
            await connection.copy_from_query(
                f"select * from {table['schemaname']}.{table['tablename']}", output=buffer
            )
            texts.append(buffer.getvalue().decode())
    return "\n".join(texts)


async def test_a_dump_holds_no_personal_data_and_no_secrets(world: World, owner_db: Database):
    logged_in = await world.player()
    await world.log_in(client=PHONE)
    await world.register("waiting@player.test", "waiting")
    await world.log_in("wrong wrong wrong")
    secret, codes = await world.enrol(logged_in.session)
    proof = await world.proof(PASSWORD)
    async with world.db.tx() as tx:
        await identity.request_email_change(
            tx, sealer=world.sealer, session=logged_in.session, proof=proof, email=NEW_EMAIL
        )
        await identity.request_password_reset(
            tx, sealer=world.sealer, brand=world.brand, email=EMAIL
        )
    await identity.seed_staff(
        world.db,
        sealer=world.sealer,
        passwords=world.passwords,
        seed=identity.SeedStaff("tess", "Tess", (Role.SUPPORT,), PASSWORD, SECRET),
    )
    mailed = [str(mail.fields["code"]) for mail in await world.mails() if "code" in mail.fields]
    told = [
        *("lovelace", "waiting@", NEW_EMAIL, "player.test", "1990-12-10", "19901210"),
        *(FIREFOX.ip, PHONE.ip, PASSWORD, logged_in.token, secret, SECRET),
        *codes,
        *(code for code in mailed if len(code) > 6),
    ]

    text = (await dump(owner_db)).lower()

    assert "ada" in text
    assert [] == [word for word in told if word.lower() in text]
    assert [] == [code for code in mailed if f"\t{code}\t" in text or f'"{code}"' in text]
    hexed = [word.lower().encode().hex() for word in told]
    assert [] == [word for word in hexed if word in text]


async def test_erasing_deletes_the_key_and_frees_address_and_name(world: World, owner_db: Database):
    logged_in = await world.player()
    player_id = logged_in.player.id
    async with world.db.read() as tx:
        sealed = await tx.fetchval("select sealed_data from identity.player")

    async with world.db.tx() as tx:
        await identity.erase_player(tx, player_id=player_id)

    assert await world.session(logged_in.token) is None
    assert "bad_credentials" == denied(await world.log_in())
    async with world.db.read() as tx:
        assert await identity.personal_data(tx, sealer=world.sealer, player_id=player_id) is None
        player = await identity.player(tx, player_id=player_id)
        assert (PlayerStatus.CLOSED, None) == (player.status, player.username)
        assert 0 == await tx.fetchval("select count(*) from identity.person_key")
        assert not await identity.mail_player(
            tx, sealer=world.sealer, player_id=player_id, template="welcome", fields={}
        )
    with pytest.raises(SealBroken):
        world.sealer.open(sealed, context=f"identity.player:{player_id}")
    assert "ada" not in (await dump(owner_db)).split("\t")
    again = await world.player()
    assert player_id != again.player.id


async def test_a_sealed_value_moved_to_another_player_does_not_open(
    world: World, owner_db: Database
):
    ada = await world.player()
    eve = await world.player("eve@player.test", "eve")
    async with owner_db.tx() as tx:
        await tx.execute(
            "update identity.player set sealed_data = "
            "(select sealed_data from identity.player where id = $1) where id = $2",
            ada.player.id,
            eve.player.id,
        )
    async with world.db.read() as tx:
        with pytest.raises(SealBroken):
            await identity.personal_data(tx, sealer=world.sealer, player_id=eve.player.id)


async def test_personal_data_survive_a_new_master_key(world: World):
    logged_in = await world.player()
    rotated = Sealer({1: bytes(range(32)), 2: bytes(range(32, 64))})
    async with world.db.read() as tx:
        data = await identity.personal_data(tx, sealer=rotated, player_id=logged_in.player.id)
        found = await identity.find_player(
            tx, sealer=rotated, brand_id=1, email_or_username=EMAIL.lower()
        )
    assert data is not None
    assert data.email is not None
    assert EMAIL.lower() == data.email.lower()
    assert found is not None
    assert logged_in.player.id == found.id


async def test_acceptances_of_terms_cannot_be_changed(world: World, owner_db: Database):
    await world.player()
    for statement in (
        "update identity.terms_acceptance set terms_version = 'x'",
        "delete from identity.terms_acceptance",
    ):
        for db in (world.db, owner_db):
            with pytest.raises(Exception, match=r"permission denied|append-only"):
                async with db.tx() as tx:
                    await tx.execute(statement)

"""Mail through real SMTP: queued with its cause, sent at least once, wiped afterwards."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from uuid import UUID, uuid4

import pytest

from devnet.mailbox import Mailbox, serving
from fairhouse.kernel.outcomes import Done, Outcome, Unknown
from fairhouse.messages import api as messages
from fairhouse.messages.adapters.smtp import SmtpMailer, SmtpSettings
from fairhouse.messages.jobs import forget_old, send_due
from fairhouse.messages.ports import Mailer
from fairhouse.messages.render import FieldMissing, Sender, TemplateMissing
from fairhouse.messages.types import RenderedMail
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from tests.conftest import SettableClock

SEALER = Sealer({1: bytes(range(32))})
SENDER = Sender("Fairhouse", "https://play.fairhouse.test", "fairhouse.test")


class Post:
    """A mailbox behind a real relay."""

    def __init__(self, mailbox: Mailbox, port: int) -> None:
        self.mailbox = mailbox
        self.mailer = SmtpMailer(
            SmtpSettings("127.0.0.1", port, "house@fairhouse.test", security="none", timeout_s=5)
        )


@pytest.fixture
async def post() -> AsyncGenerator[Post]:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        yield Post(mailbox, port)


async def queue(
    db: Database,
    to: str = "ada@player.test",
    *,
    template: str = "registration_code",
    language: str = "en",
    fields: Mapping[str, str | int] | None = None,
    player_id: UUID | None = None,
) -> UUID:
    async with db.tx() as tx:
        return await messages.send_mail(
            tx,
            sealer=SEALER,
            brand_id=1,
            to=to,
            template=template,
            language=language,
            fields={"code": "123456", "minutes": 30} if fields is None else fields,
            player_id=player_id,
        )


async def send(db: Database, mailer: Mailer, limit: int = 20) -> int:
    return await send_due(db, mailer=mailer, sealer=SEALER, sender_of=lambda _: SENDER, limit=limit)


async def states(db: Database) -> list[tuple[str, int, bool]]:
    """(state, attempts, content kept) of each mail."""
    async with db.read() as tx:
        rows = await tx.fetch(
            "select state, attempts, sealed_content is not null as kept from messages.mail"
            " order by created_at, id"
        )
    return [(row["state"], row["attempts"], row["kept"]) for row in rows]


async def test_a_mail_arrives_and_its_content_is_wiped(db: Database, post: Post):
    mail_id = await queue(db)
    assert 1 == await send(db, post.mailer)
    (mail,) = post.mailbox.messages(to="ADA@player.test")
    assert "123456 is your code for Fairhouse" == mail.subject
    assert f"<{mail_id}@fairhouse.test>" == mail.message_id
    assert "house@fairhouse.test" == mail.sender
    assert "    123456" in mail.text
    assert ">123456<" in mail.html
    assert [("sent", 1, False)] == await states(db)
    assert 0 == await send(db, post.mailer)


async def test_a_german_mail_keeps_its_umlauts(db: Database, post: Post):
    await queue(db, language="de")
    await send(db, post.mailer)
    (mail,) = post.mailbox.messages()
    assert "123456 ist Ihr Code für Fairhouse" == mail.subject
    assert "schließen Sie Ihre Registrierung ab" in mail.text


async def test_a_reset_link_leads_to_the_brands_site(db: Database, post: Post):
    fields = {"code": "tok-en_1", "minutes": 30}
    await queue(db, template="reset_password", fields=fields)
    await send(db, post.mailer)
    (mail,) = post.mailbox.messages()
    assert "https://play.fairhouse.test/reset?code=tok-en_1" in mail.text
    assert 'href="https://play.fairhouse.test/reset?code=tok-en_1"' in mail.html


async def test_what_was_rolled_back_is_not_mailed(db: Database, post: Post):
    with pytest.raises(RuntimeError):
        async with db.tx() as tx:
            await messages.send_mail(
                tx,
                sealer=SEALER,
                brand_id=1,
                to="ada@player.test",
                template="email_change_requested",
                language="en",
                fields={},
            )
            raise RuntimeError
    assert 0 == await send(db, post.mailer)


async def test_fields_cannot_smuggle_markup_or_headers(db: Database, post: Post):
    device = "<script>x</script>\r\nBcc: eve@player.test"
    await queue(db, template="new_device", fields={"device": device})
    await send(db, post.mailer)
    (mail,) = post.mailbox.messages()
    assert "<script>" not in mail.html
    assert "New login from <script>x</script> Bcc: eve@player.test" == mail.subject
    assert [] == list(post.mailbox.messages(to="eve@player.test"))


async def test_a_temporary_refusal_is_tried_again_later_under_the_same_id(
    db: Database, post: Post, clock: SettableClock
):
    mail_id = await queue(db)
    post.mailbox.refuse_with = "451 come again"
    assert 1 == await send(db, post.mailer)
    assert [("queued", 1, True)] == await states(db)
    assert 0 == await send(db, post.mailer)
    post.mailbox.refuse_with = None
    clock.advance(seconds=15)
    assert 1 == await send(db, post.mailer)
    assert f"<{mail_id}@fairhouse.test>" == post.mailbox.messages()[0].message_id
    assert [("sent", 2, False)] == await states(db)


async def test_a_final_refusal_ends_it(db: Database, post: Post):
    await queue(db)
    post.mailbox.refuse_with = "550 no such mailbox ada@player.test"
    await send(db, post.mailer)
    assert [("failed", 1, False)] == await states(db)
    async with db.read() as tx:
        assert "smtp 550" == await tx.fetchval("select last_error from messages.mail")


async def test_an_absent_relay_is_tried_eight_times(db: Database, clock: SettableClock):
    await queue(db)
    nowhere = SmtpMailer(
        SmtpSettings("127.0.0.1", 1, "house@fairhouse.test", security="none", timeout_s=1)
    )
    tries = 0
    for _ in range(20):
        tries += await send(db, nowhere)
        clock.advance(hours=1)
    assert 8 == tries
    assert [("failed", 8, False)] == await states(db)


async def test_a_sender_that_died_leaves_the_mail_to_the_next(
    db: Database, post: Post, clock: SettableClock
):
    await queue(db)

    class Dying:
        async def send(self, mail: RenderedMail) -> Outcome[str]:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await send(db, Dying())
    assert 0 == await send(db, post.mailer)
    clock.advance(minutes=5)
    assert 1 == await send(db, post.mailer)
    assert [("sent", 2, False)] == await states(db)


async def test_a_late_answer_does_not_undo_the_next_senders(
    db: Database, post: Post, clock: SettableClock
):
    await queue(db)
    began, release = asyncio.Event(), asyncio.Event()

    class Slow:
        async def send(self, mail: RenderedMail) -> Outcome[str]:
            began.set()
            await release.wait()
            return Unknown("timeout")

    slow = asyncio.create_task(send(db, Slow()))
    await began.wait()
    clock.advance(minutes=5)
    assert 1 == await send(db, post.mailer)
    release.set()
    await slow
    assert [("sent", 2, False)] == await states(db)


async def test_several_workers_send_each_mail_once(db: Database):
    for number in range(30):
        await queue(db, f"p{number}@player.test")
    seen: list[str] = []

    class Counting:
        async def send(self, mail: RenderedMail) -> Outcome[str]:
            await asyncio.sleep(0)
            seen.append(mail.to)
            return Done("ok")

    counts = await asyncio.gather(*(send(db, Counting(), limit=10) for _ in range(4)))
    while await send(db, Counting()):
        pass
    assert 30 == len(seen) == len(set(seen))
    assert max(counts) == 10


async def test_a_mail_that_cannot_be_opened_does_not_stop_the_others(db: Database, post: Post):
    await queue(db, "lost@player.test")
    async with db.tx() as tx:
        await tx.execute("update messages.mail set sealed_content = '\\x0101' || sealed_content")
    await queue(db)
    assert 2 == await send(db, post.mailer)
    assert 1 == len(post.mailbox.messages())
    assert {("failed", 1, False), ("sent", 1, False)} == set(await states(db))


async def test_mails_that_cannot_be_written_fail_their_cause(db: Database):
    with pytest.raises(TemplateMissing):
        await queue(db, template="no_such_template")
    with pytest.raises(FieldMissing):
        await queue(db, fields={"code": "123456"})


async def test_old_mails_and_notifications_are_forgotten(
    db: Database, post: Post, clock: SettableClock
):
    await queue(db)
    await send(db, post.mailer)
    await queue(db, "queued@player.test")
    async with db.tx() as tx:
        await messages.notify(tx, brand_id=1, player_id=uuid4(), kind="welcome", fields={})
    clock.advance(days=31)
    assert 1 == await forget_old(db)
    assert 1 == len(await states(db))
    clock.advance(days=150)
    assert 1 == await forget_old(db)


async def test_the_catcher_keeps_the_last_mails_and_can_be_waited_for(post: Post, db: Database):
    post.mailbox.kept_max = 3
    waiting = asyncio.create_task(post.mailbox.wait_for(to="p4@player.test"))
    for number in range(5):
        await queue(db, f"p{number}@player.test")
    await send(db, post.mailer)
    assert "p4@player.test" == (await waiting).to
    assert [3, 4, 5] == [mail.number for mail in post.mailbox.messages()]
    assert [5] == [mail.number for mail in post.mailbox.messages(after=4)]
    with pytest.raises(TimeoutError):
        await post.mailbox.wait_for(to="nobody@player.test", timeout_s=0.01)

"""Verification from the first word to the last, on a real database."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from PIL import Image

from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandId
from fairhouse.cashier.types import WithdrawalState
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player, PlayerStatus, StaffId
from fairhouse.kyc import api as kyc
from fairhouse.kyc.api.player import checked
from fairhouse.kyc.jobs import expire_due, rescan_due
from fairhouse.kyc.types import (
    DISCLOSURE_VERSION,
    Answer,
    Details,
    DetailsFixed,
    DisclosureNeeded,
    DocumentId,
    DocumentKind,
    DocumentNotFound,
    DocumentsMissing,
    KycRequired,
    NothingAsked,
    PersonKnown,
    Request,
    RequestDecided,
    RequestState,
    SecondReviewerNeeded,
    Standing,
    Tier,
    Why,
)
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.risk.types import CheckCode, CheckState
from fairhouse.screening import api as screening
from fairhouse.screening.types import CaseKind, Vote
from tests.conftest import SettableClock
from tests.flows.cashier_world import ETH, ETHER, World, a_player, a_world
from tests.vectors.sdn_small import Party, document

S = RequestState
EURO = 10**6
SEAL = Sealer({1: bytes(range(32))})
ANN, BEN = StaffId(UUID(int=21)), StaffId(UUID(int=22))
DETAILS = Details("Jane", "Example", date(1990, 5, 4), "DE", "DE", "Weg 1, 10115 Berlin")


def tools() -> kyc.KycTools:
    return kyc.KycTools(SEAL)


def picture(colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
async def player(db: Database) -> Player:
    return await a_player(db)


async def count(db: Database, player: Player, *values: int) -> None:
    for value in values:
        async with db.tx() as tx:
            await kyc.count_deposit(
                tx, ref=tx.new_id(), player_id=player.id, brand_id=1, value=value
            )


async def standing(db: Database, player: Player) -> Standing:
    async with db.read() as tx:
        return await kyc.player_standing(tx, player_id=player.id, brand_id=1)


async def the_request(db: Database, player: Player, tier: Tier = Tier.IDENTITY) -> Request:
    found = await standing(db, player)
    return next(one for one in found.requests if one.tier == tier)


async def tell(db: Database, player: Player, details: Details = DETAILS) -> None:
    async with db.tx() as tx:
        await kyc.save_details(tx, tools=tools(), player=player, details=details)


async def upload(
    db: Database,
    player: Player,
    *kinds: DocumentKind,
    tier: Tier = Tier.IDENTITY,
    colour: str = "white",
    expires_on: date | None = None,
) -> list[DocumentId]:
    made: list[DocumentId] = []
    for kind in kinds:
        clean = await checked(picture(colour))
        async with db.tx() as tx:
            document = await kyc.upload(
                tx,
                tools=tools(),
                player=player,
                tier=tier,
                kind=kind,
                document=clean,
                expires_on=expires_on,
            )
        made.append(document.id)
    return made


async def hand_in(db: Database, player: Player, details: Details = DETAILS) -> Request:
    await tell(db, player, details)
    await upload(db, player, DocumentKind.IDENTITY, DocumentKind.SELFIE)
    async with db.tx() as tx:
        return await kyc.submit(tx, player=player, tier=Tier.IDENTITY)


async def say(
    db: Database, request: Request, answer: Answer, staff: StaffId = ANN, note: str = ""
) -> Request:
    async with db.tx() as tx:
        return await kyc.answer(
            tx,
            request_id=request.id,
            staff_id=staff,
            answer=answer,
            reason="looked at it",
            note=note,
        )


async def outbox(db: Database, kind: str) -> Sequence[object]:
    async with db.read() as tx:
        return await tx.fetch("select payload from platform.outbox where type = $1", kind)


async def test_structuring_crosses_exactly_at_the_threshold(db: Database, player: Player):
    bound = brands.brand(BrandId(1)).jurisdiction.kyc.tier1_value
    assert bound is not None
    await count(db, player, *[bound // 4 - 10_000] * 4)
    assert (Tier.REGISTERED, []) == (
        (await standing(db, player)).needed,
        [*(await standing(db, player)).requests],
    )
    await count(db, player, 39_999)
    assert Tier.REGISTERED == (await standing(db, player)).needed
    await count(db, player, 1)

    asked = await the_request(db, player)
    assert (S.WANTED, Why.THRESHOLD) == (asked.state, asked.why)
    assert bound == (await standing(db, player)).totals.deposits
    assert len(await outbox(db, "kyc.changed")) == 1


async def test_the_same_deposit_counts_once_and_a_reversed_one_not(db: Database, player: Player):
    ref = UUID("019b7ca9-8c88-7000-8000-000000000077")
    for _ in range(3):
        async with db.tx() as tx:
            await kyc.count_deposit(
                tx, ref=ref, player_id=player.id, brand_id=1, value=1_500 * EURO
            )
    assert 1_500 * EURO == (await standing(db, player)).totals.deposits
    async with db.tx() as tx:
        await kyc.reverse(tx, ref=ref)
    assert 0 == (await standing(db, player)).totals.deposits


async def test_nothing_is_deposited_before_the_disclosure_is_accepted(db: Database, player: Player):
    async with db.read() as tx:
        with pytest.raises(DisclosureNeeded):
            await kyc.check_deposit(tx, player_id=player.id, brand_id=1)
    async with db.tx() as tx:
        with pytest.raises(DisclosureNeeded):
            await kyc.accept_disclosure(tx, player_id=player.id, version="1999")
        await kyc.accept_disclosure(tx, player_id=player.id, version=DISCLOSURE_VERSION)
        await kyc.check_deposit(tx, player_id=player.id, brand_id=1)


async def test_life_of_a_verification(db: Database, player: Player):
    request = await hand_in(db, player)
    assert S.SUBMITTED == request.state
    after = await say(db, request, Answer.APPROVE)

    assert S.APPROVED == after.state
    found = await standing(db, player)
    assert (Tier.IDENTITY, True) == (found.tier, found.has_details)
    stored = await the_request(db, player)
    assert ("review", f"staff:stf_{'0' * 25}n") == (stored.method, stored.source)
    assert stored.decided_at is not None
    with pytest.raises(RequestDecided):
        await say(db, request, Answer.RETRY, BEN)


async def test_a_retry_never_closes_and_asks_for_something_new(
    db: Database, player: Player, clock: SettableClock
):
    request = await hand_in(db, player)
    for colour in ("black", "red"):
        await say(db, request, Answer.RETRY, note="The photo is blurred.")
        found = await the_request(db, player)
        assert (S.RETRY, "The photo is blurred.") == (found.state, found.note)
        clock.advance(minutes=1)
        with pytest.raises(DocumentsMissing):
            async with db.tx() as tx:
                await kyc.submit(tx, player=player, tier=Tier.IDENTITY)
        await upload(db, player, DocumentKind.IDENTITY, colour=colour)
        async with db.tx() as tx:
            await kyc.submit(tx, player=player, tier=Tier.IDENTITY)
            assert (await identity.player(tx, player_id=player.id)).status is PlayerStatus.ACTIVE
        clock.advance(minutes=1)
    assert S.APPROVED == (await say(db, request, Answer.APPROVE)).state


async def test_two_people_reject_for_good_and_the_account_is_closed(db: Database, player: Player):
    request = await hand_in(db, player)
    assert S.SUBMITTED == (await say(db, request, Answer.REJECT)).state
    with pytest.raises(SecondReviewerNeeded):
        await say(db, request, Answer.REJECT)
    assert S.REJECTED == (await say(db, request, Answer.REJECT, BEN)).state
    async with db.read() as tx:
        assert (await identity.player(tx, player_id=player.id)).status is PlayerStatus.CLOSED


async def test_one_person_has_one_account_per_brand(db: Database, player: Player):
    other = await a_player(db, 2)
    third = await a_player(db, 3)
    waiting = await hand_in(db, third, replace(DETAILS, given_names="JANE"))
    await say(db, await hand_in(db, player), Answer.APPROVE)

    with pytest.raises(PersonKnown):
        await tell(db, other, replace(DETAILS, given_names="Example", family_name="Jané"))
    # Handed in before the other was proven: it is found when it is to be approved.
    with pytest.raises(PersonKnown):
        await say(db, waiting, Answer.APPROVE)
    assert Tier.IDENTITY == (await standing(db, player)).tier
    await tell(db, other, replace(DETAILS, birth_date=date(1980, 1, 1)))


async def test_verified_details_are_fixed(db: Database, player: Player):
    await say(db, await hand_in(db, player), Answer.APPROVE)
    with pytest.raises(DetailsFixed):
        await tell(db, player, replace(DETAILS, family_name="Other"))


async def test_tiers_come_one_after_the_other(db: Database, player: Player):
    with pytest.raises(NothingAsked):
        await upload(db, player, DocumentKind.FUNDS, tier=Tier.FUNDS)
    with pytest.raises(DocumentsMissing):
        async with db.tx() as tx:
            await kyc.submit(tx, player=player, tier=Tier.IDENTITY)


async def test_no_personal_data_stands_open_and_every_look_is_logged(db: Database, player: Player):
    await hand_in(db, player)
    async with db.read() as tx:
        rows = await tx.fetch("select * from kyc.person")
        papers = await tx.fetch("select id, sealed from kyc.document")
    assert all(b"Example" not in bytes(row["sealed"]) for row in rows)
    assert all(b"\xff\xd8\xff" not in bytes(row["sealed"])[:40] for row in papers)
    async with db.tx() as tx:
        found, content = await kyc.open_document(
            tx,
            tools=tools(),
            document_id=DocumentId(papers[0]["id"]),
            staff_id=ANN,
            reason="review of the request",
        )
        told = await kyc.details_of(
            tx, tools=tools(), player_id=player.id, brand_id=1, staff_id=ANN, reason="review"
        )
    assert (content[:3], len(content)) == (b"\xff\xd8\xff", found.size_bytes)
    assert told == DETAILS
    async with db.read() as tx:
        looks = await tx.fetch(
            "select action from audit.entry where stream = $1 order by seq", "personal:1"
        )
    assert ["kyc.read_document", "kyc.read_details"] == [row["action"] for row in looks]


async def test_erasing_a_person_erases_their_documents(db: Database, player: Player):
    await hand_in(db, player)
    async with db.read() as tx:
        (paper, *_) = await kyc.documents_of(tx, player_id=player.id)
    async with db.tx() as tx:
        await identity.erase_player(tx, player_id=player.id)
    async with db.tx() as tx:
        with pytest.raises(DocumentNotFound):
            await kyc.open_document(
                tx, tools=tools(), document_id=paper.id, staff_id=ANN, reason="review"
            )
    await rescan_due(db, tools())


async def test_a_document_s_end_asks_again(
    db: Database, worker_db: Database, player: Player, clock: SettableClock
):
    await tell(db, player)
    ends = date(2026, 2, 1)
    await upload(db, player, DocumentKind.IDENTITY, DocumentKind.SELFIE, expires_on=ends)
    async with db.tx() as tx:
        request = await kyc.submit(tx, player=player, tier=Tier.IDENTITY)
    await say(db, request, Answer.APPROVE)
    assert 0 == await expire_due(worker_db)
    clock.advance(days=31)

    assert Tier.REGISTERED == (await standing(db, player)).tier
    assert 1 == await expire_due(worker_db)
    again = await the_request(db, player)
    assert (S.WANTED, Why.DOCUMENT_EXPIRED) == (again.state, again.why)
    assert 0 == await expire_due(worker_db)


async def list_person(worker_db: Database, name: str) -> None:
    content = screening.read_sdn(document([Party("99", [name], births=[(1990, 5, 4)])]))
    async with worker_db.tx() as tx:
        await screening.import_content(tx, content)


async def test_a_listed_person_is_found_at_onboarding_and_locked_when_confirmed(
    db: Database, worker_db: Database, player: Player
):
    await list_person(worker_db, "EXAMPLE Jayne")
    await tell(db, player)
    async with db.read() as tx:
        (case,) = await screening.cases_of(tx, player_id=player.id)
    assert (CaseKind.NAME, "same") == (case.kind, case.evidence["birth"])
    async with db.tx() as tx:
        await screening.decide_case(
            tx, case_id=case.id, staff_id=ANN, vote=Vote.CONFIRM, reason="true match"
        )
        assert (await identity.player(tx, player_id=player.id)).status is PlayerStatus.LOCKED


async def test_a_new_list_finds_those_who_are_here_already(
    db: Database, worker_db: Database, player: Player, clock: SettableClock
):
    await tell(db, player)
    other = await a_player(db, 2)
    await tell(db, other, replace(DETAILS, given_names="Bob", family_name="Unlisted"))
    assert 0 == await rescan_due(worker_db, tools())
    clock.advance(hours=1)
    await list_person(worker_db, "Jane EXAMPLE")
    assert 2 == await rescan_due(worker_db, tools())
    assert 0 == await rescan_due(worker_db, tools())

    async with db.read() as tx:
        assert 1 == len(await screening.in_force(tx, player_id=player.id))
        assert [] == [*await screening.in_force(tx, player_id=other.id)]
    clock.advance(days=31)
    assert 2 == await rescan_due(worker_db, tools())


async def test_an_exposed_person_is_capped_until_two_have_approved(db: Database, player: Player):
    async with db.tx() as tx:
        await kyc.accept_disclosure(tx, player_id=player.id, version=DISCLOSURE_VERSION)
    await tell(db, player, replace(DETAILS, is_pep=True))
    await count(db, player, 499 * EURO)
    async with db.read() as tx:
        await kyc.check_deposit(tx, player_id=player.id, brand_id=1)
    await count(db, player, 1 * EURO)
    async with db.read() as tx:
        with pytest.raises(KycRequired):
            await kyc.check_deposit(tx, player_id=player.id, brand_id=1)
    assert Tier.FUNDS == (await standing(db, player)).needed


async def test_a_large_withdrawal_waits_for_the_first_tier_and_says_so(
    db: Database, worker_db: Database, clock: SettableClock
):
    world: World = await a_world(db, worker_db)
    await world.give(ETH, 5 * 10**9)
    await world.fill_hot(ETH, 10 * ETHER)
    asked = await world.ask(4 * 10**9)
    clock.advance(seconds=2)
    await world.price()
    await world.jobs.step_withdrawals()

    held = await world.withdrawal(asked.id)
    (check,) = [one for one in held.checks if one.code is CheckCode.KYC]
    assert (CheckState.WAITING, "kyc.needed", "kyc.verify") == (
        check.state,
        check.reason,
        check.fix,
    )
    assert WithdrawalState.WAITING == held.state
    request = await the_request(db, world.player)
    assert Why.WITHDRAWAL == request.why
    await say(db, await hand_in(db, world.player), Answer.APPROVE)
    clock.advance(seconds=2)
    await world.price()
    await world.jobs.step_withdrawals()
    passed = await world.withdrawal(asked.id)
    (check,) = [one for one in passed.checks if one.code is CheckCode.KYC]
    assert CheckState.PASSED == check.state
    async with db.read() as tx:
        late = await kyc.late_requests(tx, brand_ids=[1], since=request.asked_at)
    assert [request.id] == [one.id for one in late]

"""The questions that staff may ask. All read; every one names the brands it may look into."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeVar
from uuid import UUID

from fairhouse.brands.api import brand
from fairhouse.identity import api as identity
from fairhouse.kernel.currencies import asset as asset_by_id
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kernel.money import Money, to_ledger_units
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateUnavailable
from fairhouse.reports import rules
from fairhouse.reports.api.funds import forget_people as forget_people
from fairhouse.reports.api.funds import note_reserves as note_reserves
from fairhouse.reports.api.funds import only_withdrawals as only_withdrawals
from fairhouse.reports.api.funds import remind_of_funds as remind_of_funds
from fairhouse.reports.api.funds import short_reserves as short_reserves
from fairhouse.reports.api.regulator import DATASETS as DATASETS
from fairhouse.reports.api.regulator import FORMATS as FORMATS
from fairhouse.reports.api.regulator import regulator_export as regulator_export
from fairhouse.reports.api.results import daily_results as daily_results
from fairhouse.reports.api.results import fold_results as fold_results
from fairhouse.reports.api.results import open_rounds as open_rounds
from fairhouse.reports.api.results import results as results
from fairhouse.reports.api.road import road as road
from fairhouse.reports.drift import DriftRules as DriftRules
from fairhouse.reports.drift import Judgement as Judgement
from fairhouse.reports.drift import judge as judge
from fairhouse.reports.store import finding, histories, sums
from fairhouse.reports.types import (
    BetRow,
    DepositRow,
    FlowSum,
    Hit,
    HitKind,
    Kpis,
    Page,
    PlayerRow,
    PlaySum,
    Queues,
    WithdrawalRow,
)

EXPORT_BATCH: Final = 1_000


class _Row(Protocol):
    @property
    def id(self) -> UUID: ...


R = TypeVar("R", bound=_Row)

families = histories.families
families_of = histories.families_of
family_steps = histories.family_steps
transfers_of = histories.transfers_of
withdrawal_steps = histories.withdrawal_steps
staff_names = histories.staff_names


async def home(tx: Tx, *, brands: Sequence[int], since: datetime) -> list[Kpis]:
    """What each brand did since a time; play money and test accounts left out."""
    play = await sums.play(tx, brands, since)
    players = await sums.active_players(tx, brands, since)
    deposited = await sums.deposits(tx, brands, since)
    paid = await sums.withdrawals(tx, brands, since)
    opened = await sums.registrations(tx, brands, since)
    fees = await _network_fees(tx, brands, since)
    return [
        _kpis(
            brand_id,
            [item for item in play if item.brand_id == brand_id],
            active_players=players.get(brand_id, 0),
            network_fees=fees.get(brand_id, 0),
            deposits=deposited.get(brand_id, FlowSum(brand_id, 0, 0)),
            withdrawals=paid.get(brand_id, FlowSum(brand_id, 0, 0)),
            registrations=opened.get(brand_id, 0),
        )
        for brand_id in brands
    ]


def _kpis(
    brand_id: int,
    play: Sequence[PlaySum],
    *,
    active_players: int,
    network_fees: int | None,
    deposits: FlowSum,
    withdrawals: FlowSum,
    registrations: int,
) -> Kpis:
    turnover = sum(item.stake_value for item in play)
    return Kpis(
        brand_id=brand_id,
        bets=sum(item.bets for item in play),
        active_players=active_players,
        turnover=turnover,
        ggr=turnover - sum(item.payout_value for item in play),
        bonus_cost=sum(item.bonus_value for item in play),
        network_fees=network_fees,
        deposits=deposits,
        withdrawals=withdrawals,
        registrations=registrations,
        currencies=tuple(play),
    )


async def _network_fees(tx: Tx, brands: Sequence[int], since: datetime) -> dict[int, int | None]:
    """Reference micro-units by brand, at today's price; None where there is no price."""
    worth: dict[int, int | None] = {}
    for brand_id, asset_id, base_units in await sums.network_fees(tx, brands, since):
        asset = asset_by_id(asset_id)
        units, _ = to_ledger_units(max(base_units, 0), asset)
        quote = brand(brand_id).reference_currency
        try:
            rate = await rates.latest(tx, base=asset.currency, quote=quote)
        except RateUnavailable:
            worth[brand_id] = None
            continue
        before = worth.get(brand_id, 0)
        if before is not None:
            worth[brand_id] = before + rates.value_of(Money(units, asset.currency), rate)
    return worth


async def queues(tx: Tx, *, brands: Sequence[int]) -> list[Queues]:
    """What waits for staff, for a chain, or for the signer."""
    return await sums.queues(tx, brands)


async def players(tx: Tx, *, page: Page) -> list[PlayerRow]:
    """Players, newest first; guests only with the filter `kind`."""
    return await histories.players(tx, page)


async def player(tx: Tx, *, player_id: UUID) -> PlayerRow | None:
    """One player as the lists show them."""
    return await histories.player(tx, player_id)


async def deposits(tx: Tx, *, page: Page) -> list[DepositRow]:
    """Deposits, newest first."""
    return await histories.deposits(tx, page)


async def withdrawals(tx: Tx, *, page: Page) -> list[WithdrawalRow]:
    """Withdrawals, newest first."""
    return await histories.withdrawals(tx, page)


async def bets(tx: Tx, *, page: Page) -> list[BetRow]:
    """Bets and rounds of everybody, newest first; one player's are `betting.api.bets`."""
    return await histories.bets(tx, page)


async def whole(
    db: Database, *, page: Page, read: Callable[[Tx, Page], Awaitable[list[R]]]
) -> AsyncGenerator[R]:
    """Every row of a history, in batches of 1000 with a transaction each: for exports."""
    before = page.before
    while True:
        part = Page(brands=page.brands, before=before, limit=EXPORT_BATCH, filters=page.filters)
        async with db.read() as tx:
            rows = await read(tx, part)
        for row in rows:
            yield row
        if len(rows) < EXPORT_BATCH:
            return
        before = rows[-1].id


async def search(tx: Tx, *, sealer: Sealer, brands: Sequence[int], text: str) -> list[Hit]:
    """Where a wire id, e-mail, username, address or transaction hash leads.

    An e-mail or a username must be whole: personal data is found by its blind index, in parts it
    cannot be.
    """
    wanted = text.strip()
    kind = rules.kind_of(wanted)
    if kind is rules.Wanted.WIRE_ID:
        return await _by_wire_id(tx, brands, wanted)
    if kind is rules.Wanted.TX_HASH:
        return await finding.by_hash(tx, brands, wanted.lower())
    if kind is rules.Wanted.ADDRESS:
        return await finding.by_address(tx, brands, rules.canonical_address(wanted))
    if kind is rules.Wanted.NAME:
        return await _by_name(tx, sealer, brands, wanted)
    return []


async def _by_wire_id(tx: Tx, brands: Sequence[int], text: str) -> list[Hit]:
    prefix = text.partition("_")[0].lower()
    try:
        id_ = from_wire(prefix, text.lower())
    except Malformed:
        return []
    hits = await finding.by_id(tx, prefix, id_)
    return [hit for hit in hits if hit.brand_id is None or hit.brand_id in brands]


async def _by_name(tx: Tx, sealer: Sealer, brands: Sequence[int], text: str) -> list[Hit]:
    hits: list[Hit] = []
    for brand_id in brands:
        try:
            found = await identity.find_player(
                tx, sealer=sealer, brand_id=brand_id, email_or_username=text
            )
        except Malformed:
            return []
        if found is not None:
            label = "email" if "@" in text else found.username or ""
            hits.append(Hit(HitKind.PLAYER, to_wire("ply", found.id), label, brand_id))
    return hits

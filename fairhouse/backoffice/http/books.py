"""Bets recomputed from their seeds, vaults against the chain, and the ledger itself."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.backoffice.http.home import CHAINS, chain_states, reserves_of
from fairhouse.backoffice.http.lists import brands_of, csv_line, csv_response
from fairhouse.backoffice.types import NothingThere
from fairhouse.betting import api as betting
from fairhouse.betting.types import Bet, RoundState
from fairhouse.custody import api as custody
from fairhouse.fairness import api as fairness
from fairhouse.fairness.types import SeedPair
from fairhouse.games import api as games
from fairhouse.identity import api as identity
from fairhouse.identity.types import PlayerId
from fairhouse.kernel.currencies import ASSETS
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.refusals import Refusal
from fairhouse.ledger import api as ledger
from fairhouse.reports import api as reports

ENTRIES_MAX = 500


def add_routes(router: APIRouter, desk: Desk) -> None:
    """Bets, treasury, ledger."""
    _add_bet(router, desk)
    _add_treasury(router, desk)
    _add_ledger(router, desk)


def _add_bet(router: APIRouter, desk: Desk) -> None:
    @router.get("/bets/{bet}")
    async def bet_page(visit: Annotated[Visit, Depends(desk.visit)], bet: str) -> Response:
        async with desk.deps.db.read() as tx:
            found = await betting.bet(tx, bet_id=from_wire("bet", bet), player_id=None)
            rules.check_brand(visit.actor, found.brand_id)
            pairs = await fairness.pairs(tx, sealer=desk.deps.sealer, ids=[found.seed_pair_id])
            pair = pairs[found.seed_pair_id]
            player_id = PlayerId(found.player_id)
            known = await identity.players_by_id(tx, player_ids=[player_id])
            verification, differences, problem = _recomputed(found, pair)
            history = await betting.history(tx, bet_id=found.id, player_id=found.player_id)
            transfers = await reports.transfers_of(tx, bet, ENTRIES_MAX)
            wish = await games.void_wish(tx, bet_id=found.id)
            names = await reports.staff_names(tx)
        return desk.draw(
            visit,
            "bet.html",
            bet=found,
            pair=pair,
            player=known.get(player_id),
            verification=verification,
            differences=differences,
            problem=problem,
            history=history,
            transfers=transfers,
            wish=wish,
            names=names,
            app=desk.deps.player_url(found.brand_id),
            is_voidable=found.state is RoundState.OPEN and found.game not in games.live.LIVE,
        )

    @router.post("/bets/{bet}/void/{verdict}")
    async def void(
        sent: Annotated[Submission, Depends(desk.form)], bet: str, verdict: str
    ) -> Response:
        if verdict not in {"propose", "approve", "reject"}:
            raise NothingThere("There is no such action.")
        id_, reason = from_wire("bet", bet), sent["reason"]
        async with desk.deps.db.tx() as tx:
            if verdict == "propose":
                await api.propose_void(tx, actor=sent.actor, bet_id=id_, reason=reason)
            else:
                await api.decide_void(
                    tx,
                    actor=sent.actor,
                    bet_id=id_,
                    is_approved=verdict == "approve",
                    reason=reason,
                )
        return back_to(f"/admin/bets/{bet}", f"void_{verdict}")


def _recomputed(
    bet: Bet, pair: SeedPair
) -> tuple[games.Verification | None, list[str], str | None]:
    """What the revealed seeds decide, and where the stored outcome says otherwise."""
    if pair.server_seed is None or bet.state is not RoundState.SETTLED:
        return None, [], None
    try:
        found = games.recompute_bet(bet, pair.server_seed, pair.client_seed)
    except Refusal as refusal:
        return None, [], refusal.message
    differences = games.differences(bet, found)
    if found.server_seed_hash != pair.server_seed_hash:
        differences.append("server_seed_hash")
    return found, differences, None


def _add_treasury(router: APIRouter, desk: Desk) -> None:
    @router.get("/treasury")
    async def treasury(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        brands = brands_of(visit)
        async with desk.deps.db.read() as tx:
            vaults = [
                vault
                for chain in CHAINS
                for vault in await custody.vaults(tx, chain=chain)
                if vault.brand_id in brands
            ]
            hot = {
                (vault.brand_id, asset.id): await custody.hot_balance(
                    tx, brand_id=vault.brand_id, asset=asset.id
                )
                for vault in vaults
                for asset in ASSETS.values()
                if asset.chain == vault.chain
            }
            return desk.draw(
                visit,
                "treasury.html",
                vaults=vaults,
                hot=hot,
                chains=await chain_states(tx),
                custody=await custody.health(tx),
                reserves=await reserves_of(tx, brands),
            )

    @router.get("/treasury/reconciliation")
    async def reconciliation(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        problem: str | None = None
        try:
            found = await desk.deps.reconcile()
        except Refusal as refusal:
            found, problem = (), refusal.message
        return desk.draw(visit, "reconciliation.html", found=found, problem=problem)


def _add_ledger(router: APIRouter, desk: Desk) -> None:
    @router.get("/ledger")
    async def trial_balance(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        async with desk.deps.db.read() as tx:
            rows = [
                row
                for brand_id in brands_of(visit)
                for row in await ledger.trial_balance(tx, brand_id=brand_id)
            ]
            imbalances = await ledger.imbalances(tx)
            at = tx.now
        totals: dict[tuple[int, str], tuple[int, int]] = {}
        for row in rows:
            debited, credited = totals.get((row.brand_id, row.unit), (0, 0))
            totals[row.brand_id, row.unit] = (debited + row.debits, credited + row.credits)
        return desk.draw(
            visit, "ledger.html", rows=rows, totals=totals, imbalances=imbalances, at=at
        )

    @router.get("/ledger.csv")
    async def export(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        async with desk.deps.db.tx() as tx:
            await api.note_export(tx, actor=visit.actor, listing="ledger", filters={})
            rows = [
                row
                for brand_id in visit.actor.brands
                for row in await ledger.trial_balance(tx, brand_id=brand_id)
            ]

        async def lines() -> AsyncGenerator[str]:
            yield csv_line(["brand_id", "unit", "account", "debits", "credits"])
            for row in rows:
                sums = (str(row.debits), str(row.credits))
                yield csv_line([str(row.brand_id), row.unit, row.code, *sums])

        return csv_response(desk, "ledger", lines())

    @router.get("/ledger/entries")
    async def entries(visit: Annotated[Visit, Depends(desk.visit)], ref: str = "") -> Response:
        async with desk.deps.db.read() as tx:
            found = [
                row
                for row in await reports.transfers_of(tx, ref[:200], ENTRIES_MAX)
                if row.brand_id in visit.actor.brands
            ]
        return desk.draw(visit, "entries.html", ref=ref[:200], transfers=found)

"""`/v1/config`: what a page needs before it draws anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from fairhouse.betting.types import Limits
from fairhouse.brands.types import Brand, PlayRules, Theme
from fairhouse.cashier.types import AssetPolicy, CashierPolicy
from fairhouse.games.api import GAMES, Games
from fairhouse.games.pace import least_ms
from fairhouse.kernel.currencies import ASSETS, CurrencyCode, currency
from fairhouse.kernel.money import format_units
from fairhouse.platform.compressed import compressed_json
from fairhouse.platform.database import Clock


@dataclass(frozen=True, slots=True)
class CatalogueDeps:
    """What the catalogue needs."""

    brand: Callable[[Request], Brand]
    policies: Mapping[int, CashierPolicy]
    games: Games
    limits: Callable[[int, str, CurrencyCode], Limits]
    pauses: Callable[[int], Mapping[str, str]]
    chain_names: Mapping[str, str]
    clock: Clock


class BrandView(BaseModel):
    slug: str
    name: str
    jurisdiction: str
    reference_currency: str


class ThemeView(BaseModel):
    accent: str
    accent_ink: str
    accent_soft: str
    ground: str
    mark: str


class TierView(BaseModel):
    up_to: str | None
    blocks: int


class ChainView(BaseModel):
    """One way to move a currency in and out."""

    asset: str
    chain: str
    chain_name: str
    minimum_deposit: str
    minimum_withdrawal: str
    maximum_withdrawal: str
    withdrawal_fee: str
    confirmations: list[TierView]
    explorer_tx: str
    explorer_address: str


class CurrencyView(BaseModel):
    code: str
    name: str
    scale: int
    kind: str
    display_decimals: int
    chains: list[ChainView]


class LimitsView(BaseModel):
    min: str
    max: str
    max_profit: str


class GameView(BaseModel):
    """A game as the brand offers it: the release that new bets are made on."""

    slug: str
    name: str
    kind: str
    """instant, steps or live."""
    multi_step: bool
    rtp: str
    """Theoretical return as a share: the least over all settings, rounded down."""
    rtp_most: str
    """The return of the best setting."""
    edge: str
    version: str
    variant: str
    table_hash: str
    max_multiplier: str
    limits: dict[str, LimitsView]
    round_ms: int
    """Least time between the starts of two rounds by the jurisdiction; 0: none."""
    paused: str | None
    """The reason, when betting on it is paused."""


class PlayView(BaseModel):
    """How fast the jurisdiction lets anybody play; held by the server too."""

    autoplay: bool
    turbo: bool
    round_ms: int
    """Least time between the starts of two games; 0: none."""
    slot_round_ms: int


class GamesView(BaseModel):
    games: list[GameView]


class Config(BaseModel):
    brand: BrandView
    theme: ThemeView
    currencies: list[CurrencyView]
    games: list[GameView]
    play: PlayView
    pauses: dict[str, str]
    """Switches that are off, with the reason: deposits, withdrawals, betting."""
    terms_version: str
    minimum_age: int
    languages: list[str]
    now: datetime


def routes(deps: CatalogueDeps) -> APIRouter:
    """`/v1/config` and `/v1/games`."""
    router = APIRouter(tags=["config"])

    @router.get("/v1/config", response_model=Config)
    async def config(request: Request) -> Response:
        """Brand, currencies and chains, games and limits, what is paused."""
        brand = deps.brand(request)
        pauses = deps.pauses(brand.id)
        found = Config(
            brand=BrandView(
                slug=brand.slug,
                name=brand.name,
                jurisdiction=brand.jurisdiction.name,
                reference_currency=brand.reference_currency,
            ),
            theme=_theme(brand.theme),
            currencies=[_currency(code, deps, brand) for code in brand.currencies],
            games=_games(brand, deps, pauses),
            play=_play(brand.jurisdiction.play),
            pauses={
                switch: reason
                for switch, reason in pauses.items()
                if not switch.startswith("game:")
            },
            terms_version=brand.terms_version,
            minimum_age=brand.minimum_age,
            languages=list(brand.languages),
            now=deps.clock(),
        )
        return compressed_json(request, found)

    @router.get("/v1/games")
    async def games(request: Request) -> GamesView:
        """The brand's games with version, return, limits and what is paused; for anybody."""
        brand = deps.brand(request)
        return GamesView(games=_games(brand, deps, deps.pauses(brand.id)))

    return router


def _play(rules: PlayRules) -> PlayView:
    return PlayView(
        autoplay=rules.autoplay,
        turbo=rules.turbo,
        round_ms=rules.cycle_ms,
        slot_round_ms=rules.slot_cycle_ms,
    )


def _theme(theme: Theme) -> ThemeView:
    return ThemeView(
        accent=theme.accent,
        accent_ink=theme.accent_ink,
        accent_soft=theme.accent_soft,
        ground=theme.ground,
        mark=theme.mark,
    )


def _currency(code: CurrencyCode, deps: CatalogueDeps, brand: Brand) -> CurrencyView:
    of = currency(code)
    policy = deps.policies[brand.id]
    chains = [
        _chain(rules, policy, deps.chain_names)
        for asset_id, rules in policy.assets.items()
        if ASSETS[asset_id].currency == code
    ]
    return CurrencyView(
        code=code,
        name=of.name,
        scale=of.scale,
        kind=of.kind.value,
        display_decimals=of.display_decimals,
        chains=chains,
    )


def _chain(rules: AssetPolicy, policy: CashierPolicy, names: Mapping[str, str]) -> ChainView:
    of = ASSETS[rules.asset]
    scale = currency(of.currency).scale
    explorer = policy.explorers[of.chain]
    return ChainView(
        asset=of.id,
        chain=of.chain,
        chain_name=names[of.chain],
        minimum_deposit=format_units(rules.minimum_deposit, scale),
        minimum_withdrawal=format_units(rules.minimum_withdrawal, scale),
        maximum_withdrawal=format_units(rules.maximum_withdrawal, scale),
        withdrawal_fee=format_units(rules.withdrawal_fee, scale),
        confirmations=[
            TierView(
                up_to=None if tier.up_to_units is None else format_units(tier.up_to_units, scale),
                blocks=tier.blocks,
            )
            for tier in rules.confirmations
        ],
        explorer_tx=explorer.tx,
        explorer_address=explorer.address,
    )


def _games(brand: Brand, deps: CatalogueDeps, pauses: Mapping[str, str]) -> list[GameView]:
    return [_game(slug, brand, deps, pauses) for slug in GAMES if brand.offers(slug)]


def _game(slug: str, brand: Brand, deps: CatalogueDeps, pauses: Mapping[str, str]) -> GameView:
    info = deps.games.offers.info(brand.id, slug)
    stopped = deps.games.offers.stopped(brand.id, slug, info.version)
    return GameView(
        slug=info.slug,
        name=info.name,
        kind=info.kind.value,
        multi_step=info.multi_step,
        rtp=info.rtp,
        rtp_most=info.rtp_most,
        edge=info.edge,
        version=info.version,
        variant=info.variant,
        max_multiplier=info.max_multiplier,
        table_hash=info.table_hash,
        limits={
            code: _limits(deps.limits(brand.id, info.slug, code), code) for code in brand.currencies
        },
        round_ms=least_ms(brand.jurisdiction.play, slug),
        paused=pauses.get("betting") or pauses.get(f"game:{info.slug}") or stopped,
    )


def _limits(found: Limits, code: CurrencyCode) -> LimitsView:
    scale = currency(code).scale
    return LimitsView(
        min=format_units(found.stake_min, scale),
        max=format_units(found.stake_max, scale),
        max_profit=format_units(found.profit_max, scale),
    )

"""Who is who at run time: the only place that names adapters and turns settings into parts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from fairhouse.app.gate import Gate
from fairhouse.app.places import Doorman
from fairhouse.app.settings import (
    ChainSettings,
    Settings,
    SettingsInvalid,
    read_key,
    read_secret,
)
from fairhouse.brands.api import all_brands, generation
from fairhouse.brands.api import brand as brand_by_id
from fairhouse.brands.types import Brand, BrandId
from fairhouse.cashier.api import demo_policy
from fairhouse.cashier.types import CashierPolicy, Explorer
from fairhouse.chains.adapters.evm.node import EvmNode
from fairhouse.chains.adapters.evm.rpc import RpcSettings
from fairhouse.chains.codecs import evm
from fairhouse.chains.types import ChainSpec, TokenSpec
from fairhouse.custody.adapters.signer_socket import OrderKey, SignerSocket, read_order_key
from fairhouse.custody.types import CustodyPolicy
from fairhouse.fairness.adapters.drand import DrandRelays
from fairhouse.fairness.adapters.local_beacon import LocalBeacon
from fairhouse.fairness.api import QUICKNET
from fairhouse.games.crash.api import Beacons
from fairhouse.identity.api import SessionCache
from fairhouse.kernel.currencies import AssetId, ChainId, asset, native_asset
from fairhouse.kernel.refusals import Malformed
from fairhouse.kyc.adapters.sumsub import Sumsub, SumsubSettings
from fairhouse.kyc.api import VendorDesk
from fairhouse.kyc.types import Tier
from fairhouse.messages.adapters.smtp import SmtpMailer, SmtpSettings
from fairhouse.messages.render import Sender
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Clock, Database
from fairhouse.platform.geo import Geo, GeoFiles, GeoInvalid
from fairhouse.platform.geo import load as load_geo
from fairhouse.rates.adapters.http import HttpPriceSource
from fairhouse.rates.types import RateSettings
from fairhouse.screening.adapters.chainalysis import Chainalysis, KytSettings
from fairhouse.screening.api import Asker
from fairhouse.screening.types import ScreeningPolicy

CHAIN_NAMES: Final = {"ethereum": "Ethereum"}
CONFIRMATIONS: Final = 3
"""Blocks until one of our own transactions counts as final."""
SWEEP_MINIMUMS: Final = {
    AssetId("eth.ethereum"): 10**16,
    AssetId("usdt.ethereum"): 10 * 10**6,
}
"""Base units below which a sweep costs more than it is worth."""


def sealer(settings: Settings) -> Sealer:
    """The platform's master key. Refuses with SettingsInvalid."""
    return Sealer({1: read_key(settings.secrets.master_key)})


def policies(settings: Settings) -> Mapping[int, CashierPolicy]:
    """Each brand's cashier policy."""
    explorers = {
        ChainId(name): Explorer(tx=chain.explorer_tx, address=chain.explorer_address)
        for name, chain in settings.chains.items()
    }
    return Policies(explorers, screening_policy(settings))


class Policies(Mapping[int, CashierPolicy]):
    """Each brand's cashier policy, of the brands that are known now."""

    def __init__(self, explorers: Mapping[ChainId, Explorer], screening: ScreeningPolicy) -> None:
        self._explorers = explorers
        self._screening = screening
        self._made: dict[int, CashierPolicy] = {}
        self._generation = -1

    def _known(self) -> Mapping[int, CashierPolicy]:
        if self._generation != generation():
            self._generation = generation()
            self._made = {brand.id: self._policy(brand) for brand in all_brands()}
        return self._made

    def _policy(self, brand: Brand) -> CashierPolicy:
        usual = demo_policy(
            brand.id,
            self._explorers,
            players_may_cancel=brand.jurisdiction.withdrawals_cancellable,
            screening=self._screening,
        )
        offered = {
            id_: rules
            for id_, rules in usual.assets.items()
            if asset(id_).currency in brand.currencies
        }
        return replace(usual, assets=offered)

    def __getitem__(self, brand_id: int) -> CashierPolicy:
        return self._known()[brand_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


def screening_policy(settings: Settings) -> ScreeningPolicy:
    """With a provider nothing moves before it has answered."""
    asked = settings.screening
    return ScreeningPolicy(
        uses_provider=bool(asked.kyt_url), valid=timedelta(hours=asked.answer_valid_hours)
    )


def asker(settings: Settings, db: Database, client: httpx.AsyncClient) -> Asker | None:
    """Who asks the analysis provider; None where there is none. Refuses with SettingsInvalid."""
    asked = settings.screening
    if not asked.kyt_url:
        return None
    kyt = KytSettings(
        url=asked.kyt_url.rstrip("/"),
        token=read_secret(asked.kyt_token),
        timeout_s=asked.kyt_timeout_s,
    )
    return Asker(db, [Chainalysis(client, kyt)], screening_policy(settings))


def kyc_vendor(settings: Settings, db: Database, client: httpx.AsyncClient) -> VendorDesk | None:
    """The vendor of identity verification; None where none is set. Refuses with SettingsInvalid."""
    asked = settings.kyc
    if not asked.sumsub_url:
        return None
    sumsub = SumsubSettings(
        url=asked.sumsub_url.rstrip("/"),
        app_token=read_secret(asked.sumsub_token),
        app_secret=read_secret(asked.sumsub_secret).encode(),
        webhook_secret=read_secret(asked.sumsub_webhook_secret).encode(),
        levels={Tier(tier): level for tier, level in asked.sumsub_levels.items()},
        is_sandbox=asked.is_sandbox,
    )
    return VendorDesk(db, Sumsub(client, sumsub, db.now))


def chain_spec(name: str, chain: ChainSettings) -> ChainSpec:
    """What the platform holds a chain's nodes to."""
    chain_id = ChainId(name)
    return ChainSpec(
        chain=chain_id,
        number=chain.chain_id,
        native=native_asset(chain_id).id,
        tokens=tuple(
            TokenSpec(asset=asset(token).id, contract=evm.parse_address(contract, chain_id))
            for token, contract in chain.tokens.items()
        ),
        start_height=chain.start_height,
        has_traces=chain.can_trace,
    )


def chain_specs(settings: Settings) -> dict[ChainId, ChainSpec]:
    """Every chain of the settings."""
    return {ChainId(name): chain_spec(name, chain) for name, chain in settings.chains.items()}


def nodes(spec: ChainSpec, chain: ChainSettings) -> list[EvmNode]:
    """One node per URL; the first leads, the others are witnesses."""
    if not chain.rpc_urls:
        raise SettingsInvalid(f"chains.{spec.chain}.rpc_urls must name at least one node.")
    return [EvmNode(spec, RpcSettings(url)) for url in chain.rpc_urls]


def clean_address(chain: str, text: str) -> str:
    """An address of one of our chains in its one spelling. Refuses with Malformed."""
    if chain not in CHAIN_NAMES:
        raise Malformed(f"chain must be one of {', '.join(CHAIN_NAMES)}.", param="chain")
    return evm.parse_address(text, ChainId(chain), param="address")


def mailer(settings: Settings) -> SmtpMailer:
    """The SMTP relay of the settings."""
    mail = settings.mail
    return SmtpMailer(
        SmtpSettings(
            host=mail.host,
            port=mail.port,
            sender=mail.sender,
            security="tls" if mail.use_tls else "none",
        )
    )


def public_url_of(brand: Brand) -> str:
    """What players type, as far as the brand itself says."""
    return brand.public_url or f"https://{brand.domains[0]}"


def sender_of(settings: Settings) -> Callable[[int], Sender]:
    """How a brand signs its mail."""
    urls = settings.http.public_urls

    def sender(brand_id: int) -> Sender:
        brand = brand_by_id(BrandId(brand_id))
        return Sender(
            brand_name=brand.name,
            public_url=urls.get(brand.slug) or public_url_of(brand),
            domain=brand.domains[0],
        )

    return sender


def player_url(settings: Settings) -> Callable[[int], str | None]:
    """Where a brand's players are."""

    def url(brand_id: int) -> str | None:
        brand = brand_by_id(BrandId(brand_id))
        found = settings.http.public_urls.get(brand.slug)
        return found.rstrip("/") if found else None

    return url


def rate_settings(settings: Settings) -> RateSettings:
    """Whose prices are believed."""
    return RateSettings(public_keys=(bytes.fromhex(settings.rates.public_key),))


def gate(
    settings: Settings, sessions: SessionCache, seal: Sealer, doorman: Doorman | None = None
) -> Gate:
    """The gate of the player's servers."""
    http = settings.http
    public = {urlsplit(url).port: slug for slug, url in http.public_urls.items()}
    listening = {port: slug for slug, port in http.player_ports.items()}
    return Gate(
        sessions=sessions,
        sealer=seal,
        brand_ports={port: slug for port, slug in public.items() if port} | listening,
        public_urls=http.public_urls,
        is_https=http.is_https,
        doorman=doorman,
    )


def custody_policy(spec: ChainSpec) -> CustodyPolicy:
    """How custody makes and follows transactions on a chain."""
    return CustodyPolicy(spec=spec, confirmations=CONFIRMATIONS, sweep_minimums=SWEEP_MINIMUMS)


def order_key(settings: Settings) -> OrderKey:
    """The worker's key for signing orders. Refuses with SettingsInvalid."""
    if settings.secrets.order_key is None:
        raise SettingsInvalid("secrets.order_key must name the worker's key file.")
    try:
        return read_order_key(Path(settings.secrets.order_key))
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"secrets.order_key: {error}.") from error


def signer(settings: Settings, key: OrderKey, clock: Clock) -> SignerSocket:
    """The signer behind its socket."""
    return SignerSocket(Path(settings.signer.socket), key, clock)


def beacons(settings: Settings, seal: Sealer, client: httpx.AsyncClient, clock: Clock) -> Beacons:
    """Drand's quicknet where relays are named, and our own beacon."""
    local = LocalBeacon(seal.blind_index("local", purpose="beacon"), clock)
    urls, timeout_s = settings.live.beacon_urls, settings.live.beacon_timeout_s
    if not urls:
        return Beacons(local)
    return Beacons(local, DrandRelays(client, urls, QUICKNET, timeout_s=timeout_s))


def geo(settings: Settings) -> Geo:
    """What the files say about addresses. Refuses with SettingsInvalid."""
    asked = settings.geo
    files = GeoFiles(asked.geoip, asked.geoip6, asked.mmdb, asked.networks)
    try:
        return load_geo(files)
    except GeoInvalid as error:
        raise SettingsInvalid(f"geo: {error}") from error


def price_source(settings: Settings, client: httpx.AsyncClient) -> HttpPriceSource:
    """The signed price feed."""
    return HttpPriceSource(client, settings.rates.url)

"""One settings file, read once, handed out as frozen slices.

`FAIRHOUSE_SETTINGS` names a TOML file (default `.data/settings.toml`); `FAIRHOUSE_DATABASE_URL`
replaces the database's address. Secrets are files that the settings name, never values in them,
so that the settings can be shown to anyone.
"""

import os
import tomllib
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fairhouse.platform.geo import TOR_GEOIP, TOR_GEOIP6
from fairhouse.platform.servers import ServerName

DEFAULT_FILE: Final = ".data/settings.toml"


class SettingsInvalid(Exception):
    """The settings file is missing or wrong; the message names the file, the key and the fix."""


class _Slice(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Slice):
    """Where PostgreSQL is. One URL per role; the owner's is used by migrations alone."""

    owner_url: str
    app_url: str
    worker_url: str
    pool_max: int = 12


class HttpSettings(_Slice):
    """What the servers listen on. Public, staff and metrics ports are never shared."""

    host: str = "127.0.0.1"
    player_ports: dict[str, int]
    """Brand slug to port; the Host header decides behind a real domain."""
    backoffice_port: int
    callbacks_port: int | None = None
    """Where vendors' webhooks come in, by the process `callbacks`."""
    metrics_ports: dict[str, int]
    """Process name to port, loopback only."""
    public_urls: dict[str, str]
    """Brand slug to the address players type."""
    web_folder: str = "web/dist"
    trusted_proxies: str = ""
    """Peers whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas."""
    server: ServerName = "uvicorn"
    """Which HTTP server answers players and staff; see docs/decisions/0090-http-server.md."""

    @property
    def is_https(self) -> bool:
        """Secure cookies only where the site is served over TLS."""
        return all(url.startswith("https://") for url in self.public_urls.values())


class SecretFiles(_Slice):
    """Files of 32 random bytes in hex (keys) or PEM, readable by one process user each."""

    master_key: str
    """Seals personal data keys and server seeds."""
    order_key: str | None = None
    """Ed25519 private key (hex) that signs signing orders: the worker's alone."""


class ChainSettings(_Slice):
    """One EVM chain."""

    rpc_urls: list[str]
    chain_id: int
    tokens: dict[str, str] = {}
    """Asset id to contract address, pinned."""
    explorer_tx: str
    explorer_address: str
    can_trace: bool = True
    start_height: int | None = None
    """The first block to read on first contact; None starts at the head."""
    poll_s: float = 1.0


class SignerSettings(_Slice):
    """How the worker reaches the signer and whom it believes."""

    socket: str
    identity_key: str
    """The signer's Ed25519 public key (hex): vault addresses are believed under it alone."""
    vaults_file: str = ""
    """Output of `python -m signer public`: the vaults that the worker imports at its start."""


class MailSettings(_Slice):
    """The SMTP relay."""

    host: str
    port: int
    sender: str
    use_tls: bool = False


class RatesSettings(_Slice):
    """The signed price feed."""

    url: str
    public_key: str
    """Ed25519 public key (hex) of the feed."""
    every_s: float = 30.0


class LaneSettings(_Slice):
    """How several API processes share the bet lanes."""

    listen: str = "tcp:127.0.0.1:0"
    """Where other API processes forward requests to: tcp:HOST:PORT (0: any free port) or unix:PATH.
    What passes is authenticated, not encrypted: loopback or a private network."""
    advertised: str = ""
    """The same as others see it, when that differs: behind 0.0.0.0, or an address translation."""
    lease_s: float = 5.0
    """How long the lanes of a process that died or hangs wait for the next one."""


class LiveSettings(_Slice):
    """The rounds of crash and slide."""

    beacon_urls: list[str] = []
    """Relays of drand's quicknet, such as https://api.drand.sh; without any, or while none answers,
    rounds take a beacon of our own and say so."""
    beacon_timeout_s: float = 1.5
    """For one relay's answer."""
    betting_s: int = 8
    """At least: betting ends a second before a round of the beacon."""
    pause_s: int = 4
    """From a crash to the next round."""


class GeoSettings(_Slice):
    """Where addresses of the network are: files, see `platform.geo`."""

    geoip: str = TOR_GEOIP
    geoip6: str = TOR_GEOIP6
    """Of Debian's tor-geoipdb."""
    mmdb: str = ""
    """A MaxMind DB with countries, where the operator has one; it leads."""
    networks: dict[str, str] = {}
    """Kind (tor, vpn, proxy, hosting, bot) to a file of ranges; `iporigin` to its ranges.bin."""


class DriftSettings(_Slice):
    """When a game that returns too much is stopped by itself."""

    stop_z: float = Field(default=5.0, ge=3.0)
    """Standard errors above its highest published return, over a day or a month."""
    bets_min: int = Field(default=1_000, ge=100)


class ScreeningSettings(_Slice):
    """Who analyses coins. Without a provider the sanctions list decides alone."""

    kyt_url: str = ""
    """Of Chainalysis's KYT API, or of whatever speaks it; empty: none."""
    kyt_token: str = ""
    """A file with the API key."""
    kyt_timeout_s: float = 5.0
    answer_valid_hours: int = Field(default=24, ge=1)
    """How long the provider's word on a destination counts."""


class TelegramSettings(_Slice):
    """The bot whose widget is on the sign-in screen."""

    name: str
    token_file: str


class IssuerSettings(_Slice):
    """One client registration at one issuer."""

    kind: Literal["oidc", "discord"] = "oidc"
    label: str = ""
    issuer: str = ""
    """Its discovery document is below this URL: https://accounts.google.com."""
    client_id: str
    secret_file: str
    scopes: str = "openid email profile"
    trust_email: bool = False
    """Whether its word that an address was verified opens an account with that address."""


class SmsSettings(_Slice):
    """Who sends codes to telephones."""

    file: str = ""
    """For demos: texts are written here instead of sent."""
    url: str = ""
    token_file: str = ""
    sender: str = "Fairhouse"
    countries: list[str] = []
    per_day: int = 500


class WaysSettings(_Slice):
    """The ways in that a brand offers besides e-mail and password."""

    passkeys: bool = True
    wallets: list[Literal["ethereum", "solana"]] = ["ethereum", "solana"]
    chain_ids: list[int] = [1]
    """Ethereum chains whose wallets are let in."""
    telegram: TelegramSettings | None = None
    issuers: dict[str, IssuerSettings] = {}
    sms: SmsSettings | None = None


class KycSettings(_Slice):
    """The vendor of identity verification. Without one players upload their documents here."""

    sumsub_url: str = ""
    """https://api.sumsub.com; empty: none."""
    sumsub_token: str = ""
    """Files with the app token, its secret, and the secret of the webhooks."""
    sumsub_secret: str = ""
    sumsub_webhook_secret: str = ""
    sumsub_levels: dict[int, str] = {}
    """Tier to the level's name at Sumsub."""
    is_sandbox: bool = False
    """Whether events of tests count."""


class Settings(_Slice):
    """Everything."""

    environment: str = "demo"
    log_format: str = "json"
    database: DatabaseSettings
    http: HttpSettings
    secrets: SecretFiles
    chains: dict[str, ChainSettings]
    signer: SignerSettings
    mail: MailSettings
    rates: RatesSettings
    lanes: LaneSettings = LaneSettings()
    live: LiveSettings = LiveSettings()
    drift: DriftSettings = DriftSettings()
    ways: dict[str, WaysSettings] = {}
    """By brand slug."""
    geo: GeoSettings = GeoSettings()
    screening: ScreeningSettings = ScreeningSettings()
    kyc: KycSettings = KycSettings()


def load(path: Path | None = None) -> Settings:
    """Read the settings file. Refuses with SettingsInvalid."""
    file = path or Path(os.environ.get("FAIRHOUSE_SETTINGS", DEFAULT_FILE))
    try:
        found = tomllib.loads(file.read_text())
    except FileNotFoundError:
        raise SettingsInvalid(
            f"{file} does not exist. `make demo` writes one; or set FAIRHOUSE_SETTINGS."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(f"{file} is not valid TOML: {error}.") from None
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsInvalid(f"{file}: {key}: {first['msg']}.") from None


def read_secret(file: str) -> str:
    """The one line of a secret's file. Refuses with SettingsInvalid."""
    try:
        text = Path(file).read_text().strip()
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"{file} must be a readable file of text.") from error
    if not text:
        raise SettingsInvalid(f"{file} is empty; it must hold the secret on one line.")
    return text


def read_key(file: str) -> bytes:
    """The 32 bytes of a hex key file. Refuses with SettingsInvalid."""
    try:
        key = bytes.fromhex(Path(file).read_text().strip())
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"{file} must be a readable file of 64 hex characters.") from error
    if len(key) != 32:
        raise SettingsInvalid(f"{file} must hold 32 bytes, it holds {len(key)}.")
    return key

"""Make the data folder's keys and settings; what is there already is kept.

The settings have exactly the shape of `fairhouse.app.settings` and are written anew at each start,
since ports may have moved.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devnet.demo.places import BRANDS, Places
from devnet.evm import CHAIN_NUMBER, ROOT, USDT
from fairhouse.app.settings import read_key

CHAIN: Final = "ethereum"


class PreparationFailed(Exception):
    """The data folder cannot be made ready; the message says why."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Public halves that the settings name."""

    worker: str
    feed: str
    signer_identity: str


def make_keys(places: Places) -> Keys:
    """Master key, order key, price feed's key, and the signer's keystore with its policy."""
    for name in ("master", "order", "feed"):
        _secret_file(places.keys / f"{name}.key", secrets.token_hex(32))
    _secret_file(places.keys / "signer.passphrase", secrets.token_urlsafe(24))
    worker = public_half(places.keys / "order.key")
    identity = _make_keystore(places)
    (places.signer / "policy.toml").write_text(_policy(worker))
    if not places.vaults.exists():
        brands = [part for brand in BRANDS for part in ("--brand", str(brand))]
        _write(places.vaults, _signer_says(places, "public", *brands))
    return Keys(worker=worker, feed=public_half(places.keys / "feed.key"), signer_identity=identity)


def public_half(file: Path) -> str:
    """The Ed25519 public key (hex) of a private key file."""
    key = Ed25519PrivateKey.from_private_bytes(read_key(str(file)))
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _secret_file(path: Path, content: str) -> None:
    """Written once, whole, for our eyes only."""
    if not path.exists():
        _write(path, content + "\n")


def _write(path: Path, content: str) -> None:
    """Whole or not at all, for our eyes only."""
    making = path.with_suffix(".new")
    making.unlink(missing_ok=True)
    making.touch(mode=0o600)
    making.write_text(content)
    making.rename(path)


def _make_keystore(places: Places) -> str:
    """The signer's identity key; a new keystore on the first call."""
    identity = places.signer / "identity.pub"
    if not identity.exists():
        if (places.signer / "keystore.json").exists():
            raise PreparationFailed(
                f"{places.signer} holds a keystore but not its identity.pub: the set-up was "
                "interrupted. Run `make demo-reset`."
            )
        _write(identity, _signer_says(places, "init").strip().splitlines()[-1])
    return identity.read_text().strip()


def _signer_says(places: Places, verb: str, *more: str) -> str:
    answer = subprocess.run(
        signer_command(places, verb, *more), capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise PreparationFailed(f"`python -m signer {verb}` failed: {answer.stderr.strip()}")
    return answer.stdout


def signer_command(places: Places, verb: str, *more: str) -> list[str]:
    """`python -m signer …` on this demo's keystore."""
    passphrase = str(places.keys / "signer.passphrase")
    return [
        *(sys.executable, "-m", "signer", verb, "--dir", str(places.signer)),
        *("--passphrase-file", passphrase, *more),
    ]


def _policy(worker_key: str) -> str:
    """The signer's own caps, wide enough to play with."""
    return f"""\
worker_key = "{worker_key}"
brands = {sorted(BRANDS)}
clock_skew_s = 30
order_lifetime_s = 900
approvals_required = 1

[approvers]

[chains.{CHAIN}]
chain_id = {CHAIN_NUMBER}
gas_limit_max = 200000
fee_per_tx = "20000000000000000"
fees_per_day = "1000000000000000000"
gas_topup_per_tx = "20000000000000000"
gas_topup_per_day = "500000000000000000"

[assets."eth.{CHAIN}"]
per_tx = "20000000000000000000"
per_hour = "100000000000000000000"
per_day = "200000000000000000000"
approval_above = "20000000000000000000"
new_destination_per_tx = "10000000000000000000"
new_destination_per_day = "100000000000000000000"
new_destination_delay_s = 86400

[assets."usdt.{CHAIN}"]
contract = "{USDT}"
per_tx = "50000000000"
per_hour = "200000000000"
per_day = "500000000000"
approval_above = "50000000000"
new_destination_per_tx = "25000000000"
new_destination_per_day = "200000000000"
new_destination_delay_s = 86400
"""


def write_settings(
    places: Places,
    ports: Mapping[str, int],
    keys: Keys,
    urls: Mapping[str, str],
    changed: Mapping[str, Any],
) -> None:
    """The platform's settings file; `urls` are the database's by role, `changed` are settings
    ("table.key") that differ from what is written here.
    """
    bank = f"http://127.0.0.1:{ports['bank']}"
    metrics = {
        name.partition(".")[2]: port for name, port in ports.items() if name.startswith("metrics.")
    }
    tables: dict[str, Mapping[str, Any]] = {
        "": {"environment": "demo", "log_format": "json"},
        "database": {
            "owner_url": urls["owner"],
            "app_url": urls["app"],
            "worker_url": urls["worker"],
        },
        "http": {
            "host": "127.0.0.1",
            "backoffice_port": ports["backoffice"],
            "web_folder": str(ROOT / "web" / "dist"),
        },
        "http.player_ports": {slug: ports[slug] for slug in BRANDS.values()},
        "http.metrics_ports": metrics,
        "http.public_urls": {slug: player_url(ports, slug) for slug in BRANDS.values()},
        "secrets": {
            "master_key": str(places.keys / "master.key"),
            "order_key": str(places.keys / "order.key"),
        },
        f"chains.{CHAIN}": {
            "rpc_urls": [f"http://127.0.0.1:{ports['rpc']}"],
            "chain_id": CHAIN_NUMBER,
            "start_height": 0,
            "explorer_tx": f"{bank}/explorer/tx/{{tx}}",
            "explorer_address": f"{bank}/explorer/address/{{address}}",
        },
        f"chains.{CHAIN}.tokens": {f"usdt.{CHAIN}": USDT},
        "signer": {
            "socket": str(places.signer_socket),
            "identity_key": keys.signer_identity,
            "vaults_file": str(places.vaults),
        },
        "mail": {"host": "127.0.0.1", "port": ports["smtp"], "sender": "house@fairhouse.example"},
        # Codes for telephones are written here instead of sent.
        "ways.fairhouse.sms": {"file": str(places.settings.parent / "texts.log")},
        "rates": {"url": f"{bank}/prices", "public_key": keys.feed, "every_s": 15},
    }
    for name, value in changed.items():
        table, _, key = name.rpartition(".")
        tables[table] = {**tables.get(table, {}), key: value}
    text = "\n\n".join(_table(name, values) for name, values in tables.items())
    _write(places.settings, text + "\n")


def _table(name: str, values: Mapping[str, Any]) -> str:
    # A JSON string, number, boolean or list of them is the same in TOML.
    lines = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines] if name else lines)


def player_url(ports: Mapping[str, int], slug: str) -> str:
    """Where players of a brand go."""
    return f"http://127.0.0.1:{ports[slug]}"


def write_bank_settings(places: Places, ports: Mapping[str, int]) -> None:
    """What the demo bank needs to know of the demo; it knows nothing else of the platform."""
    found = {
        "ports": dict(ports),
        "chain_url": f"http://127.0.0.1:{ports['chain']}",
        "feed_key": str(places.keys / "feed.key"),
        "control_socket": str(places.control_socket),
        "brands": {slug: player_url(ports, slug) for slug in BRANDS.values()},
        "made": str(places.seeded),
    }
    _write(places.bank_settings, json.dumps(found, indent=2))

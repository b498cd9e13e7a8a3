"""`python -m fairhouse.app openapi`: the player API's document, without a running platform."""

from typing import Any, cast

from fairhouse.app.player import make_app, make_parts
from fairhouse.app.settings import (
    ChainSettings,
    DatabaseSettings,
    HttpSettings,
    MailSettings,
    RatesSettings,
    SecretFiles,
    Settings,
    SignerSettings,
)
from fairhouse.platform.crypto import KEY_BYTES, Sealer
from fairhouse.platform.database import Database

# Routes are only described here: nothing connects to any of this.
_NOWHERE = Settings(
    database=DatabaseSettings(owner_url="", app_url="", worker_url=""),
    http=HttpSettings(player_ports={}, backoffice_port=0, metrics_ports={}, public_urls={}),
    secrets=SecretFiles(master_key=""),
    chains={
        "ethereum": ChainSettings(rpc_urls=[], chain_id=0, explorer_tx="", explorer_address="")
    },
    signer=SignerSettings(socket="", identity_key=""),
    mail=MailSettings(host="", port=0, sender=""),
    rates=RatesSettings(url="", public_key=""),
)


def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    parts = make_parts(_NOWHERE, cast("Database", None), Sealer({1: bytes(KEY_BYTES)}))
    return make_app(parts).openapi()

"""A real signer process for tests, and orders to throw at it."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import (
    Claims,
    Order,
    OrderKind,
    SignRequest,
    encode_order,
)
from fairhouse.chains.codecs.vaults import SignedVault, child_public_key, decode_vaults
from fairhouse.custody.adapters.signer_socket import (
    OrderKey,
    SignerSocket,
    create_order_key,
    read_order_key,
)
from fairhouse.kernel.currencies import ETHEREUM, AssetId
from fairhouse.kernel.ids import uuid7
from fairhouse.platform.database import system_clock
from signer.keystore import create

ROOT = Path(__file__).resolve().parent.parent
PASSPHRASE = "correct horse battery staple"
ETH = AssetId("eth.ethereum")
USDT = AssetId("usdt.ethereum")
CONTRACT = evm.checksummed(bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3"))
STRANGER = evm.checksummed(bytes.fromhex("70997970c51812dc3a010c7d01b50e0d17dc79c8"))
OTHER = evm.checksummed(bytes.fromhex("3c44cdddb6a900fa2b585dd299e03d12fa4293bc"))
GWEI = 10**9
ETHER = 10**18
APPROVER = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
CHAIN_NUMBER = 31_337

POLICY = """
worker_key = "{worker_key}"
brands = [1, 2]
clock_skew_s = 30
order_lifetime_s = 900
approvals_required = 1
[approvers]
alice = "{approver}"
[chains.ethereum]
chain_id = {number}
gas_limit_max = 200000
fee_per_tx = "20000000000000000"
fees_per_day = "1000000000000000000"
gas_topup_per_tx = "20000000000000000"
gas_topup_per_day = "500000000000000000"
[assets."eth.ethereum"]
per_tx = "5000000000000000000"
per_hour = "10000000000000000000"
per_day = "20000000000000000000"
approval_above = "4000000000000000000"
new_destination_per_tx = "{new_per_tx}"
new_destination_per_day = "{new_per_day}"
new_destination_delay_s = 86400
[assets."usdt.ethereum"]
contract = "{contract}"
per_tx = "20000000000"
per_hour = "50000000000"
per_day = "90000000000"
approval_above = "15000000000"
new_destination_per_tx = "20000000000"
new_destination_per_day = "50000000000"
new_destination_delay_s = 86400
"""


class SignerProcess:
    """`python -m signer` in a folder of its own."""

    def __init__(self, folder: Path, *, made: bool = False) -> None:
        self.folder = folder
        self.socket = folder / "s.sock"
        self.policy = folder / "policy.toml"
        self.passphrase = folder / "passphrase"
        self._process: subprocess.Popen[bytes] | None = None
        if made:
            self.order_key = read_order_key(folder / "order.key")
        else:
            self.passphrase.write_text(PASSPHRASE + "\n")
            self.order_key = create_order_key(folder / "order.key")
            # As `init` does, at a cost that tests can pay at every start.
            keys = create(folder / "keystore.json", PASSPHRASE, scrypt_n=2**12)
            (folder / "identity").write_text(keys.identity_key())
            self.write_policy()
        self.identity = (folder / "identity").read_text()

    def write_policy(
        self,
        *,
        contract: str = CONTRACT,
        number: int = CHAIN_NUMBER,
        new_per_tx: int = 5 * ETHER,
        new_per_day: int = 8 * ETHER,
    ) -> None:
        """Takes effect at the next start."""
        self.policy.write_text(
            POLICY.format(
                worker_key=self.order_key.public_hex,
                approver=APPROVER.public_key().public_bytes_raw().hex(),
                contract=contract,
                number=number,
                new_per_tx=new_per_tx,
                new_per_day=new_per_day,
            )
        )

    def vaults_document(self) -> str:
        """What the operator hands to the platform."""
        return self._run("public", "--brand", "1", "--brand", "2").stdout

    def vaults(self) -> list[SignedVault]:
        kept = self.folder / "vaults.json"
        if not kept.exists():
            kept.write_text(self.vaults_document())
        return decode_vaults(kept.read_bytes())

    def start(self) -> None:
        assert self._process is None
        self._process = subprocess.Popen(
            [*self._command("run"), "--policy", str(self.policy), "--socket", str(self.socket)],
            cwd=ROOT,
            stderr=(self.folder / "stderr.txt").open("ab"),
        )
        deadline = time.monotonic() + 20
        while not self._listens():
            assert self._process.poll() is None, (self.folder / "stderr.txt").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)
        self.socket.unlink(missing_ok=True)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def client(self, timeout_s: float = 5.0) -> SignerSocket:
        return SignerSocket(self.socket, self.order_key, system_clock, timeout_s=timeout_s)

    def count(self, table: str) -> int:
        with contextlib.closing(sqlite3.connect(self.folder / "journal.sqlite3")) as db:
            return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def refusals(self) -> list[str]:
        with contextlib.closing(sqlite3.connect(self.folder / "journal.sqlite3")) as db:
            rows = db.execute("SELECT code FROM log WHERE verdict = 'refused' ORDER BY seq")
            return [code for (code,) in rows]

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None

    def _command(self, name: str) -> list[str]:
        command = [sys.executable, "-m", "signer", name, "--dir", str(self.folder)]
        return [*command, "--passphrase-file", str(self.passphrase)]

    def command(self, name: str, *arguments: str) -> str:
        """What a command that needs no signer's folder prints."""
        command = [sys.executable, "-m", "signer", name, *arguments]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout

    def _run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command(name), *arguments],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )


def deposit_address(vault: SignedVault, index: int) -> evm.Address:
    return evm.address_of(child_public_key(vault.record.deposit_xpub, index))


def new_id() -> UUID:
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def payment(
    *,
    to: str = STRANGER,
    asset: AssetId = ETH,
    base_units: int = ETHER,
    nonce: int = 0,
    fee_wei: int = 2 * GWEI,
    **changes: object,
) -> evm.UnsignedTx:
    """An honest transfer; `changes` make it less so."""
    is_native = asset == ETH
    destination = evm.from_hex(to)
    tx = evm.UnsignedTx(
        chain_number=CHAIN_NUMBER,
        nonce=nonce,
        max_priority_fee_wei=GWEI,
        max_fee_wei=fee_wei,
        gas_limit=21_000 if is_native else 80_000,
        to=destination if is_native else CONTRACT,
        value_wei=base_units if is_native else 0,
        data=b"" if is_native else evm.encode_token_transfer(destination, base_units),
    )
    return replace(tx, **changes)


def order_for(
    tx: evm.UnsignedTx,
    *,
    kind: OrderKind = OrderKind.WITHDRAWAL,
    path: str = "m/44'/60'/1'/1'/0",
    claims: Claims | None = None,
    family_id: UUID | None = None,
    age_s: int = 0,
    lifetime_s: int = 300,
    **changes: object,
) -> Order:
    """An order whose claims tell the truth unless told otherwise."""
    now = int(time.time())
    order = Order(
        order_id=new_id(),
        family_id=family_id or new_id(),
        kind=kind,
        brand_id=1,
        chain=ETHEREUM,
        path=path,
        raw_unsigned=evm.encode_unsigned(tx),
        claims=claims or claims_of(tx),
        issued_at=now - age_s,
        expires_at=now - age_s + lifetime_s,
    )
    return replace(order, **changes)


def claims_of(tx: evm.UnsignedTx) -> Claims:
    call = evm.decode_token_transfer(tx.data)
    if call is None:
        return Claims(tx.to, ETH, tx.value_wei, tx.fee_max_wei)
    return Claims(call[0], USDT, call[1], tx.fee_max_wei)


def signed(key: OrderKey, order: Order) -> SignRequest:
    data = encode_order(order)
    return SignRequest(data, key.sign_order(data))


@contextlib.contextmanager
def running_signer(folder: Path) -> Generator[SignerProcess]:
    process = SignerProcess(folder)
    process.start()
    try:
        yield process
    finally:
        process.kill()

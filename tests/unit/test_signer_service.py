"""The signer's rules that need time to pass, its keystore and its journal; in process."""

import stat

import pytest

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import Order, Signed, decode_order, encode_order
from fairhouse.chains.codecs.vaults import KeyPath, Role, vault_message
from fairhouse.custody.adapters.signer_socket import OrderKey
from fairhouse.kernel.currencies import ETHEREUM
from signer.journal import Journal, JournalError
from signer.judge import verifies
from signer.keystore import Keys, KeystoreError, create, open_keystore
from signer.policy import PolicyError, read_policy
from signer.service import Service
from tests.signing import (
    APPROVER,
    CHAIN_NUMBER,
    CONTRACT,
    ETHER,
    OTHER,
    POLICY,
    STRANGER,
    order_for,
    payment,
    signed,
)

KEY = OrderKey(b"\x02" * 32)
START = 1_800_000_000
DAY = 86_400


class Bench:
    """A service whose clock the test moves."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.now = START
        text = POLICY.format(
            worker_key=KEY.public_hex,
            approver=APPROVER.public_key().public_bytes_raw().hex(),
            contract=CONTRACT,
            number=CHAIN_NUMBER,
            new_per_tx=ETHER,
            new_per_day=2 * ETHER,
        )
        (folder / "policy.toml").write_text(text)
        self.keys = Keys(b"\x03" * 32)
        self.journal = Journal(folder)
        policy = read_policy(folder / "policy.toml")
        self.service = Service(self.keys, policy, self.journal, lambda: self.now)

    def pay(self, base_units: int, nonce: int, to: str = STRANGER) -> str:
        order = order_for(payment(base_units=base_units, nonce=nonce, to=to))
        order = self.dated(order)
        answer = self.service.answer(signed(KEY, order))
        return "signed" if isinstance(answer, Signed) else getattr(answer, "code", "?")

    def dated(self, order: Order) -> Order:
        object.__setattr__(order, "issued_at", self.now)
        object.__setattr__(order, "expires_at", self.now + 300)
        return order


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.journal.close()


def test_a_new_destination_gets_little_until_it_is_old(bench):
    assert "new_destination" == bench.pay(3 * ETHER, 0)
    assert "signed" == bench.pay(ETHER, 0)
    bench.now += DAY - 1
    assert "new_destination" == bench.pay(3 * ETHER, 1)
    bench.now += 1
    assert "signed" == bench.pay(3 * ETHER, 1)


def test_many_new_destinations_share_one_cap(bench):
    assert "signed" == bench.pay(ETHER, 0, STRANGER)
    assert "signed" == bench.pay(ETHER, 1, OTHER)
    third = evm.checksummed(b"\x11" * 20)
    assert "new_destination" == bench.pay(1, 2, third)
    bench.now += DAY
    assert "signed" == bench.pay(1, 2, third)


def test_caps_of_an_hour_and_a_day_run_out_and_come_back(bench):
    bench.pay(ETHER, 0)
    bench.now += DAY
    nonce = 1
    for expected in ("signed", "signed", "cap_hour"):
        assert expected == bench.pay(4 * ETHER, nonce)
        nonce += expected == "signed"
    bench.now += 3_600
    assert "signed" == bench.pay(4 * ETHER, nonce)
    bench.now += 3_600
    assert "signed" == bench.pay(4 * ETHER, nonce + 1)
    assert "signed" == bench.pay(4 * ETHER, nonce + 2)
    bench.now += 3_600
    assert "cap_day" == bench.pay(ETHER, nonce + 3)
    bench.now += DAY
    assert "signed" == bench.pay(ETHER, nonce + 3)


def test_a_clock_that_goes_backwards_signs_nothing(bench):
    bench.pay(1, 0)
    bench.now -= 31

    assert "clock" == bench.pay(1, 1)


def test_the_same_bytes_are_signed_alike(bench):
    digest = b"\x05" * 32
    path = KeyPath(1, Role.HOT, 0)

    assert bench.keys.sign(path, digest) == Keys(b"\x03" * 32).sign(path, digest)


def test_the_journal_serves_one_signer_and_notices_tampering(bench, tmp_path):
    with pytest.raises(JournalError, match="another signer"):
        Journal(tmp_path)
    bench.pay(1, 0)
    bench.journal._db.execute("DROP TRIGGER log_stays")
    bench.journal._db.execute("UPDATE log SET message = 'nothing' WHERE seq = 1")
    bench.journal.close()

    with pytest.raises(JournalError, match="altered at line 1"):
        Journal(tmp_path)


def test_the_journal_is_append_only(bench):
    bench.pay(1, 0)
    for statement in ("DELETE FROM log", "UPDATE orders SET at = 0", "DELETE FROM orders"):
        with pytest.raises(Exception, match=r"append-only|single-use"):
            bench.journal._db.execute(statement)


def test_a_keystore_opens_with_its_passphrase_only(tmp_path):
    path = tmp_path / "keystore.json"
    made = create(path, "a long passphrase", scrypt_n=2**10)

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert made.identity_key() == open_keystore(path, "a long passphrase").identity_key()
    with pytest.raises(KeystoreError, match="passphrase"):
        open_keystore(path, "another passphrase")
    with pytest.raises(KeystoreError, match="never overwritten"):
        create(path, "a long passphrase", scrypt_n=2**10)
    path.chmod(0o644)
    with pytest.raises(KeystoreError, match="chmod"):
        open_keystore(path, "a long passphrase")


def test_a_vault_record_is_signed_and_public_derivation_agrees(bench):
    vault = bench.keys.vault(1, ETHEREUM)
    identity = bench.service._keys._identity.public_key()

    assert verifies(identity, bytes.fromhex(vault.signature), vault_message(vault.record))
    assert vault.record.deposit_xpub.startswith("xpub")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("per_tx", "per_ty"),
        ("brands = [1, 2]", "brands = 1"),
        (CONTRACT, "0x12"),
        ('per_hour = "10', 'per_hour = "-10'),
        ('alice = "', 'worker = "'),
    ],
)
def test_a_policy_with_a_mistake_is_refused(bench, old, new):
    file = bench.folder / "policy.toml"
    file.write_text(file.read_text().replace(old, new))

    with pytest.raises(PolicyError):
        read_policy(file)


def test_an_order_has_one_form():
    order = order_for(payment())

    assert order == decode_order(encode_order(order))

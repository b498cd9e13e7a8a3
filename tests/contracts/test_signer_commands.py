"""`python -m signer` as its operator and its approvers use it."""

import json
import subprocess
from dataclasses import replace

import pytest

from fairhouse.chains.codecs.orders import Approval, Hello, Signed
from fairhouse.chains.codecs.vaults import decode_vaults
from fairhouse.kernel.ids import to_wire
from tests.signing import ETH, ETHER, STRANGER, SignerProcess, order_for, payment, signed


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    made = SignerProcess(tmp_path_factory.mktemp("signer"))
    yield made
    made.kill()


def words_of(error: pytest.ExceptionInfo[subprocess.CalledProcessError]) -> str:
    return error.value.stderr


def test_init_makes_a_keystore_that_public_opens(tmp_path):
    secret = tmp_path / "passphrase"
    secret.write_text("a passphrase of my own\n")
    where = ("--dir", str(tmp_path / "signer"), "--passphrase-file", str(secret))
    process = SignerProcess.__new__(SignerProcess)
    identity = process.command("init", *where).strip()
    (vault,) = decode_vaults(process.command("public", *where, "--brand", "7").encode())

    assert (identity, 7) == (vault.identity_key, vault.record.brand_id)
    assert 0o700 == (tmp_path / "signer").stat().st_mode & 0o777


def test_a_keystore_is_never_overwritten(process):
    with pytest.raises(subprocess.CalledProcessError) as error:
        process._run("init")

    assert "never overwritten" in words_of(error)


def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(process, tmp_path):
    wrong = tmp_path / "passphrase"
    wrong.write_text("another passphrase")
    with pytest.raises(subprocess.CalledProcessError) as error:
        process.command(
            *("public", "--dir", str(process.folder), "--brand", "1"),
            *("--passphrase-file", str(wrong)),
        )

    assert "wrong passphrase" in words_of(error)
    assert "another passphrase" not in words_of(error)


def test_the_same_keys_publish_the_same_vaults(process):
    assert process.vaults_document() == process.vaults_document()
    assert [1, 2] == [vault.record.brand_id for vault in process.vaults()]


async def test_halt_and_resume_work_while_it_runs(process):
    process.start()
    process.command("halt", "--dir", str(process.folder), "--reason", "drill")
    halted = await process.client().hello()
    process.command("resume", "--dir", str(process.folder), "--reason", "over")
    resumed = await process.client().hello()

    assert isinstance(halted, Hello)
    assert isinstance(resumed, Hello)
    assert ("drill (by operator)", None) == (halted.halted, resumed.halted)
    with pytest.raises(subprocess.CalledProcessError) as error:
        process.command("log", "--dir", str(process.folder))
    assert "another signer" in words_of(error)
    process.stop()
    assert "started" in process.command("log", "--dir", str(process.folder))


def test_bad_arguments_are_explained(process, tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as error:
        process.command(
            *("approve", "--key", str(tmp_path / "x"), "--approver", "x", "--brand", "1"),
            *("--family", "fam_x", "--asset", ETH, "--destination", STRANGER),
            *("--base-units", "1"),
        )

    assert "26 characters" in words_of(error)


async def test_what_an_approver_signs_on_the_command_line_is_accepted(tmp_path):
    process = SignerProcess(tmp_path)
    key = process.command("approver-key", "--out", str(tmp_path / "bob.key")).strip()
    text = process.policy.read_text()
    process.policy.write_text(text.replace("[approvers]", f'[approvers]\nbob = "{key}"'))
    process.start()
    order = order_for(payment(base_units=5 * ETHER))
    printed = process.command(
        "approve",
        *("--key", str(tmp_path / "bob.key"), "--approver", "bob", "--brand", "1"),
        *("--family", to_wire("fam", order.family_id), "--asset", ETH),
        *("--destination", STRANGER.lower(), "--base-units", str(5 * ETHER)),
    )
    said = json.loads(printed)
    approval = Approval(said["approver"], said["expires_at"], bytes.fromhex(said["signature"]))
    request = replace(signed(process.order_key, order), approvals=(approval,))
    answer = await process.client().sign(request)
    process.kill()

    assert isinstance(answer, Signed)

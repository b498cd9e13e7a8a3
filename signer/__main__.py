"""`python -m signer`: make a keystore, publish vaults, run, halt, resume, read the log.

`approver-key` and `approve` are for approvers, on machines of their own.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from fairhouse.chains.codecs.evm import parse_address
from fairhouse.chains.codecs.orders import Intent
from fairhouse.chains.codecs.vaults import encode_vaults
from fairhouse.kernel.currencies import ETHEREUM, ChainId, asset
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.refusals import Refusal
from signer.approving import approve, create_approver_key, read_approver_key
from signer.journal import Journal, JournalError
from signer.keystore import KeystoreError, create, open_keystore
from signer.policy import PolicyError, read_policy
from signer.server import Server, SocketSettings
from signer.service import Service, unix_now

PASSPHRASE_VARIABLE: Final = "FAIRHOUSE_SIGNER_PASSPHRASE"  # noqa: S105 (its name, not its value)


def main(argv: list[str] | None = None) -> int:
    """0 when it went well; otherwise a sentence on stderr and 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        arguments = _parser().parse_args(argv)
        return int(arguments.run(arguments) or 0)
    except (KeystoreError, PolicyError, JournalError, Refusal, OSError, RuntimeError) as error:
        print(f"signer: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m signer", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run, opens_keys in (
        ("init", _init, True),
        ("public", _public, True),
        ("run", _run, True),
        ("halt", _halt, False),
        ("resume", _resume, False),
        ("log", _print_log, False),
    ):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--dir", type=Path, required=True, help="the signer's own folder")
        if opens_keys:
            command.add_argument("--passphrase-file", type=Path)
            command.add_argument("--passphrase-fd", type=int)
        if name in {"halt", "resume"}:
            command.add_argument("--reason", required=True)
        if name == "public":
            command.add_argument("--brand", type=int, action="append", required=True)
            command.add_argument("--chain", default=ETHEREUM)
        if name == "run":
            _add_run_options(command)
    _add_approver_commands(commands)
    return parser


def _add_approver_commands(commands: Any) -> None:
    make = commands.add_parser("approver-key")
    make.set_defaults(run=_approver_key)
    make.add_argument("--out", type=Path, required=True)
    approve = commands.add_parser("approve")
    approve.set_defaults(run=_approve)
    approve.add_argument("--key", type=Path, required=True)
    approve.add_argument("--approver", required=True, help="the name in the policy")
    approve.add_argument("--family", type=_family_id, required=True)
    approve.add_argument("--brand", type=int, required=True)
    approve.add_argument("--asset", type=asset, required=True)
    approve.add_argument("--destination", type=parse_address, required=True)
    approve.add_argument("--base-units", type=int, required=True)
    approve.add_argument("--valid-s", type=int, default=3_600)


def _family_id(text: str) -> UUID:
    return from_wire("fam", text, param="family")


def _add_run_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--policy", type=Path, required=True)
    command.add_argument("--socket", type=Path, required=True)
    command.add_argument("--socket-mode", type=lambda text: int(text, 8), default=0o600)
    command.add_argument("--peer-uid", type=int, action="append", default=[])


def _passphrase(arguments: argparse.Namespace) -> str:
    if arguments.passphrase_file is not None:
        return Path(arguments.passphrase_file).read_text().strip("\n")
    if arguments.passphrase_fd is not None:
        with os.fdopen(arguments.passphrase_fd) as file:
            return file.read().strip("\n")
    found = os.environ.pop(PASSPHRASE_VARIABLE, None)
    if found is None:
        raise KeystoreError(
            f"no passphrase: use --passphrase-file, --passphrase-fd or {PASSPHRASE_VARIABLE}"
        )
    return found


def _init(arguments: argparse.Namespace) -> None:
    arguments.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = create(arguments.dir / "keystore.json", _passphrase(arguments))
    print(keys.identity_key())


def _public(arguments: argparse.Namespace) -> None:
    keys = open_keystore(arguments.dir / "keystore.json", _passphrase(arguments))
    vaults = [keys.vault(brand_id, ChainId(arguments.chain)) for brand_id in arguments.brand]
    print(encode_vaults(vaults).decode())


def _run(arguments: argparse.Namespace) -> None:
    keys = open_keystore(arguments.dir / "keystore.json", _passphrase(arguments))
    policy = read_policy(arguments.policy)
    journal = Journal(arguments.dir)
    try:
        journal.note(unix_now(), "signer", "started", "started", f"policy {policy.digest}")
        settings = SocketSettings(
            path=arguments.socket,
            mode=arguments.socket_mode,
            peer_uids=frozenset(arguments.peer_uid),
        )
        asyncio.run(_listen(Server(Service(keys, policy, journal), settings)))
    finally:
        journal.close()


async def _listen(server: Server) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with server.listening():
        print("signer: listening", file=sys.stderr, flush=True)
        await stopped.wait()


def _halt(arguments: argparse.Namespace) -> None:
    # A file, because a running signer holds the journal: it looks before every order.
    (arguments.dir / "HALTED").write_text(f"{arguments.reason} (by operator)\n")


def _resume(arguments: argparse.Namespace) -> None:
    (arguments.dir / "HALTED").unlink(missing_ok=True)
    print("signer: resumed; the next orders are judged again", file=sys.stderr)


def _approver_key(arguments: argparse.Namespace) -> None:
    key = create_approver_key(arguments.out)
    print(key.public_key().public_bytes_raw().hex())


def _approve(arguments: argparse.Namespace) -> None:
    intent = Intent(
        family_id=arguments.family,
        brand_id=arguments.brand,
        chain=arguments.asset.chain,
        asset=arguments.asset.id,
        destination=arguments.destination,
        base_units=arguments.base_units,
    )
    key = read_approver_key(arguments.key)
    approval = approve(key, arguments.approver, intent, unix_now() + arguments.valid_s)
    print(json.dumps(approval))


def _print_log(arguments: argparse.Namespace) -> None:
    journal = Journal(arguments.dir)
    try:
        after = 0
        while lines := journal.log(after=after):
            for line in lines:
                print(line.seq, line.at, line.subject, line.verdict, line.code, line.message)
            after = lines[-1].seq
    finally:
        journal.close()


if __name__ == "__main__":
    sys.exit(main())

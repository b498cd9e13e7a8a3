"""The demo bank's own pieces: amounts, codes in mails, the chain's file, prices of trouble."""

import json
from pathlib import Path
from typing import Any

import pytest

from devnet.bank import faucet
from devnet.chain_state import copy_state, mend_state
from devnet.demo.logins import LOGINS, Made, for_bank
from devnet.demo.places import Places, choose_ports
from devnet.player import Unanswered, code_in, new_id
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.refusals import Malformed


@pytest.mark.parametrize(
    ("asset", "amount", "units"),
    [
        (faucet.ETH, "0.5", 5 * 10**17),
        (faucet.ETH, "0.000000000000000001", 1),
        (faucet.TOKEN, "12.5", 12_500_000),
        (faucet.FAKE, " 1 ", 1_000_000),
        (faucet.INTERNAL, "500", 500 * 10**18),
    ],
)
def test_amounts_become_base_units(asset: str, amount: str, units: int):
    assert units == faucet.parse_amount(asset, amount)


@pytest.mark.parametrize(
    ("asset", "amount", "param"),
    [
        (faucet.ETH, "0", "amount"),
        (faucet.ETH, "-1", "amount"),
        (faucet.ETH, "501", "amount"),
        (faucet.ETH, "NaN", "amount"),
        (faucet.ETH, "Infinity", "amount"),
        (faucet.ETH, "1e-19", "amount"),
        (faucet.TOKEN, "0.0000001", "amount"),
        (faucet.TOKEN, "much", "amount"),
        ("btc.bitcoin", "1", "asset"),
    ],
)
def test_bad_amounts_are_refused_by_name(asset: str, amount: str, param: str):
    with pytest.raises(Malformed) as refused:
        faucet.parse_amount(asset, amount)

    assert param == refused.value.param


def test_the_code_of_a_mail_is_found():
    mail = {"subject": "839274 is your code", "text": "Hello, it works for 30 minutes."}

    assert "839274" == code_in(mail)
    with pytest.raises(Unanswered):
        code_in({"subject": "Welcome", "text": "in 1234567 minutes"})


def test_ids_made_here_are_the_platforms():
    assert 7 == from_wire("bet", new_id("bet")).version


def state_file(folder: Path, *geneses: int) -> Path:
    blocks: list[Any] = [{"header": {"number": "0x0", "timestamp": hex(at)}} for at in geneses]
    blocks.insert(1, {"header": {"number": "0x1", "timestamp": hex(999)}})
    file = folder / "state.json"
    file.write_text(json.dumps({"blocks": blocks, "best_block_number": 1}))
    return file


def test_only_the_first_genesis_stays(tmp_path: Path):
    file = state_file(tmp_path, 300, 100, 200)

    mend_state(file)

    headers = [block["header"] for block in json.loads(file.read_text())["blocks"]]
    found = [(int(each["number"], 16), int(each["timestamp"], 16)) for each in headers]
    assert [(0, 100), (1, 999)] == found


def test_a_torn_file_gives_way_to_its_copy(tmp_path: Path):
    file = state_file(tmp_path, 100)
    whole = json.loads(file.read_text())
    copy_state(file)
    file.write_text(file.read_text()[:40])
    copy_state(file)

    mend_state(file)

    assert whole == json.loads(file.read_text())


def test_a_file_torn_without_a_copy_is_put_away(tmp_path: Path):
    file = tmp_path / "state.json"
    file.write_text("")

    mend_state(file)

    assert not file.exists()


def test_a_taken_port_gives_way_and_is_remembered(tmp_path: Path):
    places = Places(tmp_path)
    first, _ = choose_ports(places, anywhere=True)
    again, moved = choose_ports(places)

    assert first == again
    assert [] == moved
    assert len(first) == len(set(first.values()))


def test_logins_show_their_secrets_only_where_they_have_some(tmp_path: Path):
    made = Made({"bob@demo.example": "SECRET"}, ["player bob@demo.example"])
    made.keep(Places(tmp_path))

    shown = {row["name"]: row["totp"] for row in for_bank(Made.of(Places(tmp_path)).totp)}

    assert {login.name: "" for login in LOGINS} | {"bob@demo.example": "SECRET"} == shown

"""Addresses a person types: accepted in every legal form, refused with the reason and the fix."""

import pytest

from fairhouse.chains.codecs import evm
from fairhouse.chains.types import (
    BadChecksum,
    MalformedAddress,
    UnspendableAddress,
    WrongNetwork,
)
from fairhouse.kernel.currencies import ETHEREUM

# The examples of EIP-55 itself.
EIP_55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("text", EIP_55)
def test_examples_of_the_standard_are_accepted(text: str):
    assert text == evm.parse_address(text, ETHEREUM)


def test_one_case_throughout_carries_no_checksum():
    text = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

    assert text == evm.parse_address("0x" + text[2:].lower(), ETHEREUM)
    assert text == evm.parse_address("0x" + text[2:].upper(), ETHEREUM)


def test_a_wrong_case_is_a_broken_checksum():
    with pytest.raises(BadChecksum) as caught:
        evm.parse_address("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", param="destination")

    assert "destination" == caught.value.param
    assert "destination" in caught.value.message


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "Bitcoin"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "Bitcoin"),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "Bitcoin"),
        ("bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297", "Bitcoin"),
        ("ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", "Litecoin"),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "Tron"),
        ("DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L", "Dogecoin"),
        ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "XRP Ledger"),
        ("EQCxE6mUtQJKFnGfaROTKOt1lZbDiiX1kCixRv7Nw2Id_sDs", "TON"),
        ("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "Solana"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "Bitcoin Cash"),
    ],
)
def test_another_chain_is_named(text: str, network: str):
    with pytest.raises(WrongNetwork) as caught:
        evm.parse_address(text)

    assert network == caught.value.fields["network"]
    assert network in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0x"),
        ("hello", "characters that addresses never have"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", "never have"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "has 41 characters"),
        ("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "start with 0x"),
        ("0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "start with 0x"),
        (" 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "space"),
        ("0x" + "ab" * 32, "transaction hash"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n", "space"),
    ],
)
def test_malformed_text_gets_the_fix(text: str, words: str):
    with pytest.raises(MalformedAddress) as caught:
        evm.parse_address(text)

    assert words in caught.value.message


@pytest.mark.parametrize("last", ["0", "1", "9", "0a", "0100"])
def test_addresses_without_a_key_are_refused(last: str):
    with pytest.raises(UnspendableAddress):
        evm.parse_address("0x" + last.rjust(40, "0"))

"""One spelling per address, so that case, prefixes and notation hide nothing.

Matching looks at the address alone, never at the chain: an address that is listed for Ether is
the same person's on every chain of that family.
"""

import re
from typing import Final

from embit import base58

_EVM: Final = re.compile(r"(?:0[xX])?([0-9a-fA-F]{40})")
_TRON_HEX: Final = re.compile(r"(?:0[xX])?(41[0-9a-fA-F]{40})")
_BECH32: Final = re.compile(r"(?:bc|tb|bcrt|ltc|tltc|addr|cosmos|zs)1[02-9ac-hj-np-z]{6,120}")
_CASHADDR: Final = re.compile(r"(?:bitcoincash:|bchtest:)?([qp][02-9ac-hj-np-z]{41})")
LENGTH_MAX: Final = 200


def canonical(text: str) -> str:
    """The one spelling of an address; texts that are no address of a known kind stay as they are.

    EVM: lower case with 0x, whatever its checksum case. Bech32 (BIP 173) and CashAddr: lower case,
    without prefix; mixed case is invalid there, and is compared as if it were not. TRON's hex form
    becomes base58check. Base58 is case-sensitive and stays.
    """
    bare = "".join(text.split())[:LENGTH_MAX]
    tron = _TRON_HEX.fullmatch(bare)
    if tron:
        return base58.encode_check(bytes.fromhex(tron.group(1)))
    evm = _EVM.fullmatch(bare)
    if evm:
        return f"0x{evm.group(1).lower()}"
    lower = bare.lower()
    if _BECH32.fullmatch(lower):
        return lower
    cash = _CASHADDR.fullmatch(lower)
    if cash:
        return cash.group(1)
    return bare

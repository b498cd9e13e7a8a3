"""Recognise addresses of other chains, so that a refusal can name the chain.

Shapes only, no checksums: used for texts that have already been found not to be ours.
"""

import re
from typing import Final

_BASE58: Final = "[1-9A-HJ-NP-Za-km-z]"

_SHAPES: Final = tuple(
    (network, re.compile(pattern))
    for network, pattern in (
        ("Bitcoin", rf"(bc1|BC1|tb1|bcrt1)[0-9A-Za-z]{{20,87}}|[13]{_BASE58}{{25,34}}"),
        ("Litecoin", rf"(ltc1|LTC1|rltc1|tltc1)[0-9A-Za-z]{{20,87}}|[LM]{_BASE58}{{25,33}}"),
        ("Bitcoin Cash", r"(bitcoincash|bchtest):[qpzQPZ][0-9A-Za-z]{38,60}"),
        ("Tron", rf"T{_BASE58}{{33}}"),
        ("Dogecoin", rf"[DA9]{_BASE58}{{33}}"),
        ("XRP Ledger", rf"r{_BASE58}{{24,34}}"),
        ("TON", r"(EQ|UQ|kQ|0Q)[0-9A-Za-z_+/-]{46}|(0|-1):[0-9a-fA-F]{64}"),
        ("Monero", rf"[48]{_BASE58}{{94,105}}"),
        ("Cardano", r"(addr1|addr_test1)[0-9a-z]{50,120}"),
        ("Cosmos", r"(cosmos1|osmo1)[0-9a-z]{38,58}"),
        ("Solana", rf"{_BASE58}{{43,44}}"),
    )
)


def network_of(text: str) -> str | None:
    """The chain that a text looks like an address of, or None."""
    return next((network for network, shape in _SHAPES if shape.fullmatch(text)), None)

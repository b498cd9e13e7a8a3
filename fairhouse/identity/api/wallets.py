"""Wallets: asking one to sign a message of ours, and whose signature it is."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fairhouse.identity.codecs import wallets as codec
from fairhouse.identity.codecs.passkeys import Site
from fairhouse.identity.codecs.wallets import Chain, Expected, MessageRefused, SignIn
from fairhouse.identity.engine.challenges import (
    CHALLENGE_LIFE,
    Answerable,
    Question,
    ask,
    refused,
    stale,
    take,
)
from fairhouse.identity.ports import WaysOffered
from fairhouse.identity.types import (
    BrandTerms,
    CredentialKind,
    Proven,
    Purpose,
    Session,
    WayUnavailable,
)
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx

NONCE_CHARS: Final = 24
_ALPHABET: Final = string.ascii_letters + string.digits
SOLANA_CHAIN: Final = "mainnet"
CHAINS: Final[Mapping[CredentialKind, Chain]] = {
    CredentialKind.ETHEREUM: Chain.ETHEREUM,
    CredentialKind.SOLANA: Chain.SOLANA,
}
SIGNATURE_BYTES_MAX: Final = 8_192
"""Contract wallets collect signatures of several owners."""


@dataclass(frozen=True, slots=True)
class WalletQuestion:
    """The text to sign, and the token that the signature comes back with."""

    challenge: str
    message: str


def wallet_kind(text: str) -> CredentialKind:
    """Refuses with Malformed (kind)."""
    if text not in {kind.value for kind in CHAINS}:
        raise Malformed(f"kind must be one of {', '.join(CHAINS)}.", param="kind")
    return CredentialKind(text)


def _check_offered(offered: WaysOffered, kind: CredentialKind) -> None:
    if kind not in offered.wallets:
        raise WayUnavailable("kind: this brand does not offer that wallet.", param="kind")


def _clean_address(kind: CredentialKind, address: str) -> str:
    """In its one spelling; wallets tell Ethereum's in small letters, without the checksum."""
    if kind is CredentialKind.ETHEREUM:
        address = codec.with_checksum(address)
    is_right = (
        codec.is_ethereum_address(address)
        if kind is CredentialKind.ETHEREUM
        else codec.is_solana_address(address)
    )
    if not is_right:
        raise Malformed(
            "address must be a wallet's whole address, on Ethereum with its checksum.",
            param="address",
        )
    return address


async def ask_wallet(
    tx: Tx,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    site: Site,
    offered: WaysOffered,
    kind: CredentialKind,
    address: str,
    chain_id: int | None,
    purpose: Purpose,
    session: Session | None,
) -> WalletQuestion:
    """The message for this wallet. Refuses with Malformed (address, chain_id) and
    WayUnavailable."""
    # CHECK
    _check_offered(offered, kind)
    address = _clean_address(kind, address)
    chain = _chain_id(offered, kind, chain_id)
    # DECIDE
    origin = min(site.origins)
    message = SignIn(
        chain=CHAINS[kind],
        domain=origin.partition("://")[2],
        address=address,
        uri=origin,
        chain_id=chain,
        nonce="".join(secrets.choice(_ALPHABET) for _ in range(NONCE_CHARS)),
        issued_at=tx.now,
        statement=f"Prove to {site.name} that this wallet is yours. This costs nothing.",
        expires_at=tx.now + CHALLENGE_LIFE,
    )
    # RECORD
    content = {
        "nonce": message.nonce,
        "address": address,
        "chain_id": chain,
        "domain": message.domain,
        "at": tx.now.isoformat(),
    }
    question = Question(kind, purpose, content, brand.id, session)
    return WalletQuestion(await ask(tx, sealer, question), codec.write(message))


def _chain_id(offered: WaysOffered, kind: CredentialKind, chain_id: int | None) -> str:
    if kind is CredentialKind.SOLANA:
        return SOLANA_CHAIN
    wanted = min(offered.chain_ids) if chain_id is None else chain_id
    if wanted not in offered.chain_ids:
        raise Malformed(
            f"chain_id must be one of {', '.join(map(str, sorted(offered.chain_ids)))}.",
            param="chain_id",
        )
    return str(wanted)


async def prove_wallet(
    db: Database,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    site: Site,
    offered: WaysOffered,
    kind: CredentialKind,
    purpose: Purpose,
    session: Session | None,
    challenge: str,
    message: str,
    signature: bytes,
) -> Proven:
    """Whose wallet signed. A contract's signature is judged by the contract, where a node answers.

    The message may be the wallet's own spelling of ours; every field must be what was asked.
    Refuses with AssertionRefused and WayUnavailable; the question is used up either way.
    """
    # CHECK
    _check_offered(offered, kind)
    async with db.tx() as tx:
        asked = await take(
            tx,
            sealer,
            token=challenge,
            purpose=purpose,
            brand_id=brand.id,
            kind=kind,
            session=session,
        )
    if asked is None:
        raise stale()
    read = _read(asked, message, site, CHAINS[kind], db.now())
    if len(signature) > SIGNATURE_BYTES_MAX:
        raise refused("signature", "signature is too long.")
    # DECIDE
    label = f"{read.address[:6]}…{read.address[-4:]}"
    if kind is CredentialKind.SOLANA:
        if not codec.signed_by_solana(message, signature, read.address):
            raise refused("signature", "The signature is not this wallet's.")
        return Proven(kind, read.address, label)
    if codec.recovers_to(message, signature, read.address):
        return Proven(kind, read.address, label)
    await _ask_contract(offered, read, message, signature)
    # The same address on another chain may be somebody else's contract.
    return Proven(kind, read.address, label, provider=f"eip155:{read.chain_id}")


def _read(asked: Answerable, message: str, site: Site, chain: Chain, now: datetime) -> SignIn:
    content = asked.content
    expected = Expected(
        domain=content["domain"],
        origins=site.origins,
        nonce=content["nonce"],
        chain_ids=frozenset({content["chain_id"]}),
        address=content["address"],
        asked_at=datetime.fromisoformat(content["at"]),
    )
    try:
        read = codec.parse(message, chain)
        codec.check(read, expected, now=now)
    except MessageRefused as error:
        raise refused(error.reason, f"The signed message is refused: {error}") from error
    return read


async def _ask_contract(offered: WaysOffered, read: SignIn, message: str, signature: bytes) -> None:
    """Refuses with AssertionRefused, and with WayUnavailable when nobody can be asked."""
    verdict = None
    if offered.contracts is not None:
        verdict = await offered.contracts.is_valid(
            chain_id=int(read.chain_id),
            address=read.address,
            digest=codec.digest_191(message),
            signature=signature,
        )
    if verdict is None:
        raise WayUnavailable(
            "signature: it is not the address's own; whether a contract signed cannot be checked "
            "now, for no node of this chain answers.",
            param="signature",
        )
    if not verdict:
        raise refused("signature", "The signature is not this wallet's.")

"""Wallets and Telegram."""

import base64
import binascii

from fastapi import APIRouter, Request, Response

from fairhouse.identity import api
from fairhouse.identity.http.deps import IdentityDeps
from fairhouse.identity.http.proving import session_for, site_of, use
from fairhouse.identity.http.wire import (
    EntranceView,
    TelegramLaunch,
    TelegramWidget,
    WalletAnswer,
    WalletAsk,
    WalletQuestionView,
)
from fairhouse.identity.types import CredentialKind, Purpose
from fairhouse.kernel.refusals import Malformed


def routes(deps: IdentityDeps) -> APIRouter:
    """Signing in with a wallet, and with Telegram."""
    router = APIRouter()
    router.include_router(_wallets(deps))
    router.include_router(_telegram(deps))
    return router


def _wallets(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate = deps.gate

    @router.post("/v1/wallets/message")
    async def message(body: WalletAsk, request: Request) -> WalletQuestionView:
        """The message that this wallet is to sign; it works once, for five minutes."""
        purpose = Purpose(body.purpose)
        session = await session_for(deps, request, purpose)
        brand = gate.brand(request)
        async with deps.db.tx() as tx:
            question = await api.ask_wallet(
                tx,
                sealer=deps.sealer,
                brand=brand,
                site=site_of(deps, request),
                offered=deps.ways_of(brand.id),
                kind=api.wallet_kind(body.kind),
                address=body.address,
                chain_id=body.chain_id,
                purpose=purpose,
                session=session,
            )
        return WalletQuestionView(challenge=question.challenge, message=question.message)

    @router.post("/v1/wallets")
    async def answer(body: WalletAnswer, request: Request, response: Response) -> EntranceView:
        """The signed message: logs in, links the wallet, or is a fresh step-up."""
        purpose = Purpose(body.purpose)
        session = await session_for(deps, request, purpose)
        brand, kind = gate.brand(request), api.wallet_kind(body.kind)
        proven = await api.prove_wallet(
            deps.db,
            sealer=deps.sealer,
            brand=brand,
            site=site_of(deps, request),
            offered=deps.ways_of(brand.id),
            kind=kind,
            purpose=purpose,
            session=session,
            challenge=body.challenge,
            message=body.message,
            signature=_signature(kind, body.signature),
        )
        return await use(deps, request, response, proven, session, purpose, with_token=body.token)

    return router


def _signature(kind: CredentialKind, text: str) -> bytes:
    """Refuses with Malformed (signature)."""
    try:
        if kind is CredentialKind.ETHEREUM:
            return bytes.fromhex(text.removeprefix("0x"))
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Malformed(
            "signature must be hex (Ethereum) or base64 (Solana).", param="signature"
        ) from error


def _telegram(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()

    async def let(
        request: Request,
        response: Response,
        assertion: dict[str, str] | str,
        purpose: Purpose,
        *,
        with_token: bool,
    ) -> EntranceView:
        session = await session_for(deps, request, purpose)
        offered = deps.ways_of(deps.gate.brand(request).id)
        proven = await api.prove_telegram(deps.db, offered=offered, assertion=assertion)
        return await use(deps, request, response, proven, session, purpose, with_token=with_token)

    @router.post("/v1/telegram")
    async def widget(body: TelegramWidget, request: Request, response: Response) -> EntranceView:
        """The login widget's fields as they came; good once, for ten minutes."""
        purpose = Purpose(body.purpose)
        return await let(request, response, body.fields, purpose, with_token=body.token)

    @router.post("/v1/telegram/mini-app")
    async def launch(body: TelegramLaunch, request: Request, response: Response) -> EntranceView:
        """A Mini App's `initData` as it came; good once, for an hour."""
        purpose = Purpose(body.purpose)
        return await let(request, response, body.init_data, purpose, with_token=body.token)

    return router

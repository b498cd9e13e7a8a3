"""Signatures of webhooks and requests against their vendors' published examples."""

import json
from pathlib import Path
from typing import Any

import pytest

from fairhouse.kyc.codecs import signatures
from fairhouse.kyc.types import WebhookRefused

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "webhooks" / "signatures.json").read_text()
)
ALL = [*VECTORS["provider_published"], *VECTORS["self_generated"]]


def of(provider: str, kind: str) -> list[dict[str, Any]]:
    return [one for one in ALL if (one["provider"], one["kind"]) == (provider, kind)]


def check(vector: dict[str, Any], body: bytes) -> None:
    """The vector's signature over a body."""
    headers = vector.get("headers", {})
    secret = vector.get("secret", "").encode()
    match vector["provider"]:
        case "onfido":
            signatures.check_onfido(body, signature=vector["expected"], token=secret)
        case "sumsub":
            signatures.check_sumsub(
                body,
                digest=headers["X-Payload-Digest"],
                algorithm=headers["X-Payload-Digest-Alg"],
                secret=secret,
            )
        case "veriff":
            signatures.check_veriff(
                body,
                signature=headers["x-hmac-signature"],
                client=headers["x-auth-client"],
                key="API-KEY",
                secret=secret,
            )
        case "elliptic":
            signatures.check_elliptic(
                body,
                id_=headers["webhook-id"],
                timestamp=headers["webhook-timestamp"],
                signatures=headers["webhook-signature"],
                public_key=vector["public_key"],
                now_s=1_767_225_600,
            )
        case other:
            raise AssertionError(other)


WEBHOOKS = [
    one for name in ("onfido", "sumsub", "veriff", "elliptic") for one in of(name, "webhook")
]


@pytest.mark.parametrize("vector", WEBHOOKS, ids=lambda one: one["provider"])
def test_a_webhook_is_believed_as_it_came_and_not_otherwise(vector: dict[str, Any]):
    body = vector["body"].encode()
    check(vector, body)
    with pytest.raises(WebhookRefused):
        check(vector, body[:-2] + bytes([body[-2] ^ 1]) + body[-1:])
    with pytest.raises(WebhookRefused):
        check(vector, json.dumps(json.loads(body), indent=1).encode())
    with pytest.raises(WebhookRefused):
        check(vector, b"")


def test_all_of_sumsub_s_algorithms_are_among_the_vectors():
    named = {one["headers"]["X-Payload-Digest-Alg"] for one in of("sumsub", "webhook")}
    assert set(signatures.SUMSUB_ALGORITHMS) == named


@pytest.mark.parametrize("algorithm", ["", "HMAC_MD5_HEX", "none", "hmac_sha256_hex"])
def test_an_unknown_algorithm_is_refused(algorithm: str):
    (*_, vector) = of("sumsub", "webhook")
    with pytest.raises(WebhookRefused):
        signatures.check_sumsub(
            vector["body"].encode(),
            digest=vector["headers"]["X-Payload-Digest"],
            algorithm=algorithm,
            secret=vector["secret"].encode(),
        )


def test_a_missing_secret_is_a_refusal():
    with pytest.raises(WebhookRefused):
        signatures.check_hex(b"x", "", b"", "sha256")


def test_an_old_webhook_is_refused():
    (vector,) = of("elliptic", "webhook")
    headers = vector["headers"]
    for now_s in (1_767_225_600 + 301, 1_767_225_600 - 301):
        with pytest.raises(WebhookRefused):
            signatures.check_elliptic(
                vector["body"].encode(),
                id_=headers["webhook-id"],
                timestamp=headers["webhook-timestamp"],
                signatures=headers["webhook-signature"],
                public_key=vector["public_key"],
                now_s=now_s,
            )


def test_a_webhook_of_another_client_is_refused():
    (vector,) = of("veriff", "webhook")
    with pytest.raises(WebhookRefused):
        signatures.check_veriff(
            vector["body"].encode(),
            signature=vector["headers"]["x-hmac-signature"],
            client="SOMEBODY",
            key="API-KEY",
            secret=vector["secret"].encode(),
        )


def test_requests_are_signed_as_published():
    (sumsub,) = of("sumsub", "request")
    assert sumsub["expected"] == signatures.sign_sumsub(
        sumsub["secret"].encode(),
        timestamp=sumsub["ts"],
        method=sumsub["method"],
        path=sumsub["path"],
        body=sumsub["body"].encode(),
    )
    (elliptic,) = of("elliptic", "request")
    assert elliptic["expected"] == signatures.sign_elliptic(
        elliptic["secret"],
        timestamp=elliptic["ts"],
        method=elliptic["method"],
        path=elliptic["path"],
        body=elliptic["body"].encode(),
    )

"""Signatures of webhooks and requests, as their vendors document them.

All compare in constant time, over the bytes as they came, before anything is parsed; an unknown
algorithm and a missing secret are refusals. Vectors: tests/vectors/webhooks/signatures.json.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairhouse.kyc.types import WebhookRefused

SUMSUB_ALGORITHMS: Final = {
    "HMAC_SHA1_HEX": "sha1",
    "HMAC_SHA256_HEX": "sha256",
    "HMAC_SHA512_HEX": "sha512",
}
TOLERANCE_S: Final = 300


def check_hex(body: bytes, given: str, secret: bytes, algorithm: str) -> None:
    """An HMAC of the body in hex. Refuses with WebhookRefused."""
    if not secret:
        raise WebhookRefused("No secret is configured for this webhook.")
    expected = hmac.new(secret, body, algorithm).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.strip().lower().encode()):
        raise WebhookRefused("The signature does not fit the body.")


def check_sumsub(body: bytes, *, digest: str, algorithm: str, secret: bytes) -> None:
    """`X-Payload-Digest` under the algorithm of `X-Payload-Digest-Alg`."""
    name = SUMSUB_ALGORITHMS.get(algorithm)
    if name is None:
        raise WebhookRefused("The signature's algorithm is unknown.")
    check_hex(body, digest, secret, name)


def check_onfido(body: bytes, *, signature: str, token: bytes) -> None:
    """`X-SHA2-Signature`."""
    check_hex(body, signature, token, "sha256")


def check_veriff(body: bytes, *, signature: str, client: str, key: str, secret: bytes) -> None:
    """`x-hmac-signature` beside `x-auth-client`, which has to be our key."""
    if not key or not hmac.compare_digest(client.encode(), key.encode()):
        raise WebhookRefused("The webhook is for another client.")
    check_hex(body, signature, secret, "sha256")


def check_elliptic(
    body: bytes, *, id_: str, timestamp: str, signatures: str, public_key: str, now_s: int
) -> None:
    """Standard Webhooks with Ed25519: `id.timestamp.body`, at most five minutes old."""
    if not timestamp.isdigit() or abs(now_s - int(timestamp)) > TOLERANCE_S:
        raise WebhookRefused("The webhook is too old, or from the future.")
    try:
        raw = base64.b64decode(public_key.removeprefix("whpk_"), validate=True)
        key = Ed25519PublicKey.from_public_bytes(raw)
    except (binascii.Error, ValueError) as error:
        raise WebhookRefused("No public key is configured for this webhook.") from error
    text = f"{id_}.{timestamp}.".encode() + body
    for part in signatures.split(" "):
        version, _, encoded = part.partition(",")
        if version == "v1a" and _is_signed(key, encoded, text):
            return
    raise WebhookRefused("The signature does not fit the body.")


def _is_signed(key: Ed25519PublicKey, encoded: str, text: bytes) -> bool:
    try:
        key.verify(base64.b64decode(encoded, validate=True), text)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def sign_sumsub(secret: bytes, *, timestamp: str, method: str, path: str, body: bytes) -> str:
    """`X-App-Access-Sig` of a request; `path` with its query."""
    text = timestamp.encode() + method.upper().encode() + path.encode() + body
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


def sign_elliptic(secret: str, *, timestamp: str, method: str, path: str, body: bytes) -> str:
    """`x-access-sign` of a request; the body as it is sent, `{}` where there is none."""
    text = timestamp.encode() + method.upper().encode() + path.lower().encode() + (body or b"{}")
    key = base64.b64decode(secret)
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()

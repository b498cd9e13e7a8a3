"""An approver's own key, and the signature that a large withdrawal needs.

It covers what is paid to whom, not nonce and fee: a higher fee needs no second approval.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhouse.chains.codecs.orders import Intent, approval_message
from signer.keystore import KeystoreError


def create_approver_key(path: Path) -> Ed25519PrivateKey:
    """A fresh key as hex in a new file of mode 0600. Raises FileExistsError."""
    seed = os.urandom(32)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(seed.hex() + "\n")
    return Ed25519PrivateKey.from_private_bytes(seed)


def read_approver_key(path: Path) -> Ed25519PrivateKey:
    """Raises KeystoreError when others may read the file or it holds no key."""
    if path.stat().st_mode & 0o077:
        raise KeystoreError(f"{path} can be read by others; chmod 600 it")
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
    except ValueError as error:
        raise KeystoreError(f"{path} holds no key") from error


def approve(
    key: Ed25519PrivateKey, name: str, intent: Intent, expires_at: int
) -> dict[str, str | int]:
    """What the treasurer hands to the platform (`custody.api.approve`)."""
    signature = key.sign(approval_message(intent, expires_at))
    return {"approver": name, "expires_at": expires_at, "signature": signature.hex()}

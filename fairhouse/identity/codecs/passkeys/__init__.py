"""WebAuthn (W3C, level 3): what an authenticator is asked, and whether its answer is one.

Discoverable credentials with user verification only, so that a passkey is two factors in one. No
attestation is asked for: which maker's device it is does not matter to us.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

TIMEOUT_MS: Final = 120_000
ID_BYTES_MAX: Final = 1_023
TRANSPORTS: Final = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})

Json = Mapping[str, Any]


class PasskeyRefused(Exception):
    """The answer proves nothing."""


@dataclass(frozen=True, slots=True)
class Site:
    """Whose pages ask: credentials are bound to it by the browser."""

    rp_id: str
    """The domain of the brand."""
    name: str
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class Created:
    """A new credential."""

    raw_id: bytes
    public_key: bytes
    sign_count: int
    is_backed_up: bool
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asserted:
    """An answer that a known credential signed."""

    sign_count: int
    is_backed_up: bool


def creation_options(
    site: Site, *, challenge: bytes, user_handle: bytes, user_name: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """For `navigator.credentials.create`; `known` are ids that the account has already."""
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.name,
        user_id=user_handle,
        user_name=user_name,
        user_display_name=user_name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=raw_id) for raw_id in known],
    )
    return json.loads(options_to_json(options))


def request_options(site: Site, *, challenge: bytes, allowed: Sequence[bytes]) -> dict[str, Any]:
    """For `navigator.credentials.get`; without `allowed` the person chooses."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=raw_id) for raw_id in allowed],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return json.loads(options_to_json(options))


def read_created(credential: Json, *, site: Site, challenge: bytes) -> Created:
    """The new credential, once origin, domain, challenge and user verification are right.

    Raises PasskeyRefused.
    """
    try:
        found = verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=sorted(site.origins),
            require_user_verification=True,
        )
    except Exception as error:
        raise _refused(error) from error
    if len(found.credential_id) > ID_BYTES_MAX:
        raise PasskeyRefused("the credential's id is too long")
    return Created(
        raw_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        is_backed_up=found.credential_backed_up,
        transports=_transports(credential),
    )


def _transports(credential: Json) -> tuple[str, ...]:
    named = _response(credential).get("transports")
    if not isinstance(named, list):
        return ()
    return tuple(sorted({str(one) for one in cast("list[object]", named)} & TRANSPORTS))


def _response(credential: Json) -> Json:
    found: object = credential.get("response")
    return cast("Json", found) if isinstance(found, dict) else {}


def raw_id_of(credential: Json) -> bytes:
    """Which credential says that it answers. Raises PasskeyRefused."""
    found = credential.get("id")
    if not isinstance(found, str) or not 1 <= len(found) <= 2 * ID_BYTES_MAX:
        raise PasskeyRefused("the credential has no id")
    try:
        return base64url_to_bytes(found)
    except ValueError as error:
        raise PasskeyRefused("the credential's id is malformed") from error


def user_handle_of(credential: Json) -> bytes | None:
    """Whose it says it is; authenticators leave it out where ids were named."""
    found = _response(credential).get("userHandle")
    if not isinstance(found, str) or not found:
        return None
    try:
        return base64url_to_bytes(found)
    except ValueError as error:
        raise PasskeyRefused("the user handle is malformed") from error


def read_asserted(credential: Json, *, site: Site, challenge: bytes, public_key: bytes) -> Asserted:
    """What the credential signed; the caller compares the counter. Raises PasskeyRefused."""
    try:
        found = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=sorted(site.origins),
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:
        raise _refused(error) from error
    return Asserted(sign_count=found.new_sign_count, is_backed_up=found.credential_backed_up)


def _refused(error: Exception) -> PasskeyRefused:
    """The library names what is wrong; anything else is malformed input that it stumbled over."""
    known = isinstance(error, WebAuthnException)
    return PasskeyRefused(str(error) if known else "the answer is malformed")


def counter_runs_on(*, before: int, now: int) -> bool:
    """A counter that stands still or runs back is a copy's; 0 throughout means it has none."""
    return now > before or (now == 0 and before == 0)

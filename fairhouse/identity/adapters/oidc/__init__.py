"""Logging in at an issuer: OpenID Connect's code flow with PKCE, and OAuth 2 with a profile.

OpenID Connect Core 1.0 and Discovery 1.0; RFC 6749 and 7636 (PKCE, S256).
The id token is verified against the issuer's published keys: only asymmetric algorithms that we
name, never `none` and never HMAC, whatever its header says; issuer, audience, nonce and times must
be right. Keys are kept for an hour and fetched anew when a token names one that is not there, at
most once a minute.
"""

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from fairhouse.identity.types import AssertionRefused, CredentialKind, Proven, WayUnavailable

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
KEYS_LIFE_S: Final = 3_600.0
KEYS_AGAIN_S: Final = 60.0
LEEWAY_S: Final = 60
TIMEOUT_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 256 * 1024
SUBJECT_CHARS_MAX: Final = 255
_log = structlog.get_logger("identity")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Issuer:
    """One client registration at one issuer."""

    name: str
    """As in our routes: "google"."""
    label: str
    client_id: str
    client_secret: str = field(repr=False)
    issuer: str
    """With OpenID Connect its discovery document is below this URL."""
    scopes: str = "openid email profile"
    is_email_trusted: bool = True
    """Whether its word that an address was verified is taken."""
    profile: "Profile | None" = None
    """Set for OAuth 2 without id tokens."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Endpoints of an OAuth 2 server that tells who it is by a profile."""

    authorize_url: str
    token_url: str
    profile_url: str


def discord(client_id: str, client_secret: str) -> Issuer:
    """Discord's, as its documentation gives it."""
    return Issuer(
        name="discord",
        label="Discord",
        client_id=client_id,
        client_secret=client_secret,
        issuer="https://discord.com",
        scopes="identify email",
        profile=Profile(
            authorize_url="https://discord.com/oauth2/authorize",
            token_url="https://discord.com/api/oauth2/token",  # noqa: S106 - an address
            profile_url="https://discord.com/api/users/@me",
        ),
    )


@dataclass(slots=True)
class _Keys:
    keys: KeySet
    at_s: float


class OidcProvider:
    """An issuer as a way in. Its documents are fetched when they are first needed."""

    def __init__(
        self,
        issuer: Issuer,
        *,
        http: httpx.AsyncClient | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False)
        self._monotonic_s = monotonic_s
        self._unix_s = unix_s
        self._document: Json | None = None
        self._keys: _Keys | None = None

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def begin(self, *, state: str, nonce: str, verifier: str, redirect_uri: str) -> str:
        """Where to send the browser. Refuses with WayUnavailable."""
        issuer = self._issuer
        endpoint = (
            issuer.profile.authorize_url
            if issuer.profile
            else str((await self._discovered())["authorization_endpoint"])
        )
        asked = {
            "response_type": "code",
            "client_id": issuer.client_id,
            "redirect_uri": redirect_uri,
            "scope": issuer.scopes,
            "state": state,
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        }
        if issuer.profile is None:
            asked["nonce"] = nonce
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    async def finish(self, *, code: str, nonce: str, verifier: str, redirect_uri: str) -> Proven:
        """Who it was. Refuses with AssertionRefused and WayUnavailable."""
        profile = self._issuer.profile
        endpoint = (
            profile.token_url if profile else str((await self._discovered())["token_endpoint"])
        )
        tokens = await self._post(
            endpoint,
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "client_id": self._issuer.client_id,
                "client_secret": self._issuer.client_secret,
                "code_verifier": verifier,
            },
        )
        if profile is not None:
            return self._proven(await self._profile(profile, tokens), "id", "verified")
        claims = await self.claims_of(str(tokens.get("id_token", "")), nonce=nonce)
        return self._proven(claims, "sub", "email_verified")

    async def claims_of(self, id_token: str, *, nonce: str) -> Json:
        """What a right id token says. Refuses with AssertionRefused and WayUnavailable."""
        document = await self._discovered()
        keys = await self._key_set(document)
        try:
            claims = self._decoded(id_token, keys)
        except (JoseError, ValueError) as first:
            # The issuer may have new keys since we last asked.
            fresh = await self._key_set(document, is_stale=True)
            if fresh is keys:
                raise _refused("id_token", first) from first
            try:
                claims = self._decoded(id_token, fresh)
            except (JoseError, ValueError) as error:
                raise _refused("id_token", error) from error
        self._check(claims, nonce)
        return claims

    def _decoded(self, id_token: str, keys: KeySet) -> Json:
        return jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims

    def _check(self, claims: Json, nonce: str) -> None:
        issuer = self._issuer
        registry = jwt.JWTClaimsRegistry(
            now=int(self._unix_s()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(dict(claims))
        except (JoseError, ValueError) as error:
            raise _refused("claims", error) from error
        several = isinstance(claims["aud"], list) and len(cast("list[object]", claims["aud"])) > 1
        if (several or "azp" in claims) and claims.get("azp") != issuer.client_id:
            raise _refused("claims", ValueError("the token is for another client"))

    def _proven(self, claims: Json, subject_name: str, verified_name: str) -> Proven:
        subject = claims.get(subject_name)
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS_MAX:
            raise _refused("subject", ValueError("nobody is named"))
        email = claims.get("email")
        is_proven = self._issuer.is_email_trusted and claims.get(verified_name) is True
        is_address = isinstance(email, str) and 3 <= len(email) <= 320
        return Proven(
            kind=CredentialKind.OIDC,
            external=subject,
            label=str(email) if is_address else self._issuer.label,
            provider=self._issuer.name,
            email=str(email) if is_proven and is_address else None,
        )

    async def _discovered(self) -> Json:
        if self._document is None:
            url = self._issuer.issuer.rstrip("/") + "/.well-known/openid-configuration"
            document = await self._get(url)
            if document.get("issuer") != self._issuer.issuer:
                raise self._unavailable("its discovery document is another issuer's")
            self._document = document
        return self._document

    async def _key_set(self, document: Json, *, is_stale: bool = False) -> KeySet:
        now_s, known = self._monotonic_s(), self._keys
        life_s = KEYS_AGAIN_S if is_stale else KEYS_LIFE_S
        if known is not None and now_s - known.at_s < life_s:
            return known.keys
        found = await self._get(str(document["jwks_uri"]))
        try:
            # A symmetric key among them would let whoever reads this document sign.
            public = [key for key in found["keys"] if key.get("kty") in {"RSA", "EC", "OKP"}]
            keys = KeySet.import_key_set({"keys": public})
        except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._unavailable("its keys cannot be read") from error
        self._keys = _Keys(keys, now_s)
        return keys

    async def _profile(self, profile: Profile, tokens: Json) -> Json:
        token = tokens.get("access_token")
        if not isinstance(token, str):
            raise _refused("code", ValueError("there is no access token"))
        return await self._get(profile.profile_url, {"authorization": f"Bearer {token}"})

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Json:
        return await self._answer(self._http.build_request("GET", url, headers=headers))

    async def _post(self, url: str, data: Mapping[str, str]) -> Json:
        request = self._http.build_request(
            "POST", url, data=data, headers={"accept": "application/json"}
        )
        return await self._answer(request)

    async def _answer(self, request: httpx.Request) -> Json:
        try:
            answer = await self._http.send(request)
            found: object = answer.json() if len(answer.content) <= ANSWER_BYTES_MAX else None
        except (httpx.HTTPError, ValueError) as error:
            raise self._unavailable("it does not answer") from error
        if answer.status_code in {400, 401} and request.method == "POST":
            raise _refused("code", ValueError("the issuer refuses the code"))
        if answer.status_code != 200 or not isinstance(found, dict):
            raise self._unavailable(f"it answers {answer.status_code}")
        return cast("Json", found)

    def _unavailable(self, why: str) -> WayUnavailable:
        _log.warning("an identity provider fails", provider=self._issuer.name, why=why)
        return WayUnavailable(f"{self._issuer.label} cannot be asked now; use another way in.")


def s256(verifier: str) -> str:
    """The code challenge of RFC 7636."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _refused(reason: str, error: Exception) -> AssertionRefused:
    _log.info("an issuer's answer is refused", reason=reason, error=str(error)[:200])
    return AssertionRefused(
        "The provider's answer is refused; log in there again.", param="code", reason=reason
    )

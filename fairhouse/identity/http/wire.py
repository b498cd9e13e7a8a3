"""Identity's shapes on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)


def _only_text(value: object) -> object:
    """Without this a number would be read as Unix seconds."""
    if not isinstance(value, str):
        raise ValueError("give a date as text, like 1990-12-31")
    return value


Text = Annotated[str, StringConstraints(strict=True, max_length=320)]
Secret = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1024)]
Code = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=128)]
Day = Annotated[date, BeforeValidator(_only_text)]
Language = Annotated[str, StringConstraints(strict=True, max_length=8)]


class Asked(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is told."""

    model_config = ConfigDict(extra="forbid")


class GuestRequest(Asked):
    language: Language = "en"
    token: StrictBool = False


class RegisterRequest(Asked):
    email: Text
    password: Secret | None = None
    ticket: Secret | None = Field(default=None, description="Of another way in, not a password")
    username: Text
    birth_date: Day
    terms_version: Text
    language: Language = "en"
    referral: Text | None = None


class ResendRequest(Asked):
    registration: Text


class ConfirmRequest(Asked):
    registration: Text
    code: Code
    username: Text | None = Field(default=None, description="Replaces a name taken meanwhile")
    token: StrictBool = Field(default=False, description="Answer with a bearer token, no cookie")


class LoginRequest(Asked):
    email: Text
    password: Secret
    totp: Code | None = Field(default=None, description="Authenticator or recovery code")
    token: StrictBool = Field(default=False, description="Answer with a bearer token, no cookie")


class TermsRequest(Asked):
    terms_version: Text


class LanguageRequest(Asked):
    language: Language


class ForgotRequest(Asked):
    email: Text


class ResetRequest(Asked):
    code: Code
    password: Secret
    totp: Code | None = None


class PasswordRequest(Asked):
    current: Secret
    password: Secret


class EmailRequest(Asked):
    email: Text
    password: Secret | None = Field(
        default=None, description="Of accounts that have one; others need a fresh step-up"
    )


class CodeRequest(Asked):
    code: Code


class StepUpRequest(Asked):
    code: Code | None = None
    password: Secret | None = None


class BalanceView(BaseModel):
    """Amounts are decimal strings of the currency."""

    currency: str
    available: str
    held: str
    locked: str
    value: str | None = None
    """In the brand's reference currency."""


class PlayerView(BaseModel):
    id: str
    kind: str
    username: str | None
    email: str | None
    language: str
    terms_version: str | None
    terms_current: bool
    """False: the terms changed; show them and POST /v1/terms/accept."""
    totp_enabled: bool
    withdrawals_held_until: datetime | None
    created_at: datetime
    closed_at: datetime | None = None
    """Closed to play and deposits; money can be taken out."""


class SessionView(BaseModel):
    player: PlayerView | None
    session_id: str | None = None
    csrf_token: str | None = None
    balances: list[BalanceView] = Field(default_factory=list[BalanceView])
    step_up_until: datetime | None = None
    last_login_at: datetime | None = None
    """The login before this one."""
    expires_at: datetime | None = None
    unread: int = 0


class LoginView(SessionView):
    token: str | None = None
    """Only when asked for; told once."""


class RegisteringView(BaseModel):
    registration: str
    expires_at: datetime


class DeviceView(BaseModel):
    id: str
    device: str
    network: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class DevicesView(BaseModel):
    sessions: list[DeviceView]


class HoldView(BaseModel):
    withdrawals_held_until: datetime | None


class EnrolmentView(BaseModel):
    secret: str
    uri: str
    qr_svg: str


class RecoveryView(BaseModel):
    recovery_codes: list[str]
    withdrawals_held_until: datetime | None


class StepUpView(BaseModel):
    step_up_until: datetime


class WayView(BaseModel):
    id: str
    kind: str
    provider: str
    """Which issuer or chain, where there are several."""
    label: str
    created_at: datetime
    last_used_at: datetime | None
    backed_up: bool | None
    """Of passkeys: whether a copy is kept by its maker's cloud."""


class WaysView(BaseModel):
    """Everything that opens the account; the last one cannot be removed."""

    password: bool
    credentials: list[WayView]
    withdrawals_held_until: datetime | None


class LabelRequest(Asked):
    label: Text


class FirstPasswordRequest(Asked):
    password: Secret


class EntranceView(BaseModel):
    """What a proven way in leads to."""

    session: LoginView | None = None
    """Logged in."""
    next: str
    """"in", "second_factor" (POST /v1/login/code), "register" (POST /v1/register/open, or
    /v1/register with an e-mail address), "linked" or "stepped_up"."""
    ticket: str | None = None
    ticket_expires_at: datetime | None = None
    email: str | None = None
    """The proven address that the account would open with."""
    ways: WaysView | None = None
    """After linking."""
    step_up_until: datetime | None = None


class TicketCodeRequest(Asked):
    ticket: Secret
    totp: Code
    token: StrictBool = False


class OpenRequest(Asked):
    ticket: Secret
    username: Text
    birth_date: Day
    terms_version: Text
    language: Language = "en"
    referral: Text | None = None
    token: StrictBool = False


class OfferedView(BaseModel):
    """The ways in of this brand, for its sign-in screen."""

    password: bool = True
    passkeys: bool
    wallets: list[str]
    """"ethereum", "solana"."""
    oidc: list[str]
    """Names of providers."""
    telegram: str | None
    """The bot's number, for Telegram's own login page."""
    phone: bool
    anonymous: bool
    """Whether an account may be opened without an e-mail address."""


PurposeText = Literal["enter", "link", "step_up"]


class WalletAsk(Asked):
    kind: Text
    address: Text
    chain_id: Annotated[int, Field(strict=True, ge=1, lt=2**63)] | None = None
    purpose: PurposeText = "enter"


class WalletQuestionView(BaseModel):
    challenge: str
    message: str
    """To be signed as it is: `personal_sign`, or Solana's `signMessage`."""


class WalletAnswer(Asked):
    kind: Text
    challenge: Secret
    message: Annotated[str, StringConstraints(strict=True, max_length=4096)]
    signature: Annotated[str, StringConstraints(strict=True, max_length=16386)]
    """Ethereum: hex; Solana: base64."""
    purpose: PurposeText = "enter"
    token: StrictBool = False


class TelegramWidget(Asked):
    fields: Annotated[dict[str, Annotated[str, StringConstraints(max_length=1024)]], Len(0, 32)]
    purpose: PurposeText = "enter"
    token: StrictBool = False


class TelegramLaunch(Asked):
    init_data: Annotated[str, StringConstraints(strict=True, max_length=4096)]
    purpose: PurposeText = "enter"
    token: StrictBool = False


class PasskeyAsk(Asked):
    purpose: PurposeText = "enter"


class NewPasskeyAsk(Asked):
    name: Text = ""
    """What the browser shows beside the new passkey, before there is a username."""


class PasskeyQuestionView(BaseModel):
    challenge: str
    options: dict[str, Any]
    """For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`."""


class PasskeyAnswer(Asked):
    challenge: Secret
    credential: dict[str, Any]
    """`PublicKeyCredential.toJSON()`."""
    purpose: PurposeText = "enter"
    token: StrictBool = False


class NewPasskeyAnswer(Asked):
    challenge: Secret
    credential: dict[str, Any]
    label: Text | None = None


class ProviderAsk(Asked):
    purpose: PurposeText = "enter"


class ProviderView(BaseModel):
    url: str
    """Send the browser there; it comes back by itself."""


class PhoneAsk(Asked):
    phone: Text
    language: Language = "en"
    purpose: PurposeText = "enter"


class PhoneQuestionView(BaseModel):
    challenge: str
    expires_at: datetime


class PhoneAnswer(Asked):
    challenge: Secret
    code: Code
    purpose: PurposeText = "enter"
    token: StrictBool = False

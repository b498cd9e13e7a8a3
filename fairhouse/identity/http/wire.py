"""Identity's shapes on the wire."""

from datetime import date, datetime
from typing import Annotated

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
    password: Secret
    username: Text
    birth_date: Day
    terms_version: Text
    language: Language = "en"


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
    password: Secret


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

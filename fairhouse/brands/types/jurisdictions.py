"""The rules that a brand plays under, as data."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

JurisdictionCode = NewType("JurisdictionCode", str)


class FundsProtection(StrEnum):
    """How players' money fares if the house fails (UKGC's three levels)."""

    NONE = "none"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class PlayRules:
    """How fast games may be played (UKGC RTS 8A, 14C, 14D, 14E, 14G)."""

    cycle_ms: int = 0
    """Least time between the starts of two games of a player; 0: none is set."""
    slot_cycle_ms: int = 0
    """The same for slots."""
    autoplay: bool = True
    """Whether a client may start one game after another by itself."""
    turbo: bool = True
    """Whether a client may shorten what a game shows."""
    several_at_once: bool = True
    """Whether one player may play several games at the same time."""


class GameKind(StrEnum):
    """What a stake cap tells apart."""

    SLOT = "slot"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StakeCap:
    """The most that one game of a kind may be played for, by players of an age."""

    kind: GameKind
    value_max: int
    """Micro-units of the reference currency."""
    age_from: int = 0
    """Years; inclusive."""
    age_below: int | None = None
    """Years; None: without end."""


@dataclass(frozen=True, slots=True)
class KycRules:
    """When which verification is asked for.

    Tier 0 is what registration asks; tier 1 is identity (name, address, birth date, checked), tier
    2 address and enhanced checks, tier 3 source of funds and of wealth. Values are cumulative real
    money, micro-units of the reference currency; 0: before the first bet; None: by risk alone.
    """

    tier1_value: int | None = 2_000_000_000
    tier2_value: int | None = 10_000_000_000
    tier3_value: int | None = 50_000_000_000
    verified_before_play: bool = False
    """Nobody stakes or moves real money before tier 1 (ACC-02)."""
    withdrawal_tier: int = 0
    """What the first withdrawal asks, whatever its value."""
    deadline_days: int | None = None
    """From the first deposit to tier 1; then play and money stop (AML-03)."""
    wallet_control_value: int | None = None
    """From here on a player proves control of a wallet before it is used; 0: always."""
    anonymous: bool = False
    """Whether one may play for real money without telling a name, below tier 1."""
    demo_age_gated: bool = False
    """Whether play money, too, waits for a checked age."""
    refresh_months: int | None = None
    """How long a verification is believed."""
    vulnerability_value: int | None = None
    """Net deposits over `vulnerability_days` that ask for a financial check (RG-19)."""
    vulnerability_days: int = 30


class LimitName(StrEnum):
    """What a player's limit counts; the same words as protection's."""

    DEPOSIT = "deposit"
    LOSS = "loss"
    WAGER = "wager"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class LimitRules:
    """What a player may and must limit (RG-01 to RG-05)."""

    offered: tuple[LimitName, ...] = (
        LimitName.DEPOSIT,
        LimitName.LOSS,
        LimitName.WAGER,
        LimitName.SESSION,
    )
    asked: tuple[frozenset[LimitName], ...] = ()
    """Before the first deposit a player decides on at least one limit of each group."""
    opt_out: bool = True
    """Whether "none", confirmed, is a decision."""
    raise_delay_h: int = 24
    """Hours until a raised or removed limit may take effect."""
    raise_confirmed: bool = True
    """Whether it takes effect only when confirmed once more after the delay."""
    review_days: int | None = 183
    """How often players are reminded to look at their limits."""


@dataclass(frozen=True, slots=True)
class BreakTerm:
    """One length of a break or exclusion that players may choose."""

    code: str
    """As on the wire: "24h", "6m", "permanent"."""
    hours: int | None = None
    """For breaks."""
    months: int | None = None
    """For exclusions; None with no hours: for good."""


@dataclass(frozen=True, slots=True)
class ExclusionRules:
    """Breaks, exclusions and the way back (RG-08, RG-09, RG-11 to RG-13)."""

    breaks: tuple[BreakTerm, ...] = (
        BreakTerm("24h", hours=24),
        BreakTerm("7d", hours=7 * 24),
        BreakTerm("30d", hours=30 * 24),
        BreakTerm("6w", hours=42 * 24),
    )
    exclusions: tuple[BreakTerm, ...] = (
        BreakTerm("6m", months=6),
        BreakTerm("1y", months=12),
        BreakTerm("3y", months=36),
        BreakTerm("5y", months=60),
        BreakTerm("permanent"),
    )
    return_wait_h: int = 24
    """Hours between the positive request to come back and the re-admission."""
    readmitters: int = 2
    """How many different members of staff re-admit."""
    register: str | None = None
    """The national register that is asked at registration, login and before marketing; it fails
    closed."""
    wish_suspends_h: int = 24
    """How long any wording that reads as a wish to exclude suspends at once (RG-12)."""


@dataclass(frozen=True, slots=True)
class RealityCheckRules:
    """The interruption that tells time and result (RG-14)."""

    mandatory: bool = False
    """Whether a player may switch it off."""
    minutes_default: int | None = None
    """What holds until the player chooses; None: nothing."""
    minutes_min: int = 10
    minutes_max: int = 180


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long a login is believed (SES-02, SES-06)."""

    idle_minutes: int = 30
    """Without a request for so long, money and games ask to log in again."""
    full_login_days: int = 30
    """At the latest, a login with all credentials."""
    one_session: bool = False
    """Whether a new login ends the session on the other device."""


class NetworkKind(StrEnum):
    """What an address is used for, as public lists say: a signal, never a proof."""

    TOR = "tor"
    VPN = "vpn"
    PROXY = "proxy"
    HOSTING = "hosting"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class LocationRules:
    """Where players may be (FRD-02, FRD-03)."""

    allowed_countries: frozenset[str] = frozenset()
    """ISO 3166-1 alpha-2; empty: wherever is not excluded."""
    refused_networks: frozenset[NetworkKind] = frozenset()
    """Networks that hide where a player is; refused for play and deposits."""
    unknown_refused: bool = False
    """Where the country cannot be told (no data, a private address): refuse (fail closed)."""
    check_minutes: int = 30
    """The location is looked at again after so long, and whenever the address changes."""


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How long records are kept, in days; a legal hold keeps longer, nothing keeps shorter."""

    play_days: int = 5 * 366
    """Bets, rounds, seeds (GAM-04)."""
    money_days: int = 5 * 366
    """Postings, deposits, withdrawals; counted from the end of the relationship."""
    identity_days: int = 5 * 366
    """Personal data and its changes; from the end of the relationship."""
    kyc_days: int = 5 * 366
    """Documents and results; from the end of the relationship (AML-17)."""
    suspicious_days: int = 6 * 366
    """Reports of suspicion and what belongs to them."""
    audit_days: int = 10 * 366
    """Staff's deeds, rule changes, significant events."""
    complaint_days: int = 5 * 366
    """LOG-10."""
    chat_days: int = 90
    session_days: int = 366
    """Logins, devices, addresses of the network."""


@dataclass(frozen=True, slots=True)
class DormantRules:
    """Accounts that nobody uses (ACC-10)."""

    after_days: int = 366
    notice_days: int = 60
    """From the notice to whatever may follow."""
    fee: bool = False
    """Whether a fee may be taken at all."""


class NoticeKind(StrEnum):
    """What a regulator is told within a time (REP-08)."""

    INCIDENT = "incident"
    KEY_EVENT = "key_event"
    OWNERSHIP = "ownership"
    SUSPICION = "suspicion"


@dataclass(frozen=True, slots=True)
class Notice:
    """One deadline towards the regulator."""

    kind: NoticeKind
    hours: int
    """Calendar hours, the stricter reading where the law counts working days."""


@dataclass(frozen=True, slots=True)
class BonusRules:
    """What an offer may ask of a player (RG-20)."""

    wagering_max: int | None = None
    """Times the bonus; None: no bound in law."""
    mixed_products: bool = True
    """Whether one offer may span several products."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """The rules a brand plays under: data with a version (requirements, Appendix D).

    Amounts are micro-units of the brand's reference currency. A law's figure in euros or pounds is
    taken as the same number: stricter while the reference currency (US dollar) is worth less.
    """

    code: JurisdictionCode
    name: str
    version: int = 1
    """Counts up with every change; decisions store it."""
    authority: str = ""
    """Who licenses; empty: nobody."""
    minimum_age: int
    """Years."""
    withdrawals_cancellable: bool
    """False where a requested withdrawal may not be turned back into play (RTS 14B)."""
    funds_protection: FundsProtection
    excluded_countries: frozenset[str]
    """ISO 3166-1 alpha-2 codes of places from where nobody plays, and of nationalities."""
    play: PlayRules = PlayRules()
    stake_caps: tuple[StakeCap, ...] = ()
    kyc: KycRules = KycRules()
    limits: LimitRules = LimitRules()
    exclusion: ExclusionRules = ExclusionRules()
    reality_check: RealityCheckRules = RealityCheckRules()
    session: SessionRules = SessionRules()
    location: LocationRules = LocationRules()
    retention: RetentionRules = RetentionRules()
    dormant: DormantRules = DormantRules()
    bonus: BonusRules = BonusRules()
    reports: tuple[str, ...] = ("ggr", "player_funds", "exclusions", "significant_events")
    """Codes of the reports that the regulator gets."""
    notices: tuple[Notice, ...] = ()
    player_transfers: bool = False
    """Whether players may send each other money outside a game (ACC-13)."""
    unprotected_reminder_days: int | None = 183
    """How often players of unprotected funds are reminded (LED-07)."""
    crypto: bool = True
    """Whether coins may be taken as payment at all."""
    unknown: tuple[str, ...] = ()
    """Fields whose value is our assumption and was not found in a source, such as
    `session.idle_minutes`."""

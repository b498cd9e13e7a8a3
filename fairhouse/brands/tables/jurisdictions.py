"""What the licences of the field ask, each value with where it is from.

Sources: the documents named beside a value, as read for our requirements (Appendix D). [K] marks
what is known in the field and was not read in a source; it stands in `unknown` as well, and so does
whatever we had to assume. This is data for a platform, no legal advice: before a brand goes live
under a licence, its compliance officer confirms every line and a new version records it.

Amounts: micro-units of the brand's reference currency, the law's own figure (see `Jurisdiction`).
"""

from types import MappingProxyType
from typing import Final

from fairhouse.brands.types import (
    BonusRules,
    BreakTerm,
    DormantRules,
    ExclusionRules,
    FundsProtection,
    GameKind,
    Jurisdiction,
    JurisdictionCode,
    KycRules,
    LimitName,
    LimitRules,
    LocationRules,
    NetworkKind,
    Notice,
    NoticeKind,
    PlayRules,
    RealityCheckRules,
    RetentionRules,
    SessionRules,
    StakeCap,
)

UNIT: Final = 1_000_000
YEAR: Final = 366
"""Days; leap years are rounded up, for no record may go early."""
HIDING: Final = frozenset(
    {NetworkKind.TOR, NetworkKind.VPN, NetworkKind.PROXY, NetworkKind.HOSTING}
)
SANCTIONED: Final = frozenset({"CU", "IR", "KP"})
"""OFAC's comprehensive programmes by country [K]. Regions (Crimea, Donetsk, Luhansk) cannot be told
by country codes."""
CALL_FOR_ACTION: Final = frozenset({"IR", "KP", "MM"})
"""FATF's high-risk jurisdictions subject to a call for action [K: list of Oct 2025]."""

DEMONSTRATION: Final = Jurisdiction(
    code=JurisdictionCode("demonstration"),
    name="Demonstration, test coins only, not licensed",
    minimum_age=18,
    withdrawals_cancellable=True,
    funds_protection=FundsProtection.NONE,
    excluded_countries=frozenset(),
    # Test coins have no value: the tiers are shown, and reached by the ambitious alone.
    kyc=KycRules(
        tier1_value=10_000 * UNIT,
        tier2_value=50_000 * UNIT,
        tier3_value=200_000 * UNIT,
        anonymous=True,
    ),
    reports=("ggr", "player_funds", "exclusions", "significant_events", "game_performance"),
)

UK: Final = Jurisdiction(
    code=JurisdictionCode("uk"),
    name="Great Britain, remote casino",
    authority="UK Gambling Commission",
    minimum_age=18,
    withdrawals_cancellable=False,  # RTS 14B
    funds_protection=FundsProtection.MEDIUM,  # LC 4.2.1: to be told; the level is the operator's
    excluded_countries=SANCTIONED | CALL_FOR_ACTION,
    play=PlayRules(
        cycle_ms=5_000,  # RTS 14G: casino games other than slots and poker
        slot_cycle_ms=2_500,  # RTS 14D
        autoplay=False,  # RTS 8A
        turbo=False,  # RTS 14E
        several_at_once=False,  # RTS 14C [K]
    ),
    stake_caps=(  # The Gambling Act 2005 (Operating Licence Conditions) SI 2025 [K]
        StakeCap(GameKind.SLOT, 2 * UNIT, age_from=18, age_below=25),
        StakeCap(GameKind.SLOT, 5 * UNIT, age_from=25),
    ),
    kyc=KycRules(
        tier1_value=0,  # LC 17.1.1: name, address, date of birth before gambling
        tier2_value=2_000 * UNIT,  # MLR 2017: 2,000 EUR, single or linked
        tier3_value=10_000 * UNIT,
        verified_before_play=True,  # LC 17.1.1
        withdrawal_tier=1,
        demo_age_gated=True,  # LC 17.1.1 with SR 3.2.11: free play, too, is for verified adults
        vulnerability_value=150 * UNIT,  # SR 3.4.4: 150 GBP over 30 days [figure K]
        vulnerability_days=30,
        wallet_control_value=0,  # source-of-funds scrutiny of coins [K]
        refresh_months=24,
    ),
    limits=LimitRules(
        asked=(frozenset({LimitName.DEPOSIT}),),  # RTS 12A, 12B: gross deposits, at the first one
        opt_out=True,  # RTS 12B: an opt-out is confirmed
        raise_delay_h=24,  # RTS 12
        raise_confirmed=True,  # RTS 12
        review_days=183,  # RTS 12E: every 6 months
    ),
    exclusion=ExclusionRules(
        # SR 3.3.4: 24 hours to 6 weeks [K]; SR 3.5.3: at least 6 months, then the customer's choice
        return_wait_h=24,  # SR 3.5.3
        register="gamstop",  # SR 3.5.5
    ),
    reality_check=RealityCheckRules(minutes_default=60),  # RTS 13: offered; interval the player's
    session=SessionRules(idle_minutes=30, one_session=False),
    location=LocationRules(
        # A licence covers customers in Great Britain; the data knows no part of the kingdom.
        allowed_countries=frozenset({"GB"}),
        refused_networks=HIDING,
        unknown_refused=True,
    ),
    retention=RetentionRules(money_days=5 * YEAR, kyc_days=5 * YEAR),  # MLR 2017: 5 years
    bonus=BonusRules(wagering_max=10, mixed_products=False),  # SR 5.1.1, from 19 January 2026
    reports=(
        *("ggr", "player_funds", "exclusions", "significant_events", "game_performance"),
        *("adjustments", "complaints"),
    ),
    notices=(Notice(NoticeKind.KEY_EVENT, 5 * 24),),  # LC 15.2: 5 working days
    unprotected_reminder_days=183,  # LC 4.2.1 as changed in October 2025
    unknown=(
        *("kyc.tier3_value", "kyc.refresh_months", "kyc.wallet_control_value", "play.cycle_ms"),
        *("session.idle_minutes", "reality_check.minutes_default", "stake_caps"),
        *("location.refused_networks", "excluded_countries"),
    ),
)

MALTA: Final = Jurisdiction(
    code=JurisdictionCode("malta"),
    name="Malta, B2C gaming service",
    authority="Malta Gaming Authority",
    minimum_age=18,
    withdrawals_cancellable=True,  # a reversal is a marker of harm (Directive 2/2018)
    funds_protection=FundsProtection.MEDIUM,  # segregated player funds account [K]
    excluded_countries=SANCTIONED | CALL_FOR_ACTION,
    kyc=KycRules(
        tier1_value=2_000 * UNIT,  # 4AMLD, AMLR 2024/1624: 2,000 EUR, single or linked
        tier2_value=10_000 * UNIT,
        tier3_value=50_000 * UNIT,
        deadline_days=30,  # VFA sandbox FAQ: verified within 30 days of the first crypto deposit
        wallet_control_value=0,  # DLT policy: control of a wallet before it is accepted
        withdrawal_tier=1,
        refresh_months=24,
    ),
    limits=LimitRules(
        # Directive 2/2018: deposit or wager
        asked=(frozenset({LimitName.DEPOSIT, LimitName.WAGER}),),
        raise_delay_h=24,  # [K]
    ),
    exclusion=ExclusionRules(
        # Directive 2/2018: definite and indefinite, over all brands of the licensee
        breaks=(  # FAQ: more than 24 hours to 30 days, optional
            BreakTerm("48h", hours=48),
            BreakTerm("7d", hours=7 * 24),
            BreakTerm("30d", hours=30 * 24),
        ),
        return_wait_h=7 * 24,  # Art. 11: 24 hours after a definite, 7 days after an indefinite term
    ),
    reality_check=RealityCheckRules(mandatory=True, minutes_default=60),  # mandatory tool (FAQ)
    session=SessionRules(),
    location=LocationRules(refused_networks=frozenset({NetworkKind.TOR})),
    retention=RetentionRules(),  # 5 years and more [K]
    reports=(
        *("ggr", "player_funds", "exclusions", "significant_events", "game_performance"),
        "complaints",
    ),
    unknown=(
        *("kyc.tier2_value", "kyc.tier3_value", "kyc.refresh_months", "limits.raise_delay_h"),
        *("funds_protection", "reality_check.minutes_default", "session.idle_minutes"),
        *("location.refused_networks", "retention", "dormant", "excluded_countries"),
    ),
)

CURACAO: Final = Jurisdiction(
    code=JurisdictionCode("curacao"),
    name="Curaçao, B2C (LOK)",
    authority="Curaçao Gaming Authority",
    minimum_age=18,
    withdrawals_cancellable=True,
    funds_protection=FundsProtection.NONE,
    # CGA: prohibited markets are avoided; the list is the field's [K], sanctions beside it.
    excluded_countries=SANCTIONED
    | CALL_FOR_ACTION
    | {"US", "NL", "FR", "AU", "AT", "CW", "BQ", "SX", "AW", "SG"},
    kyc=KycRules(
        tier1_value=2_000 * UNIT,  # AML law follows FATF: 3,000; the stricter European figure
        tier2_value=10_000 * UNIT,
        tier3_value=50_000 * UNIT,
        withdrawal_tier=1,  # RG policy: documents of age at registration
        wallet_control_value=1_000 * UNIT,
    ),
    # RG policy of 17 April 2025: deposit by day, week, month (loss and time beside it)
    limits=LimitRules(asked=(frozenset({LimitName.DEPOSIT}),), raise_delay_h=24),
    exclusion=ExclusionRules(
        # RG policy: 1, 3, 5 years and permanent, online, at once
        exclusions=(
            BreakTerm("1y", months=12),
            BreakTerm("3y", months=36),
            BreakTerm("5y", months=60),
            BreakTerm("permanent"),
        ),
    ),
    reality_check=RealityCheckRules(mandatory=True, minutes_default=60),  # RG policy, nine elements
    location=LocationRules(refused_networks=frozenset({NetworkKind.TOR})),
    reports=(
        *("ggr", "player_funds", "exclusions", "significant_events", "complaints"),
        "unusual_transactions",  # NORUT
    ),
    notices=(Notice(NoticeKind.INCIDENT, 48),),
    unknown=(
        *("kyc.tier1_value", "kyc.tier2_value", "kyc.tier3_value", "kyc.wallet_control_value"),
        *("limits.raise_delay_h", "reality_check.minutes_default", "session.idle_minutes"),
        *("location.refused_networks", "retention", "notices", "excluded_countries"),
        "funds_protection",
    ),
)

ONTARIO: Final = Jurisdiction(
    code=JurisdictionCode("ontario"),
    name="Ontario, internet gaming",
    authority="Alcohol and Gaming Commission of Ontario",
    minimum_age=19,  # [K]
    withdrawals_cancellable=True,
    funds_protection=FundsProtection.MEDIUM,
    excluded_countries=SANCTIONED | CALL_FOR_ACTION,
    kyc=KycRules(
        tier1_value=0,
        tier2_value=10_000 * UNIT,
        tier3_value=50_000 * UNIT,
        verified_before_play=True,  # [K]
        withdrawal_tier=1,
        demo_age_gated=False,
    ),
    limits=LimitRules(
        # Standard 2.23: loss and deposit at registration; 24 h, 7 days, month; the lowest binds
        asked=(frozenset({LimitName.LOSS}), frozenset({LimitName.DEPOSIT})),
        raise_delay_h=24,  # 2.24
    ),
    exclusion=ExclusionRules(register="ontario_cse"),  # own and central self-exclusion
    reality_check=RealityCheckRules(mandatory=True, minutes_default=60),
    session=SessionRules(idle_minutes=15),  # 4.30: a time-out is required; the length is ours
    location=LocationRules(
        # The country data tells no province: an operator's mmdb with regions, or a locating
        # service, has to stand in front.
        allowed_countries=frozenset({"CA"}),
        refused_networks=HIDING,
        unknown_refused=True,
    ),
    dormant=DormantRules(after_days=366),  # 3.17
    crypto=False,  # not accepted as payment in the regulated market [K]
    notices=(Notice(NoticeKind.INCIDENT, 24),),
    unknown=(
        *("minimum_age", "kyc.tier2_value", "kyc.tier3_value", "kyc.verified_before_play"),
        *("session.idle_minutes", "reality_check.minutes_default", "crypto", "notices"),
        *("funds_protection", "retention", "location.refused_networks", "excluded_countries"),
    ),
)

ANJOUAN: Final = Jurisdiction(
    code=JurisdictionCode("anjouan"),
    name="Anjouan, internet gaming",
    authority="Anjouan Licensing Services",
    minimum_age=18,
    withdrawals_cancellable=True,
    funds_protection=FundsProtection.NONE,
    # General Conditions: prohibited markets; the list is the field's [K], sanctions beside it.
    excluded_countries=SANCTIONED
    | CALL_FOR_ACTION
    | {"US", "GB", "NL", "FR", "DE", "AT", "ES", "AU", "KM"},
    kyc=KycRules(
        tier1_value=2_000 * UNIT,  # Act 008/2005: players are identified; FATF's threshold is 3,000
        tier2_value=10_000 * UNIT,
        tier3_value=50_000 * UNIT,
    ),
    location=LocationRules(refused_networks=frozenset({NetworkKind.TOR})),
    retention=RetentionRules(suspicious_days=6 * YEAR),  # Act 008/2005 s. 12(j)
    reports=(
        *("ggr", "player_funds", "exclusions", "significant_events"),
        "account_statements",  # Act 007/2005 s. 8(8)
    ),
    notices=(  # General Conditions
        Notice(NoticeKind.INCIDENT, 48),
        Notice(NoticeKind.OWNERSHIP, 7 * 24),  # a holding of 3 % and more
    ),
    unknown=(
        *("kyc.tier1_value", "kyc.tier2_value", "kyc.tier3_value", "limits", "exclusion"),
        *("reality_check", "session.idle_minutes", "location.refused_networks", "dormant"),
        *("retention", "excluded_countries", "funds_protection"),
    ),
)

KAHNAWAKE: Final = Jurisdiction(
    code=JurisdictionCode("kahnawake"),
    name="Kahnawà:ke, client provider authorization",
    authority="Kahnawà:ke Gaming Commission",
    minimum_age=18,
    withdrawals_cancellable=True,
    funds_protection=FundsProtection.NONE,
    excluded_countries=SANCTIONED | CALL_FOR_ACTION | {"US"},  # the United States [K]
    kyc=KycRules(
        tier1_value=0,
        tier2_value=10_000 * UNIT,
        tier3_value=50_000 * UNIT,
        verified_before_play=True,  # [K]
        withdrawal_tier=1,
    ),
    # Regulations: play and deposits may be limited, also to nothing
    limits=LimitRules(asked=()),
    exclusion=ExclusionRules(
        exclusions=(BreakTerm("permanent"),),  # Reg. 299: permanent
        wish_suspends_h=24,  # Reg. 299A-B: at once, on any wording
    ),
    location=LocationRules(refused_networks=frozenset({NetworkKind.TOR})),
    unknown=(
        *("kyc", "limits.raise_delay_h", "reality_check", "session.idle_minutes", "retention"),
        *("location.refused_networks", "dormant", "excluded_countries", "crypto"),
        "funds_protection",
    ),
)

JURISDICTIONS: Final = MappingProxyType(
    {
        known.code: known
        for known in (DEMONSTRATION, UK, MALTA, CURACAO, ONTARIO, ANJOUAN, KAHNAWAKE)
    }
)

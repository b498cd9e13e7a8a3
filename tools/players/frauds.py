"""Frauds, the clumsy and the careful ones: who hides well is in here, and is missed."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Final

from fairhouse.risk.types.observations import Kind
from tools.players.honest import Numbers, regular
from tools.players.life import DAYS, Life, day

FARM: Final = "bonus farm"
MULTI: Final = "multi-accounter"
TAKEOVER: Final = "account takeover"
PASS_THROUGH: Final = "launderer, pass-through"  # noqa: S105 - a class, no secret
STRUCTURING: Final = "launderer, structuring"
BOT: Final = "bot"
COLLUDER: Final = "colluder"
FRAUDS: Final = (FARM, MULTI, TAKEOVER, PASS_THROUGH, STRUCTURING, BOT, COLLUDER)
FARM_SIZES: Final = (3, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 50)
FARM_WAYS: Final = ("one rack of phones", "fresh devices, few wallets", "recruited people")


def farm(rng: Random, numbers: Numbers, size: int, way: str) -> list[Life]:
    """Accounts in a row: claim, play it through with little risk, cash out."""
    group = f"farm {next(numbers)}"
    begun = rng.uniform(3, DAYS - 12)
    found: list[Life] = []
    for member in range(size):
        life = Life(rng, next(numbers), FARM, way, group=group)
        _equip(life, group, way, member)
        at = day(begun, 9) + timedelta(minutes=rng.uniform(0, 9), hours=member // 12)
        life.register(at)
        if way == FARM_WAYS[2]:
            life.tell(Kind.REFERRAL, at, address=f"recruiter of {group}")
        life.crime_at = at
        life.deposit(at + timedelta(minutes=20), 50)
        life.bonus(day(begun, 10) + timedelta(minutes=rng.uniform(0, 9)))
        for turn in range(4):
            low = way != FARM_WAYS[2]
            life.play(
                at + timedelta(hours=3 + turn),
                500,
                at_risk=rng.uniform(0.08, 0.3) if low else 0.9,
                luck=rng.uniform(-0.015, 0.01),
            )
        out = day(begun + 2, 12) + timedelta(minutes=rng.uniform(0, 50))
        life.withdraw(out, 80 if way == FARM_WAYS[2] else life.balance)
        found.append(life)
    return found


def _equip(life: Life, group: str, way: str, member: int) -> None:
    if way == FARM_WAYS[0]:
        life.device = f"phone {member // 10} of {group}"
        life.network = f"network of {group}"
    elif way == FARM_WAYS[1]:
        life.country = None
        life.wallet = f"wallet {member // 15} of {group}"
    else:
        life.network = f"network of {group}"


def multi_accounter(rng: Random, numbers: Numbers) -> list[Life]:
    """One person, two accounts: some with one wallet, some with two and a VPN."""
    group = f"person {next(numbers)}"
    is_careless = rng.random() < 0.6
    found: list[Life] = []
    for account in range(2):
        [life] = regular(rng, numbers)
        life.label, life.group = MULTI, group
        life.variety = "one wallet" if is_careless else "two wallets, VPN"
        life.facts.clear()
        life.balance = 0
        at = day(rng.uniform(5, 30), 19)
        life.crime_at = at
        life.device = f"laptop of {group}"
        life.network = f"home of {group}" if is_careless else f"vpn exit {rng.randrange(12)}"
        life.wallet = f"wallet of {group}" if is_careless else f"wallet {account} of {group}"
        life.register(at)
        life.bonus(at + timedelta(minutes=5))
        for week in range(3):
            when = at + timedelta(days=7 * week + 1)
            life.login(when)
            life.deposit(when, rng.uniform(40, 120))
            life.play(when + timedelta(hours=1), life.balance * 4)
            life.withdraw(when + timedelta(hours=2), life.balance * 0.8)
        found.append(life)
    return found


def takeover(rng: Random, numbers: Numbers) -> list[Life]:
    """A regular's account, then a thief: new device, mostly a new password, a new wallet."""
    [life] = regular(rng, numbers)
    life.label = TAKEOVER
    at = day(DAYS - rng.uniform(1, 5), rng.uniform(0, 24))
    life.facts = [fact for fact in life.facts if fact.at < at]
    has_changed = rng.random() < 0.75
    hides = rng.random() < 0.5
    life.variety = ("changes the password" if has_changed else "keeps the password") + (
        ", behind a VPN" if hides else ", from abroad"
    )
    life.crime_at = at
    life.login(at, device=f"thief of {life.number}", country=None if hides else "VN")
    if has_changed:
        life.tell(Kind.CREDENTIAL_CHANGED, at + timedelta(minutes=3))
    life.balance = max(life.balance, 80)
    life.withdraw(at + timedelta(minutes=9), life.balance, f"thief's wallet {life.number}")
    return [life]


def pass_through(rng: Random, numbers: Numbers) -> list[Life]:
    """In, a little hedged play, out; the patient ones play it through once."""
    is_patient = rng.random() < 0.25
    variety = "plays it through once" if is_patient else "hedges a little"
    life = Life(rng, next(numbers), PASS_THROUGH, variety)
    at = day(rng.uniform(2, DAYS - 15), rng.uniform(8, 22))
    life.register(at)
    life.crime_at = at
    for _ in range(rng.randrange(1, 5)):
        amount = rng.uniform(500, 1_900)
        life.deposit(at + timedelta(minutes=10), amount)
        staked = life.balance * (1.15 if is_patient else rng.uniform(0.3, 1.5))
        share = 0.97 if is_patient else rng.uniform(0.02, 0.1)
        life.play(at + timedelta(minutes=40), staked, at_risk=share, luck=-0.02)
        life.withdraw(at + timedelta(hours=2), life.balance * 0.97)
        at += timedelta(days=rng.uniform(1, 3))
    return [life]


def structuring(rng: Random, numbers: Numbers) -> list[Life]:
    """Deposits just below a threshold; the careful ones spread them over weeks."""
    is_slow = rng.random() < 0.2
    variety = "spread over weeks" if is_slow else "within a week"
    life = Life(rng, next(numbers), STRUCTURING, variety)
    at = day(rng.uniform(2, 20), rng.uniform(8, 22))
    life.register(at)
    life.crime_at = at
    for _ in range(rng.randrange(4, 8)):
        at += timedelta(days=rng.uniform(4, 6) if is_slow else rng.uniform(0.3, 1.2))
        life.login(at)
        life.deposit(at, rng.uniform(1_450, 1_990))
        life.play(at + timedelta(hours=1), life.balance * rng.uniform(1.2, 2))
    life.withdraw(at + timedelta(hours=8), life.balance * 0.9)
    return [life]


def bot(rng: Random, numbers: Numbers) -> list[Life]:
    """Plays around the clock; the careful ones sleep."""
    is_restless = rng.random() < 0.7
    variety = "never rests" if is_restless else "sleeps at night"
    life = Life(rng, next(numbers), BOT, variety)
    at = day(rng.uniform(2, DAYS - 4), 8)
    life.register(at)
    life.crime_at = at
    life.deposit(at, 200)
    for minute in range(1_380 if is_restless else 800):
        when = at + timedelta(minutes=minute + 5)
        if minute % 200 == 0 and life.balance < 20:
            life.deposit(when, 100)
        life.play(when, 12, luck=rng.gauss(-0.01, 0.3))
    life.withdraw(at + timedelta(hours=25), life.balance)
    return [life]


def colluder(rng: Random, numbers: Numbers) -> list[Life]:
    """Two who pass money between them; no game between players exists, so by tips."""
    group = f"pair {next(numbers)}"
    giver, taker = (Life(rng, next(numbers), COLLUDER, "tips", group=group) for _ in range(2))
    at = day(rng.uniform(2, DAYS - 10), 20)
    for life in (giver, taker):
        life.register(at)
        life.crime_at = at
    for number in range(4):
        when = at + timedelta(days=number)
        giver.deposit(when, 150)
        giver.balance -= 150
        giver.tell(Kind.TIP, when + timedelta(minutes=9), 150, address=f"player {taker.number}")
        taker.balance += 150
        taker.play(when + timedelta(hours=1), 200)
        taker.withdraw(when + timedelta(hours=3), taker.balance * 0.9)
    return [giver, taker]


GANGS: Final[tuple[tuple[Callable[[Random, Numbers], list[Life]], int], ...]] = (
    (multi_accounter, 30),
    (takeover, 40),
    (pass_through, 40),
    (structuring, 30),
    (bot, 16),
    (colluder, 15),
)

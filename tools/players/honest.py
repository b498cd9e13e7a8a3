"""Honest people of many kinds, among them those whom simple suspicion gets wrong."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Final

from fairhouse.risk.types.observations import Kind
from tools.players.life import DAYS, Life, day

Numbers = Iterator[int]
HONEST: Final = "honest"
HARM: Final = "problem gambler"


def _sessions(
    life: Life,
    *,
    per_week: float,
    stake: float,
    hours: tuple[float, float] = (17, 23),
    at_risk: float = 0.95,
    country: Callable[[int], str | None] | None = None,
) -> None:
    """Weeks of play: deposit when empty, play the balance several times, cash out when lucky."""
    rng = life.rng
    begun = rng.uniform(0, DAYS * 0.5)
    life.register(day(begun, rng.uniform(*hours)))
    if rng.random() < 0.4:
        life.bonus(day(begun, 24 + rng.uniform(*hours)))
    for number in range(int(begun) + 1, DAYS):
        if rng.random() > per_week / 7:
            continue
        at = day(number, rng.uniform(*hours))
        where = country(number) if country else life.country
        life.login(at, country=where)
        at += timedelta(minutes=3)
        if life.balance < stake:
            life.deposit(at, round(stake * rng.choice([1, 1, 2, 2, 3, 5])))
        for _ in range(rng.randrange(1, 4)):
            at += timedelta(minutes=rng.uniform(5, 40))
            if life.balance > 1:
                life.play(at, life.balance * rng.uniform(1.5, 6), at_risk=at_risk)
        if life.balance > 4 * stake and rng.random() < 0.6:
            life.withdraw(at + timedelta(minutes=5), life.balance * rng.uniform(0.3, 0.9))


def casual(rng: Random, numbers: Numbers) -> list[Life]:
    """A few evenings, small amounts."""
    life = Life(rng, next(numbers), HONEST, "casual")
    _sessions(life, per_week=rng.uniform(0.7, 2), stake=rng.uniform(10, 60))
    return [life]


def regular(rng: Random, numbers: Numbers) -> list[Life]:
    """Most evenings."""
    life = Life(rng, next(numbers), HONEST, "regular")
    _sessions(life, per_week=rng.uniform(3, 6), stake=rng.uniform(20, 150))
    return [life]


def high_roller(rng: Random, numbers: Numbers) -> list[Life]:
    """Large amounts, in and out."""
    life = Life(rng, next(numbers), HONEST, "high roller")
    _sessions(life, per_week=rng.uniform(2, 4), stake=rng.uniform(800, 3_000))
    return [life]


def vpn_user(rng: Random, numbers: Numbers) -> list[Life]:
    """Always behind a VPN: no country, a network that many share."""
    life = Life(rng, next(numbers), HONEST, "VPN user", country=None)
    life.network = f"vpn exit {rng.randrange(12)}"
    _sessions(life, per_week=rng.uniform(2, 4), stake=rng.uniform(20, 100))
    return [life]


def household(rng: Random, numbers: Numbers) -> list[Life]:
    """Two to four people, one network, often one tablet, some by referral."""
    group = f"home {next(numbers)}"
    shares_device = rng.random() < 0.6
    found: list[Life] = []
    for _ in range(rng.randrange(2, 5)):
        life = Life(rng, next(numbers), HONEST, "shared household", group=group, network=group)
        if shares_device:
            life.device = f"tablet of {group}"
        _sessions(life, per_week=rng.uniform(1, 4), stake=rng.uniform(10, 80))
        found.append(life)
    return found


def night_player(rng: Random, numbers: Numbers) -> list[Life]:
    """Works late, plays at three in the morning."""
    life = Life(rng, next(numbers), HONEST, "night player")
    _sessions(life, per_week=rng.uniform(2, 5), stake=rng.uniform(20, 90), hours=(1, 5))
    return [life]


def traveller(rng: Random, numbers: Numbers) -> list[Life]:
    """Another country every week, the same phone."""
    life = Life(rng, next(numbers), HONEST, "traveller")
    places = ["DE", "TR", "ES", "BR", "JP"]
    _sessions(
        life,
        per_week=rng.uniform(2, 4),
        stake=rng.uniform(20, 120),
        country=lambda number: places[number // 7 % len(places)],
    )
    return [life]


def new_phone(rng: Random, numbers: Numbers) -> list[Life]:
    """Changes the phone, some the password too, and a few the wallet in the same days."""
    life = Life(rng, next(numbers), HONEST, "new phone")
    _sessions(life, per_week=rng.uniform(2, 4), stake=rng.uniform(20, 120))
    at = day(DAYS - rng.uniform(2, 8), 19)
    life.login(at, device=f"new phone of {life.number}")
    if rng.random() < 0.3:
        life.tell(Kind.CREDENTIAL_CHANGED, at + timedelta(minutes=4))
    life.deposit(at + timedelta(minutes=10), 60)
    life.play(at + timedelta(minutes=30), 400)
    wallet = f"other wallet of {life.number}" if rng.random() < 0.2 else None
    life.withdraw(at + timedelta(hours=2), 60, wallet)
    return [life]


def cafe_guest(rng: Random, numbers: Numbers) -> list[Life]:
    """Twenty-five strangers at the machines of one internet café."""
    place = f"café {next(numbers)}"
    found: list[Life] = []
    for _ in range(25):
        life = Life(rng, next(numbers), HONEST, "café guest", network=place)
        life.device = f"{place}, machine {rng.randrange(5)}"
        _sessions(life, per_week=rng.uniform(0.5, 2), stake=rng.uniform(10, 40))
        found.append(life)
    return found


def careful(rng: Random, numbers: Numbers) -> list[Life]:
    """Plays the safe side: many bets that risk little."""
    life = Life(rng, next(numbers), HONEST, "careful player")
    _sessions(life, per_week=rng.uniform(2, 4), stake=rng.uniform(20, 90), at_risk=0.45)
    return [life]


def lucky(rng: Random, numbers: Numbers) -> list[Life]:
    """One evening: a deposit, a quick win, out again."""
    life = Life(rng, next(numbers), HONEST, "lucky once")
    at = day(rng.uniform(2, DAYS - 2), 20)
    life.register(at)
    amount = rng.uniform(40, 300)
    life.deposit(at + timedelta(minutes=5), amount)
    life.play(at + timedelta(minutes=20), amount * rng.uniform(0.2, 2.5), luck=rng.uniform(0.5, 3))
    life.withdraw(at + timedelta(minutes=50), life.balance)
    return [life]


def problem_gambler(rng: Random, numbers: Numbers) -> list[Life]:
    """Chases losses by night: deposit after deposit, nothing ever leaves. No fraud at all."""
    life = Life(rng, next(numbers), HARM, "chasing losses")
    begun = rng.uniform(0, 30)
    life.register(day(begun, 20))
    for number in range(int(begun) + 1, DAYS):
        at = day(number, rng.uniform(20, 27))
        life.login(at)
        for _ in range(rng.randrange(1, 9)):
            at += timedelta(minutes=rng.uniform(8, 35))
            life.deposit(at, rng.uniform(30, 250))
            at += timedelta(minutes=5)
            life.play(at, life.balance * rng.uniform(1, 3), luck=-1)
    return [life]


CROWD: Final[tuple[tuple[Callable[[Random, Numbers], list[Life]], int], ...]] = (
    (casual, 600),
    (regular, 300),
    (high_roller, 40),
    (vpn_user, 120),
    (household, 60),
    (night_player, 80),
    (traveller, 60),
    (new_phone, 60),
    (cafe_guest, 3),
    (careful, 50),
    (lucky, 60),
    (problem_gambler, 40),
)
"""How many of each (households and cafés: groups)."""

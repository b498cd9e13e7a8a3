"""Whether two names may be one person's: any script, any order, spelled by ear, and explained.

Names become Latin letters (anyascii), then words. Two words are compared as written (Jaro-Winkler,
Winkler 1990) and as heard: a consonant skeleton in which spellings of one sound are equal, so that
Mohammed, Muhamad and Мухаммед meet. Words are paired best first; what has no partner costs. The
birth date and nationality then speak for or against.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from anyascii import anyascii
from rapidfuzz.distance import JaroWinkler, Levenshtein

from fairhouse.screening.types import ListedName, Match, Person

THRESHOLD: Final = 0.86
"""From here on a person has to look."""
CERTAIN: Final = 0.97
"""With the same birth date: frozen until somebody has looked."""
WORDS_MAX: Final = 12
TEXT_MAX: Final = 200

_FILLERS: Final = frozenset(
    {
        *("mr", "mrs", "ms", "dr", "prof", "sir", "herr", "frau", "haji", "hajji", "sheikh"),
        *("shaykh", "sheik", "mullah", "general", "jr", "sr", "ii", "iii"),
        *("bin", "ben", "ibn", "bint", "al", "el", "ul", "ad", "ar", "as", "de", "da", "di"),
        *("del", "der", "den", "van", "von", "la", "le", "dos", "du", "zu", "y", "e"),
    }
)
"""Titles and particles that one spelling has and the other leaves out."""

_SOUNDS: Final = (
    (re.compile(r"[^a-z]"), ""),
    (re.compile(r"shch|sch|tsch|tch|sh|ch|cz|dzh|zh|dj|j(?=[aeiou])"), "s"),
    (re.compile(r"ph|th(?=[^aeiou]|$)"), "f"),
    (re.compile(r"th"), "t"),
    (re.compile(r"kh|gh|ck|q|x|c|g|h"), "k"),
    (re.compile(r"ts|tz|z"), "s"),
    (re.compile(r"dh"), "d"),
    (re.compile(r"[wvf]"), "v"),
    (re.compile(r"b"), "p"),
    (re.compile(r"d"), "t"),
    (re.compile(r"[aeiouyj]"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)
_ARTICLE: Final = re.compile(r"^[ae]l(?=[a-z]{4})")
_BARE: Final = re.compile("[\u0590-\u07ff\ufb1d-\ufdff\ufe70-\ufeff]")
_LONG_VOWELS: Final = str.maketrans("wy", "ui")
_CASE_STEP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Words:
    """A name ready to be compared."""

    plain: tuple[str, ...]
    heard: tuple[str, ...]
    """The same words as consonant skeletons."""
    is_bare: bool = False
    """From a script that leaves short vowels out."""


def words(name: str) -> Words:
    """The words of a name in any script; particles and titles only where nothing else is there."""
    text = unicodedata.normalize("NFKC", name[:TEXT_MAX])
    latin = anyascii(text)
    is_bare = _BARE.search(text) is not None
    if is_bare:
        # Long vowels are written with consonants there.
        latin = latin.translate(_LONG_VOWELS)
    if latin != text:
        # Scripts without spaces come as XiJinPing.
        latin = _CASE_STEP.sub(" ", latin)
    found = re.findall(r"[a-z]+", latin.lower().replace("'", "").replace("`", ""))
    kept = [word for word in found if word not in _FILLERS and len(word) > 1] or found
    plain = tuple(kept[:WORDS_MAX])
    return Words(plain, tuple(heard(_ARTICLE.sub("", word)) for word in plain), is_bare)


def heard(word: str) -> str:
    """The skeleton of a word; its first letter stays, as a consonant class or as one vowel."""
    text = word.lower()
    first = "a" if text[:1] in "aeiouyj" else ""
    for pattern, replacement in _SOUNDS:
        text = pattern.sub(replacement, text)
    return first + text


def keys(of: Words) -> set[str]:
    """Where an index finds it: two names that share none are not compared."""
    joined = "".join(of.heard)
    return {word[:3] for word in of.heard if word} | {joined[:4]}


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike two names are, from 0 to 1, and which words met."""

    score: float
    pairs: tuple[tuple[str, str, float], ...]


def compare(one: Words, other: Words) -> Similarity:
    """Symmetric. The words in their best pairing, or all of them run together."""
    paired = _paired(one, other)
    together = _together(one, other)
    if together > paired.score:
        return Similarity(together, (("".join(one.plain), "".join(other.plain), together),))
    return paired


def _paired(one: Words, other: Words) -> Similarity:
    short, long_ = sorted((one, other), key=lambda item: len(item.plain))
    if not short.plain:
        return Similarity(0.0, ())
    scored = sorted(
        (
            (_word(short, i, long_, j), i, j)
            for i in range(len(short.plain))
            for j in range(len(long_.plain))
        ),
        reverse=True,
    )
    taken_i: set[int] = set()
    taken_j: set[int] = set()
    pairs: list[tuple[str, str, float]] = []
    for score, i, j in scored:
        if i in taken_i or j in taken_j:
            continue
        taken_i.add(i)
        taken_j.add(j)
        pairs.append((short.plain[i], long_.plain[j], score))
    total = sum(score for _, _, score in pairs)
    mean = total / len(short.plain)
    weakest = min(score for _, _, score in pairs)
    spare = len(long_.plain) - len(short.plain)
    # One name alone matches too many; a left-out middle name costs little.
    penalty = 0.25 if len(short.plain) == 1 and spare else 0.03 * spare
    # One word that is another word altogether is another person, however well the rest fits.
    penalty += max(0.0, 0.75 - weakest) * 0.6
    return Similarity(max(mean - penalty, 0.0), tuple(pairs))


def _word(one: Words, i: int, other: Words, j: int) -> float:
    plain = JaroWinkler.similarity(one.plain[i], other.plain[j])
    skeleton, its = one.heard[i], other.heard[j]
    if len(skeleton) >= 2 and skeleton == its:
        plain = max(plain, 0.94)
    elif one.is_bare is not other.is_bare and _is_bare_equal(skeleton, its):
        plain = max(plain, 0.92)
    elif len(skeleton) >= 4 and len(its) >= 4:
        plain = max(plain, 0.9 * Levenshtein.normalized_similarity(skeleton, its))
    return plain


def _is_bare_equal(one: str, other: str) -> bool:
    """Without the vowel that one script begins with and the other does not write."""
    bare, its = one.removeprefix("a"), other.removeprefix("a")
    return len(bare) >= 2 and bare == its


def _together(one: Words, other: Words) -> float:
    """For scripts and habits that part words elsewhere: Xi Jinping, Xi Jin Ping."""
    first, second = "".join(one.plain), "".join(other.plain)
    if min(len(first), len(second)) < 6 or len(one.plain) == len(other.plain):
        return 0.0
    straight = Levenshtein.normalized_similarity(first, second)
    sorted_ = Levenshtein.normalized_similarity(
        "".join(sorted(one.plain)), "".join(sorted(other.plain))
    )
    spoken = 0.0
    heard_one, heard_other = "".join(one.heard), "".join(other.heard)
    if min(len(heard_one), len(heard_other)) >= 8:
        spoken = 0.95 * Levenshtein.normalized_similarity(heard_one, heard_other)
    return max(0.97 * straight, 0.97 * sorted_, spoken)


def match(person: Person, name: Words, listed: ListedName, its: Words) -> Match | None:
    """The match with its reasons, where it is one."""
    similar = compare(name, its)
    if similar.score < THRESHOLD - 0.08:
        return None
    born, by_birth = _by_birth(person.birth_date, listed.births)
    country, by_country = _by_country(person.countries, listed.countries)
    score = max(0.0, min(similar.score + by_birth + by_country, 1.0))
    needed = CERTAIN if listed.is_weak and born != "same" else THRESHOLD
    if score < needed:
        return None
    return Match(
        party=listed.party,
        listed=listed.name,
        topic=listed.topic,
        score=round(score, 3),
        name_score=round(similar.score, 3),
        pairs=tuple((one, other, round(value, 2)) for one, other, value in similar.pairs),
        birth=born,
        country=country,
    )


def _by_birth(birth_date: date | None, births: Sequence[tuple[date, date]]) -> tuple[str, float]:
    """What the day of birth says, and how much it counts."""
    if birth_date is None or not births:
        return "unknown", 0.0
    if any(since <= birth_date <= until for since, until in births):
        is_exact = any(since == until == birth_date for since, until in births)
        return ("same", 0.06) if is_exact else ("possible", 0.03)
    nearest = min(
        min(abs((birth_date - since).days), abs((birth_date - until).days))
        for since, until in births
    )
    if nearest <= 366 or any(_is_swapped(birth_date, since) for since, _ in births):
        return "near", 0.0
    return ("far", -0.25) if nearest > 5 * 366 else ("other", -0.12)


def _is_swapped(one: date, other: date) -> bool:
    return (one.year, one.month, one.day) == (other.year, other.day, other.month)


def _by_country(countries: Iterable[str], listed: Sequence[str]) -> tuple[str, float]:
    mine = set(countries)
    if not mine or not listed:
        return "unknown", 0.0
    return ("same", 0.02) if mine & set(listed) else ("other", -0.04)

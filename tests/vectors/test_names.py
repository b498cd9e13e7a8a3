"""How many of the listed are found in any spelling, and how many honest strangers with them."""

from datetime import date

import pytest

from fairhouse.screening.engine.people import NameIndex
from fairhouse.screening.rules.names import compare, words
from fairhouse.screening.types import OFAC, ListedName, Person
from tests.vectors.names_synthetic import LISTED, SPELLINGS, honest

RECALL_MIN = 0.95
FALSE_POSITIVES_MAX = 0.005
"""By the name alone, of 5,000 strangers with ordinary names."""
BORN = date(1970, 3, 5)


@pytest.fixture(scope="module")
def index() -> NameIndex:
    made = NameIndex()
    made.fill(
        [(OFAC, ListedName(ref, name, False, ((BORN, BORN),), ())) for ref, name in LISTED.items()]
        + [
            # What a real list is full of: other people with ordinary names.
            (OFAC, ListedName(f"x{n}", name, False, ((born, born),), ()))
            for n, (name, born) in enumerate(honest(300, seed=99))
        ]
    )
    return made


def found(index: NameIndex, name: str, born: date | None = None) -> set[str]:
    return {one.party for _, one in index.search(Person((name,), born))}


def test_recall_by_the_name_alone(index: NameIndex):
    cases = [(ref, text) for ref, texts in SPELLINGS.items() for text in texts]
    missed = [(ref, text) for ref, text in cases if ref not in found(index, text)]

    recall = 1 - len(missed) / len(cases)
    assert recall >= RECALL_MIN, (round(recall, 3), missed)


def test_every_listed_name_as_it_is_written(index: NameIndex):
    assert [] == [ref for ref, name in LISTED.items() if ref not in found(index, name)]


def test_recall_with_the_birth_date_is_no_lower(index: NameIndex):
    cases = [(ref, text) for ref, texts in SPELLINGS.items() for text in texts]
    missed = [(ref, text) for ref, text in cases if ref not in found(index, text, BORN)]
    assert len(missed) <= len(cases) * (1 - RECALL_MIN), missed


def test_strangers_are_left_alone():
    made = NameIndex()
    made.fill(
        [(OFAC, ListedName(ref, name, False, ((BORN, BORN),), ())) for ref, name in LISTED.items()]
    )
    strangers = honest(5_000)
    by_name = [name for name, _ in strangers if found(made, name)]
    with_birth = [name for name, born in strangers if found(made, name, born)]

    assert len(by_name) <= 5_000 * FALSE_POSITIVES_MAX, by_name
    assert len(with_birth) <= len(by_name)


def test_another_birth_date_takes_an_ordinary_namesake_out(index: NameIndex):
    namesake = "Slobodan Jovanovic"
    assert "s2" in found(index, namesake)
    assert "s2" in found(index, namesake, BORN)
    assert "s2" not in found(index, namesake, date(1999, 9, 9))


def test_a_swapped_day_and_month_does_not_hide_anybody(index: NameIndex):
    assert "s2" in found(index, "Slobodan Jovanovic", date(1970, 5, 3))


def test_a_weak_alias_needs_more():
    made = NameIndex()
    made.fill([(OFAC, ListedName("1", "Ali Hassan", True, ((BORN, BORN),), ()))])
    assert set() == found(made, "Aly Hasan")
    assert {"1"} == found(made, "Ali Hassan", BORN)


def test_the_match_explains_itself(index: NameIndex):
    person = Person(("Sergey Kuznetsov",), BORN, ("RU",))
    found_ = next(one for _, one in index.search(person) if one.party == "r1")

    assert "Sergei Vladimirovich KUZNETSOV" == found_.listed
    assert ("same", "unknown") == (found_.birth, found_.country)
    assert {"sergey", "kuznetsov"} == {mine for mine, _, _ in found_.pairs}
    assert all(0.8 < value <= 1 for _, _, value in found_.pairs)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna Weber", "Hanna Becker"), ("Omar Khan", "Omar Khalil"), ("John Smith", "Joan Smythe")],
)
def test_comparing_is_symmetric(one: str, other: str):
    assert compare(words(one), words(other)).score == compare(words(other), words(one)).score


@pytest.mark.parametrize("text", ["", " ", "!!!", "🙂🙂", "a" * 5000, "\x00", "的" * 300, "١٢٣"])
def test_no_text_breaks_it(index: NameIndex, text: str):
    found(index, text)
    compare(words(text), words("Sergei Kuznetsov"))

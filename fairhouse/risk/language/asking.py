"""Reading a window: `sum(deposit.value[700 usd..1000 usd], 7 d since login by device)`."""

from datetime import timedelta
from typing import Final

from fairhouse.risk.language.words import Source, Word, words
from fairhouse.risk.types.checks import usd
from fairhouse.risk.types.observations import (
    BRAND_WINDOW_MAX,
    KEPT,
    NUMBERS,
    Aggregate,
    Dimension,
    Feature,
    Field,
    Kind,
)
from fairhouse.risk.types.rules import (
    NUMBER_AGGREGATES,
    TYPE_OF_FIELD,
    Ask,
    Node,
    RuleInvalid,
    Type,
)

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_NUMBER_MAX: Final = 10**12
_TYPE_OF: Final = {
    Aggregate.COUNT: Type.COUNT,
    Aggregate.DISTINCT: Type.COUNT,
    Aggregate.FRESH: Type.COUNT,
    Aggregate.AGE: Type.DURATION,
    Aggregate.OLDEST: Type.DURATION,
}


class Asking:
    """The words of a text, one after another, and windows among them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._words = words(source)
        self._place = 0

    @property
    def now(self) -> Word:
        """The next word, not taken."""
        return self._words[self._place]

    def take(self) -> Word:
        """The next word; the end stays."""
        word = self.now
        if word.kind != "end":
            self._place += 1
        return word

    def wrong(self, word: Word, what: str, fix: str) -> RuleInvalid:
        """An error at this word."""
        return self._source.wrong(word.at, what, fix)

    def expect(self, text: str) -> Word:
        """This sign and no other."""
        word = self.take()
        if word.text != text:
            raise self.wrong(word, f"'{text}' is expected, '{word.text}' found", f"Write '{text}'")
        return word

    def plain(self, word: Word) -> int:
        """The value of a number."""
        value = int(word.text) if word.kind == "number" else _NUMBER_MAX
        if value >= _NUMBER_MAX:
            raise self.wrong(word, f"'{word.text}' is no number of ours", "Use a smaller number")
        return value

    def unit(self) -> int | None:
        """Seconds of a unit of time, if one follows."""
        return _UNITS_S[self.take().text] if self.now.text in _UNITS_S else None

    def duration(self) -> timedelta:
        """A number and a unit."""
        word = self.take()
        value = self.plain(word)
        unit_s = self.unit()
        if unit_s is None:
            raise self.wrong(word, "a duration needs a unit", "Write s, m, h or d, as in 24 h")
        if not 0 < value * unit_s <= KEPT.total_seconds():
            fix = f"Use at most {KEPT.days} d"
            raise self.wrong(word, "nothing is kept for so long", fix)
        return timedelta(seconds=value * unit_s)

    def window(self, aggregate: Aggregate, word: Word) -> Node:
        """After the aggregate's name."""
        self.expect("(")
        kind = self._kind()
        of = self._field(aggregate, kind, word)
        low, high = self._band()
        self.expect(",")
        length_at = self.now
        length = self.duration()
        since = None
        if self.now.text == "since":
            self.take()
            since = self._kind()
        by = self._dimension()
        self.expect(")")
        if by is Dimension.BRAND and length > BRAND_WINDOW_MAX:
            raise self.wrong(length_at, "a whole brand is read for a day at most", "Use 24 h")
        feature = Feature(aggregate, kind, of, length, by, since, low, high)
        typed = _TYPE_OF.get(aggregate)
        return Ask(feature, typed or TYPE_OF_FIELD[of or Field.VALUE])

    def _kind(self) -> Kind:
        word = self.take()
        if word.text not in set(Kind):
            fix = f"Use one of {', '.join(sorted(Kind))}"
            raise self.wrong(word, f"nothing is observed as '{word.text}'", fix)
        return Kind(word.text)

    def _field(self, aggregate: Aggregate, kind: Kind, word: Word) -> Field | None:
        wanted = _wanted(aggregate)
        if self.now.text != ".":
            if not wanted:
                return None
            fix = f"Write {aggregate}({kind}.{min(wanted)}, …)"
            raise self.wrong(word, f"{aggregate} needs a field", fix)
        self.take()
        name = self.take()
        if name.text not in wanted:
            fix = f"Use one of {', '.join(sorted(wanted))}" if wanted else "Leave the field out"
            raise self.wrong(name, f"{aggregate} cannot use '{name.text}'", fix)
        return Field(name.text)

    def _band(self) -> tuple[int | None, int | None]:
        if not self._is_next("["):
            return None, None
        self.take()
        low = None if self._is_next("..") else self._money()
        self.expect("..")
        high = None if self._is_next("]") else self._money()
        last = self.expect("]")
        if low is not None and high is not None and low >= high:
            raise self.wrong(last, "the band is empty", "Write the smaller amount first")
        return low, high

    def _is_next(self, text: str) -> bool:
        return self.now.text == text

    def _money(self) -> int:
        value = self.plain(self.take())
        self.expect("usd")
        return usd(value)

    def _dimension(self) -> Dimension:
        if self.now.text != "by":
            return Dimension.PLAYER
        self.take()
        word = self.take()
        if word.text not in set(Dimension):
            fix = f"Use one of {', '.join(sorted(Dimension))}"
            raise self.wrong(word, f"there are no windows by '{word.text}'", fix)
        return Dimension(word.text)


def _wanted(aggregate: Aggregate) -> frozenset[Field]:
    if aggregate in NUMBER_AGGREGATES:
        return NUMBERS
    if aggregate in {Aggregate.DISTINCT, Aggregate.FRESH}:
        return frozenset(Field) - NUMBERS
    return frozenset()

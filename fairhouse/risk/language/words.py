"""Words of a rule's text, each with its place."""

import re
from dataclasses import dataclass
from typing import Final

from fairhouse.risk.types.rules import RuleInvalid

_WORD: Final = re.compile(
    r"(?P<space>\s+)|(?P<number>\d[\d_]*)|(?P<name>[a-z][a-z_]*)|(?P<text>\"[^\"\n]*\")"
    r"|(?P<sign>\.\.|<=|>=|==|!=|[-+*/<>()\[\],.])"
)
TEXT_MAX: Final = 4_000


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of the text; `kind` is number, name, text, sign or end."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the part of the definition that it stands in, for messages."""

    part: str
    text: str

    def wrong(self, at: int, what: str, fix: str) -> RuleInvalid:
        """An error that names the place and the fix."""
        before = self.text[:at]
        line = before.count("\n") + 1
        column = at - (before.rfind("\n") + 1) + 1
        return RuleInvalid(
            f"{self.part}, line {line}, column {column}: {what}. {fix}.", param=self.part
        )


def words(source: Source) -> list[Word]:
    """All words and an end. Refuses with RuleInvalid."""
    if len(source.text) > TEXT_MAX:
        raise source.wrong(0, "the text is too long", f"Use at most {TEXT_MAX} characters")
    found: list[Word] = []
    place = 0
    while place < len(source.text):
        match = _WORD.match(source.text, place)
        if match is None:
            what = f"'{source.text[place]}' means nothing here"
            raise source.wrong(place, what, 'Write names in lower case and text in "quotes"')
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Word(kind, match.group(), place))
        place = match.end()
    found.append(Word("end", "the end", place))
    return found

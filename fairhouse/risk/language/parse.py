"""From text to typed nodes, by recursive descent; every error names place and fix."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from fairhouse.risk.language.asking import Asking
from fairhouse.risk.language.words import Source, Word
from fairhouse.risk.types.checks import usd
from fairhouse.risk.types.observations import Aggregate
from fairhouse.risk.types.rules import (
    Arithmetic,
    Comparison,
    Name,
    Node,
    Not,
    Number,
    Text,
    This,
    Type,
)

DEPTH_MAX: Final = 40
NODES_MAX: Final = 400
_COMPARING: Final = frozenset({"<", "<=", ">", ">=", "==", "!="})
_THIS: Final[Mapping[str, Type]] = {
    "value": Type.MONEY,
    "moved": Type.MONEY,
    "returned": Type.MONEY,
    "points": Type.COUNT,
    "count": Type.COUNT,
    "hour": Type.COUNT,
    "country": Type.TEXT,
    "asset": Type.TEXT,
}
_NUMERIC: Final = frozenset({Type.COUNT, Type.MONEY, Type.DURATION})


def parse(part: str, text: str, names: Mapping[str, Type]) -> Node:
    """The expression of one part of a definition. Refuses with RuleInvalid."""
    reader = _Reader(Source(part, text), names)
    node = reader.either()
    word = reader.now
    if word.kind != "end":
        raise reader.wrong(word, f"'{word.text}' comes after the end", "Join parts with and, or")
    return node


def parse_duration(part: str, text: str) -> timedelta:
    """Such as `24 h`. Refuses with RuleInvalid."""
    reader = _Reader(Source(part, text), {})
    found = reader.duration()
    if reader.now.kind != "end":
        raise reader.wrong(reader.now, "only one duration stands here", "Write for example 24 h")
    return found


class _Reader(Asking):
    def __init__(self, source: Source, names: Mapping[str, Type]) -> None:
        super().__init__(source)
        self._names = names
        self._depth = 0
        self._nodes = 0

    def either(self) -> Node:
        """`a or b`; the entrance of every expression, so depth is counted here."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self.wrong(self.now, "it nests too deep", "Name parts of it with let")
        node = self._both()
        while self.now.text == "or":
            node = self._truths(self.take(), node, self._both())
        self._depth -= 1
        return node

    def _both(self) -> Node:
        node = self._denied()
        while self.now.text == "and":
            node = self._truths(self.take(), node, self._denied())
        return node

    def _truths(self, word: Word, left: Node, right: Node) -> Node:
        for side in (left, right):
            if side.type is not Type.TRUTH:
                what = f"'{word.text}' joins conditions, this is a {side.type}"
                raise self.wrong(word, what, "Compare it with something, as in … > 3")
        return Comparison(word.text, left, right)

    def _denied(self) -> Node:
        denials: list[Word] = []
        while self.now.text == "not":
            denials.append(self.take())
        node = self._compared()
        for word in denials:
            if node.type is not Type.TRUTH:
                raise self.wrong(word, f"not denies a condition, this is a {node.type}", "Compare")
            node = Not(node)
        return node

    def _compared(self) -> Node:
        left = self._added()
        if self.now.text not in _COMPARING:
            return left
        sign = self.take()
        right = self._added()
        if left.type is not right.type:
            what = f"a {left.type} is compared with a {right.type}"
            raise self.wrong(sign, what, _fix_for(left.type, right.type))
        is_text = left.type in {Type.TEXT, Type.TRUTH}
        if is_text and sign.text not in {"==", "!="}:
            raise self.wrong(sign, f"a {left.type} has no order", "Use == or !=")
        return Comparison(sign.text, left, right)

    def _added(self) -> Node:
        node = self._multiplied()
        while self.now.text in {"+", "-"}:
            sign, right = self.take(), self._multiplied()
            if node.type is not right.type or node.type not in _NUMERIC:
                what = f"a {node.type} and a {right.type} cannot be added"
                raise self.wrong(sign, what, _fix_for(node.type, right.type))
            node = Arithmetic(sign.text, node, right, node.type)
        return node

    def _multiplied(self) -> Node:
        node = self._atom()
        while self.now.text in {"*", "/"}:
            sign, right = self.take(), self._atom()
            node = self._product(sign, node, right)
        return node

    def _product(self, sign: Word, left: Node, right: Node) -> Node:
        if left.type not in _NUMERIC or right.type is not Type.COUNT:
            what = f"a {left.type} {sign.text} a {right.type} means nothing"
            raise self.wrong(sign, what, "Put a plain number on the right, as in turnover * 100")
        if sign.text == "/" and not (isinstance(right, Number) and right.value > 0):
            fix = "Divide by a number above 0, or use ratio(a, b)"
            raise self.wrong(sign, "only a written number divides", fix)
        return Arithmetic(sign.text, left, right, left.type)

    def _atom(self) -> Node:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            raise self.wrong(self.now, "it has too many parts", f"Use at most {NODES_MAX}")
        word = self.take()
        match word.kind:
            case "number":
                return self._number(word)
            case "text":
                return Text(word.text[1:-1])
            case "name":
                return self._named(word)
            case "sign" if word.text == "(":
                node = self.either()
                self.expect(")")
                return node
            case _:
                fix = 'Write a number, a name, a "text" or a window such as count(deposit, 24 h)'
                raise self.wrong(word, f"'{word.text}' begins nothing", fix)

    def _number(self, word: Word) -> Node:
        value = self.plain(word)
        if self.now.text == "usd":
            self.take()
            return Number(usd(value), Type.MONEY)
        seconds = self.unit()
        return Number(value, Type.COUNT) if seconds is None else Number(value * seconds, _SECONDS)

    def _named(self, word: Word) -> Node:
        if word.text in set(Aggregate) and self.now.text == "(":
            return self.window(Aggregate(word.text), word)
        if word.text == "ratio":
            return self._ratio()
        if word.text == "this":
            self.expect(".")
            name = self.take()
            if name.text not in _THIS:
                what = f"this has no '{name.text}'"
                raise self.wrong(name, what, f"Use one of {', '.join(_THIS)}")
            return This(name.text, _THIS[name.text])
        found = self._names.get(word.text)
        if found is None:
            known = ", ".join(self._names) or "none"
            raise self.wrong(
                word,
                f"nothing is named '{word.text}'",
                f"Name it with let (now: {known}), or write a window such as count(deposit, 24 h)",
            )
        return Name(word.text, found)

    def _ratio(self) -> Node:
        self.expect("(")
        above = self.either()
        comma = self.expect(",")
        below = self.either()
        self.expect(")")
        if above.type is not below.type or above.type not in _NUMERIC:
            what = f"ratio of a {above.type} and a {below.type}"
            raise self.wrong(comma, what, "Give it two counts, or two amounts of money")
        return Arithmetic("ratio", above, below, Type.COUNT)


_SECONDS: Final = Type.DURATION


def _fix_for(left: Type, right: Type) -> str:
    kinds = {left, right}
    if kinds == {Type.MONEY, Type.COUNT}:
        return "Write amounts with usd, as in 1000 usd"
    if kinds == {Type.DURATION, Type.COUNT}:
        return "Write durations with s, m, h or d, as in 24 h"
    return "Both sides must be of one kind"

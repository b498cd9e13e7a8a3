"""A rule against what was found: integers in, a verdict and words out. Total: it cannot fail."""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Final

from fairhouse.kernel.money import format_units
from fairhouse.risk.types.checks import VALUE_SCALE
from fairhouse.risk.types.observations import Feature, Field, Observation
from fairhouse.risk.types.rules import (
    Arithmetic,
    Ask,
    Comparison,
    Name,
    Node,
    Not,
    Number,
    Rule,
    Text,
    This,
    Type,
)
from fairhouse.risk.windows import number_of

Value = int | str | bool
_COMPARE: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WHOLE_DAYS_FROM_S: Final = 2 * 86_400


def judge(
    rule: Rule, fact: Observation, found: Mapping[Feature, int]
) -> tuple[bool, dict[str, Value]]:
    """Whether the condition holds, and what `let` named."""
    named: dict[str, Value] = {}
    for name, node in rule.lets:
        named[name] = value_of(node, fact, found, named)
    return bool(value_of(rule.when, fact, found, named)), named


def value_of(
    node: Node, fact: Observation, found: Mapping[Feature, int], named: Mapping[str, Value]
) -> Value:
    """One node's value."""
    match node:
        case Number() | Text():
            return node.value
        case Ask():
            return found[node.feature]
        case This():
            return _of_this(node.name, fact)
        case Name():
            return named[node.name]
        case Not():
            return not value_of(node.inner, fact, found, named)
        case Arithmetic():
            left = int(value_of(node.left, fact, found, named))
            right = int(value_of(node.right, fact, found, named))
            return _computed(node.sign, left, right)
        case Comparison():
            return _tested(node, fact, found, named)


def _tested(
    node: Comparison, fact: Observation, found: Mapping[Feature, int], named: Mapping[str, Value]
) -> bool:
    left = value_of(node.left, fact, found, named)
    if node.sign == "and" and not left:
        return False
    if node.sign == "or" and left:
        return True
    right = value_of(node.right, fact, found, named)
    match node.sign:
        case "and" | "or":
            return bool(right)
        case "==":
            return left == right
        case "!=":
            return left != right
        case _:
            return _COMPARE[node.sign](int(left), int(right))


def _computed(sign: str, left: int, right: int) -> int:
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left // right
        case _:
            return left * 100 // right if right else 0


def _of_this(name: str, fact: Observation) -> Value:
    match name:
        case "count":
            return fact.count
        case "hour":
            return fact.at.astimezone(UTC).hour
        case "country":
            return fact.country or ""
        case "asset":
            return fact.asset or ""
        case _:
            return number_of(fact, Field(name))


def explain(rule: Rule, named: Mapping[str, Value]) -> dict[str, str]:
    """The rule's words with what it saw, by language."""
    types = {name: node.type for name, node in rule.lets}
    return {
        language: _filled(text, {n: in_words(v, types[n], language) for n, v in named.items()})
        for language, text in rule.says.items()
    }


def _filled(text: str, places: Mapping[str, str]) -> str:
    for name, words in places.items():
        text = text.replace(f"{{{name}}}", words)
    return text


def in_words(value: Value, type_: Type, language: str) -> str:
    """A value as people read it."""
    match type_:
        case Type.MONEY:
            return _money(int(value), language)
        case Type.DURATION:
            return _duration(int(value), language)
        case _:
            return str(value)


def _money(value: int, language: str) -> str:
    sign = "-" if value < 0 else ""
    whole, _, rest = format_units(abs(value), VALUE_SCALE).partition(".")
    grouped = f"{int(whole):,}"
    cents = (rest + "00")[:2]
    if language == "de":
        return f"{sign}{grouped.replace(',', '.')},{cents} US-Dollar"
    return f"{sign}${grouped}.{cents}"


def _duration(seconds: int, language: str) -> str:
    is_german = language == "de"
    if seconds >= _WHOLE_DAYS_FROM_S:
        return f"{seconds // 86_400} {'Tage' if is_german else 'days'}"
    if seconds >= 7_200:
        return f"{seconds // 3_600} {'Stunden' if is_german else 'hours'}"
    return f"{seconds // 60} {'Minuten' if is_german else 'minutes'}"

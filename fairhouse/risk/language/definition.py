"""A rule's definition, JSON, to a Rule: every part is checked, nothing is guessed."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, cast

from fairhouse.risk.language.parse import parse, parse_duration
from fairhouse.risk.types.checks import CheckCode
from fairhouse.risk.types.observations import Feature, Kind
from fairhouse.risk.types.rules import (
    POINTS_MAX,
    Action,
    Arithmetic,
    Ask,
    Comparison,
    Node,
    Not,
    Rule,
    RuleInvalid,
    Type,
)

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,59}")
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_PARTS: Final = frozenset(
    {"name", "on", "let", "when", "action", "points", "check", "quiet", "says"}
)
_RESERVED: Final = frozenset({"and", "or", "not", "this", "ratio", "by", "since", "usd"})
LANGUAGES: Final = ("en", "de")
LETS_MAX: Final = 30
FEATURES_MAX: Final = 40
_SAYS_MAX: Final = 600
CHECKS: Final = frozenset(
    {
        CheckCode.VELOCITY_RULES,
        CheckCode.PASS_THROUGH,
        CheckCode.LINKED_ACCOUNTS,
        CheckCode.SOURCE_OF_FUNDS,
        CheckCode.RISK_SCORE,
        CheckCode.RISK_RULES,
    }
)
DEFAULT_QUIET: Final = timedelta(0)


def canonical(definition: Mapping[str, Any]) -> str:
    """One text for one meaning: what is hashed and compared."""
    return json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_rule(definition: object) -> Rule:
    """Type-check a definition. Refuses with RuleInvalid, which names place and fix."""
    given = _object("rule", definition)
    for part in given.keys() - _PARTS:
        raise _wrong(part, "there is no such part", f"Use {', '.join(sorted(_PARTS))}")
    lets = tuple(_lets(given.get("let", [])))
    names = {name: node.type for name, node in lets}
    when = parse("when", _text("when", given.get("when")), names)
    if when.type is not Type.TRUTH:
        raise _wrong("when", f"it is a {when.type}, not a condition", "Compare it, as in … > 3")
    features = tuple(dict.fromkeys(_features(when, *(node for _, node in lets))))
    if len(features) > FEATURES_MAX:
        raise _wrong("when", "it asks for too many windows", f"Use at most {FEATURES_MAX}")
    action = _choice("action", given.get("action"), Action)
    return Rule(
        name=_name("name", given.get("name")),
        on=_kinds(given.get("on")),
        lets=lets,
        when=when,
        action=Action(action),
        points=_points(given.get("points"), Action(action)),
        check=_check(given.get("check")),
        quiet=parse_duration("quiet", _text("quiet", given["quiet"]))
        if "quiet" in given
        else DEFAULT_QUIET,
        says=_says(given.get("says"), names),
        features=features,
        digest=hashlib.sha256(canonical(given).encode()).hexdigest(),
    )


def _lets(given: object) -> Iterator[tuple[str, Node]]:
    """In their order: a later one may use an earlier one."""
    if not isinstance(given, list):
        raise _wrong("let", "a list is expected", 'Write [["turnover", "sum(bet.moved, 7 d)"]]')
    pairs = cast("list[object]", given)
    if len(pairs) > LETS_MAX:
        raise _wrong("let", "it names too much", f"Use at most {LETS_MAX} names")
    known: dict[str, Type] = {}
    for pair in pairs:
        name, text = _pair(pair)
        part = f"let.{name}"
        if name in known:
            raise _wrong(part, "it is named twice", "Use another name")
        if not re.fullmatch(r"[a-z][a-z_]{0,39}", name) or name in _RESERVED:
            raise _wrong(part, "that is no name", "Use lower-case letters and _")
        node = parse(part, _text(part, text), known)
        known[name] = node.type
        yield name, node


def _pair(given: object) -> tuple[str, str]:
    match given:
        case [str(name), str(text)]:
            return name, text
        case _:
            fix = 'Write ["turnover", "sum(bet.moved, 7 d)"]'
            raise _wrong("let", "each is a name and an expression", fix)


def _features(*nodes: Node) -> Iterator[Feature]:
    for node in nodes:
        match node:
            case Ask():
                yield node.feature
            case Arithmetic() | Comparison():
                yield from _features(node.left, node.right)
            case Not():
                yield from _features(node.inner)
            case _:
                pass


def _says(given: object, names: Mapping[str, Type]) -> Mapping[str, str]:
    texts = _object("says", given)
    if set(texts) != set(LANGUAGES):
        raise _wrong("says", "both languages are needed", f"Give {' and '.join(LANGUAGES)}")
    for language, text in texts.items():
        part = f"says.{language}"
        if len(_text(part, text)) > _SAYS_MAX:
            raise _wrong(part, "the text is too long", f"Use at most {_SAYS_MAX} characters")
        for place in _PLACE.findall(text):
            if place not in names:
                known = ", ".join(names) or "none"
                raise _wrong(part, f"{{{place}}} is not named by let", f"Named are: {known}")
    return {language: str(texts[language]) for language in LANGUAGES}


def _object(part: str, given: object) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise _wrong(part, "an object is expected", 'Write {"…": "…"}')
    content = cast("Mapping[Any, Any]", given)
    if not all(isinstance(name, str) for name in content):
        raise _wrong(part, "names are texts", 'Write {"…": "…"}')
    return content


def _text(part: str, given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise _wrong(part, "a text is expected", "Write it in quotes")
    return given


def _name(part: str, given: object) -> str:
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        raise _wrong(part, "that is no name of a rule", "Use 3 to 60 of a-z, 0-9 and _")
    return given


def _choice(part: str, given: object, among: type[Action] | type[Kind]) -> str:
    if not isinstance(given, str) or given not in set(among):
        fix = f"Use one of {', '.join(sorted(among))}"
        raise _wrong(part, f"{given!r} is not known", fix)
    return given


def _kinds(given: object) -> frozenset[Kind]:
    if not isinstance(given, list) or not given:
        raise _wrong("on", "a list is expected", 'Write ["withdrawal_requested"]')
    items = cast("list[object]", given)
    return frozenset(Kind(_choice("on", item, Kind)) for item in items)


def _check(given: object) -> CheckCode:
    if given is None:
        return CheckCode.RISK_RULES
    if not isinstance(given, str) or given not in CHECKS:
        raise _wrong("check", f"{given!r} is no check of rules", f"Use {', '.join(sorted(CHECKS))}")
    return CheckCode(given)


def _points(given: object, action: Action) -> int:
    if given is None and action is not Action.SCORE:
        return 0
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= POINTS_MAX:
        raise _wrong("points", f"{given!r} are no points", f"Write a number from 0 to {POINTS_MAX}")
    return given


def _wrong(part: str, what: str, fix: str) -> RuleInvalid:
    return RuleInvalid(f"{part}: {what}. {fix}.", param=part)

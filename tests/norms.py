"""The norms of the house as checks over source files; test_tidy.py runs them.

A check takes a Source and yields what is wrong as "path:line: what, and the fix".
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("fairhouse", "signer", "devnet", "tools", "tests", "bench", "migrations")

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 2_500
# Documented exceptions: docs/decisions/0051-identity-is-one-module.md, 0021-lanes.md,
# 0125-many-ways-in.md, 0094-watching-the-road.md,
# 0041-custody-is-one-module.md, 0061-cashier-is-one-module.md,
# 0090-http-server.md, 0092-protection.md, 0100-one-contract-for-games.md,
# 0098-crash-rounds-and-beacons.md, 0110-watch-what-games-return.md,
# 0121-one-wish-another-approves.md, 0140-sittings-by-the-journal.md,
# 0123-brands-are-data.md,
# 0128-risk-observes-and-decides.md.
MODULE_LINES_MAX_OF = {
    "identity": 10_900,
    "betting": 6_200,
    "risk": 5_000,
    "custody": 3_700,
    "cashier": 4_700,
    "protection": 3_000,
    "backoffice": 7_500,
    "app": 5_400,
    "games": 3_900,
    "platform": 4_900,
    "games/crash": 3_200,
}
NESTING_MAX = 3
COLUMNS_MAX = 100
USE_CASES_MAX = 12

BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
MONEY_MODULES = {"kernel", "ledger", "betting", "cashier", "custody", "games", "fairness", "rates"}
PURE_FILES = {"types.py", "events.py", "rules.py"}
PUBLIC_PARTS = {"api", "types", "events"}
# Peers may also use these; a codec is pure and shared with the signer by design.
PUBLIC_EXCEPTIONS = {("chains", "codecs")}
# The documented exceptions to "SQL touches only its own schema".
FOREIGN_SCHEMAS = {("betting", "ledger")}

SHARED_WITH_SIGNER = ("fairhouse.kernel", "fairhouse.chains.codecs", "fairhouse.chains.types")

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCK = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar),
    ast.Match,
)

_SQL = re.compile(
    r"\bselect\b[\s\S]+\bfrom\b|\binsert\s+into\b|\bupdate\s+\S+\s+(as\s+\w+\s+)?set\b"
    r"|\bdelete\s+from\b|\bfor\s+update\b|\bcreate\s+(table|index|view)\b"
)
_TABLE = re.compile(
    r"\b(?:from|join|into|update|table)\s+(?:only\s+)?([a-z_]+)\.[a-z_]+", re.IGNORECASE
)
_CREATED = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:unlogged\s+)?(?:materialized\s+)?"
    r"(?:table|view|function|type|sequence)\s+(?:if\s+not\s+exists\s+)?([a-z_]+)\.",
    re.IGNORECASE,
)
_MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/[\w.]+")
# One letter of each in brackets, so that this file passes its own norm.
_REGISTRY = re.compile(r"py[p]i\.(?:org|python)|python[h]osted\.org|npm[j]s\.(?:org|com)")
_SECONDS = re.compile(r"_(s|S|seconds|SECONDS)$|^(timeout|delay)$")


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: str
    """Relative to the root, with slashes."""
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the file."""
        return list(ast.walk(self.tree))

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's parts."""
        return tuple(self.path.split("/"))

    @property
    def module(self) -> str | None:
        """The module of fairhouse that the file belongs to."""
        match self.parts:
            case ("fairhouse", module, _, *_):
                return module
        return None

    @property
    def is_pure(self) -> bool:
        """Whether the file must do without IO, clock and chance."""
        return self.module is not None and (
            self.module == "kernel" or self.parts[-1] in PURE_FILES or "rules" in self.parts
        )

    @property
    def is_store(self) -> bool:
        """Whether SQL belongs here."""
        name = self.parts[-1]
        return name.startswith("store") or "store" in self.parts[:-1]

    def at(self, node: ast.AST, message: str) -> str:
        """A finding at this node."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {message}"


Check = Callable[[Source], Iterable[str]]


def sources() -> list[Source]:
    """All Python files of ours."""
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text())
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "node_modules" not in path.parts
    ]


def file_is_short(source: Source) -> Iterator[str]:
    """At most 500 lines."""
    lines = len(source.text.splitlines())
    if lines > FILE_LINES_MAX:
        yield f"{source.path}:1: {lines} lines; split it by meaning (at most {FILE_LINES_MAX})"


def functions_are_short(source: Source) -> Iterator[str]:
    """At most 70 lines."""
    for node in source.nodes:
        if isinstance(node, FUNCTION):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield source.at(node, f"{node.name} has {lines} lines (at most 70)")


def nesting_is_shallow(source: Source) -> Iterator[str]:
    """At most three blocks inside each other."""
    if source.parts[0] == "tests":
        return
    for node in source.nodes:
        if isinstance(node, FUNCTION) and _depth(node.body) > NESTING_MAX:
            yield source.at(node, f"{node.name} nests deeper than 3; give the inside a name")


def _depth(body: Iterable[ast.AST]) -> int:
    return max((_depth_of(node) for node in body), default=0)


def _depth_of(node: ast.AST) -> int:
    if isinstance(node, (*FUNCTION, ast.ClassDef)):
        return 0
    inner = 0
    for name, value in ast.iter_fields(node):
        if not isinstance(value, list):
            continue
        depth = _depth(part for part in value if isinstance(part, ast.AST))
        # An elif is no deeper than its if.
        is_elif = name == "orelse" and len(value) == 1 and isinstance(value[0], ast.If)
        inner = max(inner, depth - 1 if is_elif else depth)
    return inner + isinstance(node, BLOCK)


def names_say_something(source: Source) -> Iterator[str]:
    """No drawer for everything."""
    for part in source.parts:
        if part.removesuffix(".py") in BANNED_NAMES:
            yield f"{source.path}:1: '{part}' says nothing; name it after what is in it"


def money_knows_no_float(source: Source) -> Iterator[str]:
    """No float literal, annotation or true division in the modules that touch money.

    Seconds (`*_s`, `timeout`) may be floats, and so may what fairness names `float` to verify it.
    """
    if source.module not in MONEY_MODULES:
        return
    forgiven = {
        id(inner)
        for node in source.nodes
        if _is_seconds(node) or (source.module == "fairness" and _is_named_float(node))
        for inner in ast.walk(node)
    }
    forgiven |= {id(node) for node in _seconds_defaults(source)}
    for node in source.nodes:
        if id(node) in forgiven:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield source.at(node, f"float {node.value}; money is counted in integers")
        if isinstance(node, ast.Name) and node.id == "float":
            yield source.at(node, "float; money is counted in integers")
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield source.at(node, "true division; name the rounding with // or kernel.money")


def _is_seconds(node: ast.AST) -> bool:
    """A statement, parameter or argument about a duration."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.arg(arg=name):
            return bool(_SECONDS.search(name))
        case ast.Assign(targets=[ast.Name(id=name)]):
            return bool(_SECONDS.search(name))
        case ast.AnnAssign(target=ast.Attribute(attr=name)) | ast.keyword(arg=str(name)):
            return bool(_SECONDS.search(name))
        case ast.Call(func=ast.Attribute(attr="sleep" | "wait_for" | "timeout")):
            return True
    return isinstance(node, FUNCTION) and bool(_SECONDS.search(node.name))


def _seconds_defaults(source: Source) -> Iterator[ast.AST]:
    """Default values of parameters about a duration."""
    for node in source.nodes:
        if isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            late = positional[len(positional) - len(node.defaults) :]
            pairs = [
                *zip(late, node.defaults, strict=True),
                *zip(node.kwonlyargs, node.kw_defaults, strict=True),
            ]
            yield from (value for arg, value in pairs if value and _SECONDS.search(arg.arg))


def _is_named_float(node: ast.AST) -> bool:
    return isinstance(node, FUNCTION) and "float" in node.name


def pure_files_ask_no_clock(source: Source) -> Iterator[str]:
    """Rules, types, events and kernel neither read the time nor draw ids."""
    if source.is_pure:
        yield from _clock_reads(source, {"now", "utcnow", "today", "uuid1", "uuid4", "urandom"})


def time_is_read_at_the_edge(source: Source) -> Iterator[str]:
    """`datetime.now` stands in platform and app alone; others use tx.now."""
    if source.module not in {None, "platform", "app"} and not source.is_pure:
        yield from _clock_reads(source, {"utcnow", "today"})
        for node in source.nodes:
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="datetime"), attr="now")):
                    yield source.at(node, "datetime.now(); use tx.now or the injected clock")


def _clock_reads(source: Source, names: set[str]) -> Iterator[str]:
    for node in source.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
                if name in names:
                    yield source.at(node, f"{name}(): time and ids are handed in")


def own_code_is_never_mocked(source: Source) -> Iterator[str]:
    """No mock library, no patched attributes: a port has a real second implementation."""
    for node in source.nodes:
        match node:
            case ast.ImportFrom(module="unittest.mock" | "mock" | "pytest_mock"):
                yield source.at(node, "mocks; use the real thing or a port's other adapter")
            case ast.ImportFrom(module="unittest", names=names) | ast.Import(names=names):
                if any(name.name in {"mock", "unittest.mock", "pytest_mock"} for name in names):
                    yield source.at(node, "mocks; use the real thing or a port's other adapter")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="monkeypatch"), attr="setattr")):
                yield source.at(node, "monkeypatch.setattr; hand the dependency in")


def sql_lives_in_the_store(source: Source) -> Iterator[str]:
    """SQL stands in store.py and platform; in tests and tools anything goes."""
    if source.module in {None, "platform"} or source.is_store:
        return
    docs = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    for node in source.nodes:
        text = _text_of(node)
        if text and id(node) not in docs and _SQL.search(text):
            yield source.at(node, "SQL outside of store.py")


def stores_keep_to_their_schema(source: Source, schemas: set[str]) -> Iterator[str]:
    """A module's SQL names its own schema only."""
    if source.module is None or not source.is_store:
        return
    for node in source.nodes:
        for schema in set(_TABLE.findall(_text_of(node))) & schemas:
            if schema != source.module and (source.module, schema) not in FOREIGN_SCHEMAS:
                yield source.at(node, f"touches schema {schema}; ask {schema}.api instead")


def _text_of(node: ast.AST) -> str:
    """The node's text when it is a string literal, else an empty one."""
    match node:
        case ast.Constant(value=str(text)):
            return text
    return ""


def stores_return_types(source: Source) -> Iterator[str]:
    """A public store function returns types, never rows."""
    if not source.is_store:
        return
    for node in source.nodes:
        if not isinstance(node, FUNCTION) or node.name.startswith("_") or not node.returns:
            continue
        if re.search(r"\bRecord\b", ast.unparse(node.returns)):
            yield source.at(node, f"{node.name} returns rows; return a type of the module")


def peers_use_the_front_door(source: Source) -> Iterator[str]:
    """Another module imports only a peer's api, types and events; app wires everything."""
    if source.module in {None, "app"}:
        return
    for node, target in imports_of(source):
        match target.split("."):
            case ["fairhouse", peer, part, *_] if peer not in {source.module, "kernel", "platform"}:
                if part not in PUBLIC_PARTS and (peer, part) not in PUBLIC_EXCEPTIONS:
                    yield source.at(node, f"{target}: import {peer}.api, types or events")


def adapters_are_named_by_wiring(source: Source) -> Iterator[str]:
    """Only app.wiring knows which adapter stands behind a port."""
    if source.parts[0] != "fairhouse" or "wiring" in source.path or "adapters" in source.parts:
        return
    for node, target in imports_of(source):
        if ".adapters" in target and target.startswith("fairhouse."):
            yield source.at(node, f"{target}: only app.wiring names an adapter")


def imports_of(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every imported dotted name, down to submodules named after `from`."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node, name.name
        if isinstance(node, ast.ImportFrom) and node.module:
            dots = node.module.count(".")
            # `from fairhouse.ledger import api` names a submodule, `from x.y.z import F` a thing.
            if node.module.startswith("fairhouse") and dots < 2:
                for name in node.names:
                    yield node, f"{node.module}.{name.name}"
            else:
                yield node, node.module


def apis_are_narrow(source: Source) -> Iterator[str]:
    """At most twelve use cases per api file, each documented, `tx` first and then keywords."""
    is_api = source.parts[-1] == "api.py" or "api" in source.parts[:-1]
    if source.module is None or source.module in {"app", "platform"} or not is_api:
        return
    cases = [
        node
        for node in source.tree.body
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]
    if len(cases) > USE_CASES_MAX:
        yield f"{source.path}:1: {len(cases)} use cases; split the api (at most {USE_CASES_MAX})"
    for case in cases:
        positional = [*case.args.posonlyargs, *case.args.args]
        if len(positional) > 1:
            yield source.at(case, f"{case.name}: one positional parameter, then keyword-only")
        if not ast.get_docstring(case):
            yield source.at(case, f"{case.name}: say what it does and what it refuses with")


def signer_keeps_to_itself(source: Source) -> Iterator[str]:
    """The signer shares kernel, the chains' codecs and the pure types they speak; nothing else."""
    if source.parts[0] != "signer":
        return
    for node, target in imports_of(source):
        allowed = target.startswith(SHARED_WITH_SIGNER)
        if target.split(".")[0] in {"fairhouse", "devnet"} and not allowed:
            yield source.at(node, f"{target}: the signer shares only kernel and chains.codecs")


def no_machine_in_it(path: str, text: str) -> Iterator[str]:
    """No absolute path of one machine, no package registry's address."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in ((_MACHINE_PATH, "a path"), (_REGISTRY, "a registry's address")):
            found = pattern.search(line)
            if found:
                yield f"{path}:{number}: {what} of one machine: {found.group()}"


def lines_fit(path: str, text: str) -> Iterator[str]:
    """100 columns, for files that ruff does not read."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS_MAX:
            yield f"{path}:{number}: {len(line)} columns (at most {COLUMNS_MAX})"


def migration_keeps_to_its_schema(path: str, text: str) -> Iterator[str]:
    """NNNN_<module>.sql creates in <module> only; the view of the journal is betting's to widen."""
    module = path.rsplit("/", maxsplit=1)[-1][5:].removesuffix(".sql").split("_")[0]
    for number, line in enumerate(text.splitlines(), 1):
        for schema in _CREATED.findall(line):
            if schema != module and (module, schema) not in FOREIGN_SCHEMAS:
                yield f"{path}:{number}: creates in schema {schema}; that is {schema}'s to do"


def module_sizes(files: Iterable[Source]) -> Counter[str]:
    """Lines per module; every adapter, codec, game and command of app counts alone."""
    sizes: Counter[str] = Counter()
    for source in files:
        if source.module is not None:
            sizes[_counted_as(source)] += len(source.text.splitlines())
    return sizes


def _counted_as(source: Source) -> str:
    _, module, *rest = source.parts
    if rest[0] in {"adapters", "codecs"} and len(rest) > 1:
        return f"{module}/{rest[0]}/{rest[1]}"
    if module in {"app", "games", "providers"} and len(rest) > 1:
        return f"{module}/{rest[0]}"
    return module


CHECKS: tuple[Check, ...] = (
    file_is_short,
    functions_are_short,
    nesting_is_shallow,
    names_say_something,
    money_knows_no_float,
    pure_files_ask_no_clock,
    time_is_read_at_the_edge,
    own_code_is_never_mocked,
    sql_lives_in_the_store,
    stores_return_types,
    peers_use_the_front_door,
    adapters_are_named_by_wiring,
    apis_are_narrow,
    signer_keeps_to_itself,
)

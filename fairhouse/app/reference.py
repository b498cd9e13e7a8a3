"""`/docs`: the player API's reference as one plain page, drawn from its OpenAPI document.

Server-rendered without scripts, so that the strict content security policy holds and nothing is
fetched from elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final, cast

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

Json = Mapping[str, Any]

_CODE: Final = re.compile(r"`([^`]+)`")
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_STYLE: Final = """
:root { color-scheme: dark light; --ground: #0d1117; --card: #161d29; --ink: #e6edf3;
  --soft: #9aa7b5; --line: #263040; --accent: #2fd180; }
@media (prefers-color-scheme: light) { :root { --ground: #f6f8fa; --card: #fff; --ink: #10151c;
  --soft: #56616e; --line: #d8dee6; --accent: #0b8a4b; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem } h2 { margin: 2.5rem 0 .8rem; font-size: 1.1rem;
  text-transform: capitalize } p { color: var(--soft); max-width: 46rem }
a { color: var(--accent) } code { font: 13px ui-monospace, monospace }
details { background: var(--card); border: 1px solid var(--line); border-radius: .7rem;
  margin: .5rem 0 } summary { cursor: pointer; padding: .7rem 1rem; display: flex; gap: .8rem;
  align-items: baseline; flex-wrap: wrap }
summary:focus-visible { outline: 2px solid var(--accent) }
.verb { font: 700 11px ui-monospace, monospace; text-transform: uppercase; min-width: 3.4rem;
  color: var(--accent) } .what { color: var(--soft) }
.body { padding: 0 1rem 1rem; overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 1rem } th, td { text-align: left;
  padding: .35rem .6rem .35rem 0; border-top: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 500 } nav a { margin-right: 1rem; text-transform: capitalize }
"""


def routes(app: FastAPI) -> APIRouter:
    """`/docs`, drawn at its first request."""
    router = APIRouter(include_in_schema=False)
    drawn: list[str] = []

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        if not drawn:
            drawn.append(page(app.openapi()))
        return HTMLResponse(drawn[0])

    return router


def page(document: Json) -> str:
    """The whole reference as HTML."""
    groups = _by_tag(document)
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in groups)
    parts = "".join(
        f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(operations)}'
        for tag, operations in groups.items()
    )
    info = document["info"]
    paragraphs = f"<p>{_prose(str(info.get('description', '')).strip())}</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])}</h1>{paragraphs}"
        '<p><a href="/v1/openapi.json">OpenAPI 3.1 document</a></p>'
        f"<nav>{links}</nav>{parts}</main></body></html>"
    )


def _prose(text: str) -> str:
    """Escaped text; what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _by_tag(document: Json) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for path, item in cast("Json", document["paths"]).items():
        for method in _METHODS:
            operation = item.get(method)
            if operation is not None:
                tag = next(iter(operation.get("tags", ())), "other")
                groups.setdefault(tag, []).append(_operation(document, method, path, operation))
    return groups


def _operation(document: Json, method: str, path: str, operation: Json) -> str:
    summary = operation.get("description") or operation.get("summary", "")
    return (
        f'<details><summary><span class="verb">{method}</span><code>{escape(path)}</code>'
        f'<span class="what">{_prose(str(summary).splitlines()[0] if summary else "")}</span>'
        f'</summary><div class="body">{_parameters(operation)}'
        f"{_body(document, operation)}{_answer(document, operation)}</div></details>"
    )


def _parameters(operation: Json) -> str:
    rows = [
        (item["name"], f"{item['in']}: {_kind(item.get('schema', {}))}", item.get("description"))
        for item in operation.get("parameters", ())
    ]
    return _table("Parameters", rows)


def _body(document: Json, operation: Json) -> str:
    schema = _json_schema(operation.get("requestBody", {}))
    return _table("Body", _fields(document, schema)) if schema else ""


def _answer(document: Json, operation: Json) -> str:
    for status in ("200", "201", "202"):
        schema = _json_schema(operation.get("responses", {}).get(status, {}))
        if schema:
            return _table(f"Answer {status}", _fields(document, schema))
    return ""


def _json_schema(holder: Json) -> Json:
    return holder.get("content", {}).get("application/json", {}).get("schema", {})


def _fields(document: Json, schema: Json) -> Iterator[tuple[str, str, str | None]]:
    resolved = _resolved(document, schema)
    required = resolved.get("required", ())
    for name, field in resolved.get("properties", {}).items():
        kind = _kind(field) if name in required else f"{_kind(field)}, optional"
        yield name, kind, field.get("description")


def _resolved(document: Json, schema: Json) -> Json:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    return document["components"]["schemas"][str(reference).rpartition("/")[2]]


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "any"))


def _table(title: str, rows: Iterator[tuple[str, str, str | None]] | list[Any]) -> str:
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td>"
        f"<td>{escape(text or '')}</td></tr>"
        for name, kind, text in rows
    )
    return f"<table><tr><th colspan=3>{title}</th></tr>{lines}</table>" if lines else ""

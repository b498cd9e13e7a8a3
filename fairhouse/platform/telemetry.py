"""Logs and metrics: JSON lines or colours, request ids, nothing secret.

`configure_logging` is called once per process by `app`; code logs with
`structlog.get_logger("module")` and key-value pairs, never with secrets: the redactor behind it is
a net, not a licence.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

REDACTED: Final = "[redacted]"
METRICS_CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_SECRET_KEY: Final = re.compile(
    r"pass(word|phrase)|secret|mnemonic|private|server_?seed(?!_?hash)|authorization|cookie"
    r"|credential|api_?key|totp|recovery|(^|_)(token|pin|code|otp|xprv|wif)$",
    re.IGNORECASE,
)
_HARMLESS_KEYS: Final = frozenset({"code", "status_code", "error_code", "exit_code"})
_URL_PASSWORD: Final = re.compile(r"(?<=://)([^:/@\s]+):[^@/\s]+(?=@)")
_DEPTH_MAX: Final = 5


def configure_logging(process: str, *, pretty: bool, level: str = "INFO") -> None:
    """Send our log and the libraries' to standard error, one line per event.

    `process` ("api", "worker", …) stands in every line; `pretty` is for a terminal.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if pretty
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    structlog.contextvars.bind_contextvars(process=process)


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: values under secret-sounding keys and passwords in URLs vanish."""
    for key, value in list(event.items()):
        event[key] = _redacted(key, value, _DEPTH_MAX)
    return event


def _redacted(key: str, value: Any, depth: int) -> Any:
    if key not in _HARMLESS_KEYS and _SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, str):
        return _URL_PASSWORD.sub(rf"\1:{REDACTED}", value)
    if depth and isinstance(value, dict):
        parts: dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {name: _redacted(str(name), part, depth - 1) for name, part in parts.items()}
    if depth and isinstance(value, list | tuple):
        items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        return [_redacted("", item, depth - 1) for item in items]
    return value


def metrics_text() -> bytes:
    """All metrics of this process in Prometheus' text format (see METRICS_CONTENT_TYPE)."""
    return generate_latest()

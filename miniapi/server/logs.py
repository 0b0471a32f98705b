"""Log lines as the original writes them: klog's text, or one JSON object a line (component-base/logs)."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from miniapi.flag import flag

DEBUG_FROM, ACCESS_FROM = 4, 2
"""The verbosities from which on debugging is told, and each request."""
_LETTERS = {logging.DEBUG: "I", logging.INFO: "I", logging.WARNING: "W", logging.ERROR: "E", logging.CRITICAL: "F"}


@dataclass
class LogsOptions:
    """How much is told, and in which form."""

    quiet: bool = flag("quiet", "Say nothing but problems.", "bool", False, section="miniapi")
    verbosity: int = flag("v", "How much to log: 0 what happens, 2 each request, 4 everything.", "int", 0)
    format: str = flag("logging-format", "text or json.", default="text")
    flush_frequency_seconds: float = flag(
        "log-flush-frequency", "Longest time that a line may be held back; none ever is.", "duration", 5.0
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        if self.format not in ("text", "json"):
            problems.append(f"--logging-format: Unsupported log format: {self.format}; use text or json")
        if self.verbosity < 0:
            problems.append(f"--v: {self.verbosity} is negative; use 0 or more")
        return problems

    @property
    def tells_requests(self) -> bool:
        """Whether each request is told."""
        return self.verbosity >= ACCESS_FROM and not self.quiet

    def apply(self, out: TextIO = sys.stderr) -> None:
        """Sends what is logged to `out`, from now on."""
        handler = logging.StreamHandler(out)
        handler.setFormatter(JsonFormatter() if self.format == "json" else TextFormatter())
        logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
        level = logging.DEBUG if self.verbosity >= DEBUG_FROM else logging.INFO
        logging.getLogger("miniapi").setLevel(logging.WARNING if self.quiet else level)


def fields(**values: Any) -> dict[str, Any]:
    """What a line says besides its message, for `extra=` of a logging call."""
    return {"fields": values}


def _fields_of(record: logging.LogRecord) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(record, "fields", {})
    return found


class TextFormatter(logging.Formatter):
    """`I1125 18:44:00.123456   12345 serving.py:42] "message" key="value"`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it."""
        at = datetime.fromtimestamp(record.created)
        head = f"{_LETTERS.get(record.levelno, 'I')}{at:%m%d %H:%M:%S.%f} {record.process:>7} "
        told, message = _fields_of(record), record.getMessage()
        line = f"{head}{record.filename}:{record.lineno}] {json.dumps(message) if told else message}"
        for name, value in told.items():
            line += f" {name}={json.dumps(value) if isinstance(value, str) else value}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class JsonFormatter(logging.Formatter):
    """`{"ts":1700000000000.1,"caller":"serving.py:42","msg":"...","v":0}`; `err` in place of `v` for errors."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry: dict[str, Any] = {
            "ts": round(record.created * 1000, 3),
            "caller": f"{record.filename}:{record.lineno}",
            "msg": record.getMessage(),
        }
        if record.levelno < logging.WARNING:
            entry["v"] = DEBUG_FROM if record.levelno < logging.INFO else 0
        entry.update(_fields_of(record))
        if record.exc_info:
            entry["err"] = self.formatException(record.exc_info)
        return json.dumps(entry, separators=(",", ":"), default=str)

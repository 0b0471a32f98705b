"""Field errors in the vocabulary of k8s.io/apimachinery/pkg/util/validation/field.

Paths are plain strings: `child(path, "spec")`, `index(path, 0)`, `key(path, "a")`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from miniapi.errors import Cause
from miniapi.schema.scalars import quote


@dataclass(frozen=True, slots=True)
class FieldError:
    """One complaint: `type` is the Status cause's reason, `message` the text after the path."""

    type: str
    path: str
    message: str
    tolerated: bool = False
    """It was so before, and the write does not change it: told as a warning."""

    def cause(self) -> Cause:
        """As an entry of details.causes."""
        return Cause(self.type, self.message, self.path)


ErrorList = list[FieldError]


def child(path: str, *names: str) -> str:
    """`spec` + `a`, `b` -> `spec.a.b`."""
    return ".".join((path, *names)) if path else ".".join(names)


def index(path: str, position: int) -> str:
    """`items` + 0 -> `items[0]`."""
    return f"{path}[{position}]"


def key(path: str, name: str) -> str:
    """`labels` + `a` -> `labels[a]`."""
    return f"{path}[{name}]"


@dataclass(frozen=True, slots=True)
class Pointer:
    """A text to which the original has a pointer, and so prints it as JSON."""

    text: str


def show(value: Any) -> str:
    """A bad value as Go's field.Error prints it: strings quoted, the rest as JSON."""
    if isinstance(value, Pointer):
        value = value.text
    elif isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else quote(value)
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # encoding/json keeps its output safe in HTML
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """FieldValueInvalid: `Invalid value: "x": detail`."""
    return FieldError("FieldValueInvalid", path, f"Invalid value: {show(value)}" + (f": {detail}" if detail else ""))


def required(path: str, detail: str = "") -> FieldError:
    """FieldValueRequired: `Required value: detail`."""
    return FieldError("FieldValueRequired", path, "Required value" + (f": {detail}" if detail else ""))


def not_supported(path: str, value: Any, supported: Sequence[str]) -> FieldError:
    """FieldValueNotSupported: lists the supported values, quoted, as given."""
    detail = ": supported values: " + ", ".join(show(s) for s in supported) if supported else ""
    return FieldError("FieldValueNotSupported", path, f"Unsupported value: {show(value)}{detail}")


def forbidden(path: str, detail: str) -> FieldError:
    """FieldValueForbidden: `Forbidden: detail`."""
    return FieldError("FieldValueForbidden", path, "Forbidden" + (f": {detail}" if detail else ""))


def duplicate(path: str, value: Any) -> FieldError:
    """FieldValueDuplicate: `Duplicate value: "x"`."""
    return FieldError("FieldValueDuplicate", path, f"Duplicate value: {show(value)}")


def not_found(path: str, value: Any) -> FieldError:
    """FieldValueNotFound: `Not found: "x"`."""
    return FieldError("FieldValueNotFound", path, f"Not found: {show(value)}")


def too_long(path: str, max_length: int) -> FieldError:
    """FieldValueTooLong: the value itself is not repeated."""
    plural = "byte" if max_length == 1 else "bytes"
    detail = f": may not be more than {max_length} {plural}" if max_length >= 0 else ": value is too long"
    return FieldError("FieldValueTooLong", path, f"Too long{detail}")


def too_many(path: str, actual: int, max_items: int) -> FieldError:
    """FieldValueTooMany: `Too many: 5: must have at most 3 items`."""
    plural = "item" if max_items == 1 else "items"
    detail = f": must have at most {max_items} {plural}" if max_items >= 0 else ": has too many items"
    return FieldError("FieldValueTooMany", path, f"Too many: {actual}{detail}")


def internal(path: str, detail: str) -> FieldError:
    """InternalError."""
    return FieldError("InternalError", path, f"Internal error: {detail}")


IMMUTABLE = "field is immutable"


Show = Callable[[Any], Any]


def immutable(path: str, value: Any, old: Any, show_as: Show | None = None) -> ErrorList:
    """`Invalid value: ...: field is immutable` where the two differ.

    `show_as` makes what is shown of a value.
    """
    if value == old:
        return []
    shown = value if value is None or show_as is None else show_as(value)
    return [invalid(path, shown, IMMUTABLE)]


def one_of(path: str, value: str | None, supported: Iterable[str]) -> ErrorList:
    """Required when empty, NotSupported (sorted) when not among `supported`."""
    if not value:
        return [required(path)]
    allowed = sorted(supported)
    return [] if value in allowed else [not_supported(path, value, allowed)]

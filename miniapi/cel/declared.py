"""From a structural schema to the type that CEL sees, and from its values to CEL's
(apiserver/pkg/cel/common/schemas.go and values.go).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from miniapi.cel.library.standard import parse_duration, parse_timestamp
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import (
    Field,
    Type,
    list_of,
    map_of,
    object_of,
)

Props = Mapping[str, Any]
Convert = Callable[[Any], Any]

MAX_REQUEST_BYTES = 3 * 1024 * 1024
"""celconfig.MaxRequestSizeBytes: what bounds all that has no bound of its own."""
_DURATION_BYTES, _DATE_BYTES, _MOMENT_BYTES = 32, 12, 37
# What is no text, list or map has no size of its own, as the original counts it.
_SCALARS = {"boolean": Type("bool", size=0), "number": Type("double", size=0), "integer": Type("int", size=0)}
# fmt: off
_KEYWORDS = frozenset((
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if",
    "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
))
# fmt: on
_plain = re.compile(r"[A-Za-z_.\-/][A-Za-z0-9_.\-/]*")
_META: Props = {"type": "object", "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}}}


def escape(name: str) -> str | None:
    """A property's name in CEL; None where it cannot be written."""
    if name in _KEYWORDS:
        return f"__{name}__"
    if _plain.fullmatch(name) is None:
        return None
    for part, written in (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")):
        name = name.replace(part, written)
    return name


def with_meta(props: Props) -> Props:
    """The schema with what every object has."""
    own = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": _META}
    given = props.get("properties") or {}
    return {**props, "properties": {**given, **own}}


def declared(props: Props, name: str = "object", *, root: bool = False) -> Type | None:
    """The schema's type; None where there is none to be had. `root`: an object of its own, also an embedded one."""
    if props.get("x-kubernetes-int-or-string"):
        return Type("dyn", size=MAX_REQUEST_BYTES - 2)
    if root or props.get("x-kubernetes-embedded-resource"):
        props = with_meta(props)
    of_type = props.get("type", "")
    if of_type == "array":
        return _array(props, name)
    if of_type == "object":
        return _object(props, name)
    if of_type == "string":
        return _string(props)
    return _SCALARS.get(of_type)


def _array(props: Props, name: str) -> Type | None:
    items = props.get("items")
    item = declared(items, name + ".@idx") if isinstance(items, Mapping) else None
    if item is None:
        return None
    most = props.get("maxItems")
    return list_of(item, most if most is not None else (MAX_REQUEST_BYTES - 2) // (min_size(items or {}) + 1))


def _object(props: Props, name: str) -> Type | None:
    additional = props.get("additionalProperties")
    if isinstance(additional, Mapping):
        value = declared(additional, name + ".@elem")
        if value is None:
            return None
        most = props.get("maxProperties")
        bound = most if most is not None else (MAX_REQUEST_BYTES - 2) // (min_size(additional) + 6)
        return map_of(Type("string", size=MAX_REQUEST_BYTES - 2), value, bound)
    fields: dict[str, Field] = {}
    for key, property_ in (props.get("properties") or {}).items():
        written = escape(key)
        found = declared(property_, f"{name}.{key}")
        if written is not None and found is not None:
            fields[written] = Field(found, key)
    return object_of(name, fields, 0)


def _string(props: Props) -> Type:
    form, most = props.get("format", ""), props.get("maxLength")
    if form == "byte":
        return Type("bytes", size=most if most is not None else MAX_REQUEST_BYTES - 2)
    if form == "duration":
        return Type("duration", size=_DURATION_BYTES)
    if form in ("date", "date-time"):
        return Type("timestamp", size=_DATE_BYTES if form == "date" else _MOMENT_BYTES)
    if most is not None:
        # Characters of up to four bytes.
        return Type("string", size=max(most, 0) * 4)
    values = [v for v in props.get("enum") or () if isinstance(v, str)]
    if values:
        return Type("string", size=max(len(v) for v in values))
    return Type("string", size=MAX_REQUEST_BYTES - 2)


def min_size(props: Props) -> int:
    """The fewest bytes that a value takes in JSON."""
    of_type = props.get("type", "")
    if props.get("x-kubernetes-int-or-string"):
        return 1
    if of_type == "object":
        if isinstance(props.get("additionalProperties"), Mapping):
            return 2
        given = props.get("properties") or {}
        needed = [n for n in props.get("required") or () if n in given and given[n].get("default") is None]
        return 2 + sum(len(n) + min_size(given[n]) + 4 for n in needed)
    if of_type == "string":
        return {"duration": 3, "date": 12, "date-time": 21}.get(props.get("format", ""), 2)
    return {"array": 2, "boolean": 4}.get(of_type, 1)


def converter(props: Props) -> Convert | None:
    """JSON to CEL where they differ: numbers, times, durations, bytes. None where all is as it is."""
    if props.get("x-kubernetes-int-or-string"):
        return None
    of_type = props.get("type", "")
    if of_type == "number":
        return _double
    if of_type == "string":
        return _FORMATS.get(props.get("format", ""))
    if of_type == "array" and isinstance(props.get("items"), Mapping):
        item = converter(props["items"])
        return _each(item) if item is not None else None
    if of_type == "object":
        return _fields(props)
    return None


def _double(value: Any) -> Any:
    return float(value) if value.__class__ is int else value


def _each(item: Convert) -> Convert:
    return lambda value: [item(v) for v in value] if value.__class__ is list else value


def _fields(props: Props) -> Convert | None:
    additional = props.get("additionalProperties")
    rest = converter(additional) if isinstance(additional, Mapping) else None
    given = props.get("properties") or {}
    changed = {name: made for name, p in given.items() if (made := converter(p)) is not None}
    nullable = [name for name, p in given.items() if p.get("nullable")]
    if not changed and rest is None and not nullable:
        return None

    def convert(value: Any) -> Any:
        if value.__class__ is not dict:
            return value
        out = dict(value)
        for name in nullable:  # a field that is null is not there
            if name in out and out[name] is None:
                del out[name]
        for name, entry in out.items():
            change = changed.get(name, rest)
            if change is not None:
                out[name] = change(entry)
        return out

    return convert


def _tolerant(parse: Callable[[str], Any]) -> Convert:
    def convert(value: Any) -> Any:
        if value.__class__ is not str:
            return value
        try:
            return parse(value)
        except (EvaluationError, ValueError):
            return value

    return convert


_FORMATS: dict[str, Convert] = {
    "byte": _tolerant(lambda t: base64.b64decode(t, validate=True)),
    "duration": _tolerant(parse_duration),
    "date": _tolerant(lambda t: parse_timestamp(f"{t}T00:00:00Z")),
    "date-time": _tolerant(parse_timestamp),
}

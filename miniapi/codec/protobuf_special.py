"""The types whose JSON form is not that of their message: times, quantities, ports that are numbers or names."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from miniapi.codec.protobuf_wire import Fields, fields, integer, length_delimited, signed, tag, varint

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]


def _time_in(text: Any) -> bytes:
    if not text:
        return b""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    delta = moment - _EPOCH
    seconds = delta.days * 86400 + delta.seconds
    return tag(1, 0) + varint(seconds) + tag(2, 0) + varint(delta.microseconds * 1000)


def _time_out(data: bytes) -> Any:
    found = _ints(data)
    if not found:
        return None
    return (_EPOCH + timedelta(seconds=found.get(1, 0))).strftime("%Y-%m-%dT%H:%M:%SZ")


def _micro_out(data: bytes) -> Any:
    found = _ints(data)
    if not found:
        return None
    moment = _EPOCH + timedelta(seconds=found.get(1, 0), microseconds=found.get(2, 0) // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _ints(data: bytes) -> dict[int, int]:
    return {number: signed(value) for number, value in fields(data) if isinstance(value, int)}


_UNITS = (("h", 3600 * 10**9), ("m", 60 * 10**9), ("s", 10**9))
_PARSED = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def _duration_in(text: Any) -> bytes:
    import re
    from decimal import Decimal

    total = sum(int(Decimal(n) * _PARSED[u]) for n, u in re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", str(text or "0s")))
    return tag(1, 0) + varint(-total if str(text).startswith("-") else total)


def _duration_out(data: bytes) -> Any:
    nanos = _ints(data).get(1, 0)
    if nanos == 0:
        return "0s"
    sign, rest = ("-" if nanos < 0 else ""), abs(nanos)
    if rest < 10**9:
        for unit, size in (("ms", 10**6), ("µs", 10**3), ("ns", 1)):
            if rest >= size:
                return f"{sign}{rest / size:g}{unit}"
    hours, rest = divmod(rest, 3600 * 10**9)
    minutes, rest = divmod(rest, 60 * 10**9)
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if hours or minutes else ""
    return f"{sign}{text}{rest / 10**9:g}s"


def _quantity_in(text: Any) -> bytes:
    return length_delimited(1, str(text).encode())


def _quantity_out(data: bytes) -> Any:
    return next((bytes(v).decode() for n, v in fields(data) if n == 1 and not isinstance(v, int)), "0")


def _int_or_string_in(value: Any) -> bytes:
    is_text = isinstance(value, str)
    number, text = (0, value) if is_text else (value or 0, "")
    return tag(1, 0) + varint(int(is_text)) + tag(2, 0) + varint(number) + length_delimited(3, text.encode())


def _int_or_string_out(data: bytes) -> Any:
    of_type, number, text = 0, 0, ""
    for field, value in fields(data):
        if field == 1:
            of_type = integer(value)
        elif field == 2:
            number = signed(integer(value))
        elif field == 3 and not isinstance(value, int):
            text = bytes(value).decode()
    return text if of_type == 1 else number


def _raw_in(value: Any) -> bytes:
    return length_delimited(1, orjson.dumps(value))


def _raw_out(data: bytes) -> Any:
    raw = next((bytes(v) for n, v in fields(data) if n == 1 and not isinstance(v, int)), b"")
    return orjson.loads(raw) if raw else None


SPECIAL: dict[str, tuple[Encode, Decode]] = {
    _META + "Time": (_time_in, _time_out),
    _META + "MicroTime": (_time_in, _micro_out),
    _META + "Duration": (_duration_in, _duration_out),
    _META + "FieldsV1": (_raw_in, _raw_out),
    "io.k8s.apimachinery.pkg.api.resource.Quantity": (_quantity_in, _quantity_out),
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": (_int_or_string_in, _int_or_string_out),
    "io.k8s.apimachinery.pkg.runtime.RawExtension": (_raw_in, _raw_out),
    _EXTENSIONS + "JSON": (_raw_in, _raw_out),
}


def text_of_bytes(data: bytes) -> str:
    """A bytes field in JSON."""
    return base64.b64encode(data).decode()


def bytes_of_text(text: str) -> bytes:
    """A bytes field from JSON."""
    return base64.b64decode(text)


__all__ = ["SPECIAL", "Fields", "bytes_of_text", "text_of_bytes"]

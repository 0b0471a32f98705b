"""The messages whose JSON is not an object of their fields: times, quantities, ports that are numbers or names.

Each has a function from its JSON form to bytes, one back, and what its Go type shows in JSON when it is zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from miniapi.codec.protobuf_table import META
from miniapi.codec.protobuf_wire import VARINT, fields, key, length_delimited, signed, varint
from miniapi.meta.raw import RawObject

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION_PART = re.compile(r"([\d.]+)(ns|us|µs|ms|s|m|h)")


@dataclass(frozen=True, slots=True)
class Special:
    """Two ways between JSON and bytes."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    zero: Any = None
    """JSON of the Go type's zero value."""


def _seconds(text: str, *, micros: bool) -> bytes:
    since = datetime.fromisoformat(text) - _EPOCH
    nanos = since.microseconds * 1000 if micros else 0
    return key(1, VARINT) + varint(since.days * 86400 + since.seconds) + key(2, VARINT) + varint(nanos)


def _time(text: Any) -> bytes:
    return _seconds(text, micros=False) if text else b""


def _micro_time(text: Any) -> bytes:
    return _seconds(text, micros=True) if text else b""


def _ints(data: bytes) -> dict[int, int]:
    return {number: signed(value) for number, value in fields(data) if isinstance(value, int)}


def _moment(data: bytes, form: str) -> Any:
    if not data:
        return None
    found = _ints(data)
    try:
        moment = _EPOCH + timedelta(seconds=found.get(1, 0), microseconds=found.get(2, 0) // 1000)
    except OverflowError:
        raise ValueError("Time.MarshalJSON: year outside of range [0,9999]") from None
    return f"{moment.year:04d}" + moment.strftime(form)


def _duration(text: Any) -> bytes:
    total = sum(int(Decimal(n) * _NANOSECONDS[unit]) for n, unit in _DURATION_PART.findall(text or ""))
    return key(1, VARINT) + varint(-total if str(text).startswith("-") else total)


def _duration_text(data: bytes) -> str:
    nanos = _ints(data).get(1, 0)
    sign, rest = ("-" if nanos < 0 else ""), abs(nanos)
    if rest == 0:
        return "0s"
    if rest < 10**9:
        unit = next(u for u in ("ms", "µs", "ns") if rest >= _NANOSECONDS[u])
        return f"{sign}{_trimmed(Decimal(rest) / _NANOSECONDS[unit])}{unit}"
    hours, rest = divmod(rest, 3600 * 10**9)
    minutes, rest = divmod(rest, 60 * 10**9)
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if hours or minutes else ""
    return f"{sign}{text}{_trimmed(Decimal(rest) / 10**9)}s"


def _trimmed(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quantity(value: Any) -> bytes:
    return length_delimited(1, str(value).encode())


def _quantity_text(data: bytes) -> str:
    return next((v.decode() for n, v in fields(data) if n == 1 and isinstance(v, bytes)), "0")


def _int_or_string(value: Any) -> bytes:
    is_text = isinstance(value, str)
    number, text = (0, value.encode()) if is_text else (value, b"")
    return key(1, VARINT) + varint(int(is_text)) + key(2, VARINT) + varint(number) + length_delimited(3, text)


def _int_or_string_value(data: bytes) -> Any:
    numbers, text = _ints(data), ""
    for number, value in fields(data):
        if number == 3 and isinstance(value, bytes):
            text = value.decode()
    return text if numbers.get(1) == 1 else numbers.get(2, 0)


def _raw(value: Any) -> bytes:
    return length_delimited(1, value.text.encode() if isinstance(value, RawObject) else orjson.dumps(value))


def _raw_value(data: bytes) -> Any:
    raw = _raw_bytes(data)
    return orjson.loads(raw) if raw else None


def _extension_value(data: bytes) -> Any:
    """With its text, which some kinds keep."""
    raw = _raw_bytes(data)
    value = orjson.loads(raw) if raw else None
    return RawObject(value, raw.decode()) if isinstance(value, dict) else value


def _raw_bytes(data: bytes) -> bytes:
    return next((v for n, v in fields(data) if n == 1 and isinstance(v, bytes)), b"")


def _texts(values: Any) -> bytes:
    return b"".join([length_delimited(1, v.encode()) for v in values or ()])


def _text_list(data: bytes) -> list[str]:
    return [v.decode() for _, v in fields(data) if isinstance(v, bytes)]


TEXTS = Special(_texts, _text_list)
"""Verbs, ExtraValue: a message that is a list of text."""

_RAW = Special(_raw, _raw_value)
SPECIAL: dict[str, Special] = {
    META + "Time": Special(_time, lambda data: _moment(data, "-%m-%dT%H:%M:%SZ")),
    META + "MicroTime": Special(_micro_time, lambda data: _moment(data, "-%m-%dT%H:%M:%S.%fZ")),
    META + "Duration": Special(_duration, _duration_text, "0s"),
    META + "FieldsV1": _RAW,
    "apimachinery.pkg.api.resource.Quantity": Special(_quantity, _quantity_text, "0"),
    "apimachinery.pkg.api.resource.QuantityValue": Special(_quantity, _quantity_text, "0"),
    "apimachinery.pkg.util.intstr.IntOrString": Special(_int_or_string, _int_or_string_value, 0),
    "apimachinery.pkg.runtime.RawExtension": Special(_raw, _extension_value),
    "apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON": _RAW,
    "apiextensions_apiserver.pkg.apis.apiextensions.v1beta1.JSON": _RAW,
}

Encoders = dict[str, Callable[[Any], bytes]]
Decoders = dict[str, Callable[[bytes], Any]]


def choice_encoder(name: str, encoders: Encoders) -> Callable[[Any], bytes]:
    """JSONSchemaPropsOrBool, OrArray and OrStringArray: one schema, or what the name says."""
    props = name.partition("Or")[0]

    def encode(value: Any) -> bytes:
        if name.endswith("OrBool"):
            head = key(1, VARINT) + varint(int(value is not False))
            return head if isinstance(value, bool) else head + length_delimited(2, encoders[props](value))
        if not isinstance(value, list):
            return length_delimited(1, encoders[props](value))
        items = [v.encode() if isinstance(v, str) else encoders[props](v) for v in value]
        return b"".join([length_delimited(2, item) for item in items])

    return encode


def choice_decoder(name: str, decoders: Decoders) -> Callable[[bytes], Any]:
    """The way back."""
    props = name.partition("Or")[0]

    def decode(data: bytes) -> Any:
        allows, one, many = False, None, []
        for number, value in fields(data):
            if isinstance(value, int):
                allows = bool(value)
            elif number == 1 or name.endswith("OrBool"):
                one = decoders[props](value)
            else:
                many.append(value.decode() if name.endswith("OrStringArray") else decoders[props](value))
        if name.endswith("OrBool"):
            return allows if one is None else one
        return many or one

    return decode


def is_choice(name: str) -> bool:
    """Whether a message has no form of its own but that of one of its fields."""
    return ".JSONSchemaPropsOr" in name

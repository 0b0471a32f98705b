"""application/json."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import orjson

from miniapi.codec.interface import Decoded, DecodeError
from miniapi.meta.go_json import json_complaint
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object


class JsonCodec:
    """orjson; duplicate keys are looked for without slowing those who have none."""

    media_type = "application/json"
    stream_media_type = "application/json"

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        try:
            obj = loads(data)
        except orjson.JSONDecodeError:
            raise DecodeError(f"couldn't get version/kind; json parse error: {json_complaint(data)}") from None
        return Decoded(obj, duplicates(data, obj))

    def encode(self, obj: Object) -> bytes:
        return orjson.dumps(obj) + b"\n"

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        return b'{"type":"%b","object":%b}\n' % (event_type.encode(), encoded.rstrip(b"\n"))


_SURROGATE = re.compile("[\ud800-\udfff]")


def loads(data: bytes) -> Any:
    """orjson.loads, but bytes that are not UTF-8, and halves of surrogate pairs, are replaced, as Go does."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        text = data.decode("utf-8", "replace")
        mended = _without_halves(text) if "\\u" in text else text
        if mended == text and "\ufffd" not in text:
            raise
        return orjson.loads(mended)


def _without_halves(text: str) -> str:
    """A text that only the standard library can read, as others can; any other text as it is."""
    try:
        read = json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text
    return _SURROGATE.sub("\ufffd", read)


class _Literal(float):
    """A number that shows as it was written."""

    text: str

    def __new__(cls, text: str) -> _Literal:
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __str__(self) -> str:
        return self.text


def as_written(data: bytes) -> Any:
    """A JSON text that `loads` can read, with fractions and large numbers that show as they were written."""
    return json.loads(data.decode("utf-8", "replace"), parse_float=_Literal)


def duplicates(data: bytes, obj: Any) -> tuple[str, ...]:
    """Complaints about keys that stand twice.

    Without escapes by number, text and re-encoded text have the same number of quotes unless a key
    was dropped, so that only suspicious bodies are read slowly.
    """
    if b"\\u" not in data and data.count(b'"') == orjson.dumps(obj).count(b'"'):
        return ()
    return tuple(in_stream_order(data, ()))


def in_stream_order(data: bytes, unknown: Sequence[str]) -> list[str]:
    """Complaints about keys that stand twice, and those about unknown fields, as a reader of the text meets them.

    What lies below an unknown field is not looked into (sigs.k8s.io/json).
    """
    found: dict[str, None] = {}
    pairs = json.loads(data.decode("utf-8", "replace"), object_pairs_hook=_Pairs)
    _walk(pairs, "", frozenset(unknown), found)
    return list(found)


class _Pairs(list):  # type: ignore[type-arg]
    """An object as the list of its pairs."""


def _walk(value: Any, path: str, unknown: frozenset[str], found: dict[str, None]) -> None:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, inner in value:
            where = f"{path}.{key}" if path else key
            if key in seen:
                found[f'duplicate field "{where}"'] = None
            seen.add(key)
            complaint = f'unknown field "{where}"'
            if complaint in unknown:
                found[complaint] = None
            else:
                _walk(inner, where, unknown, found)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _walk(inner, f"{path}[{position}]", unknown, found)

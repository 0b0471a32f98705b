"""application/yaml. The parser is loaded with the first document, so that a start does not pay for it."""

from __future__ import annotations

import re
from typing import Any

import orjson

from miniapi.codec.interface import Decoded
from miniapi.codec.json import duplicates
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object

_UNLIKE_JSON = re.compile(rb"[^\n\r -~]|\\u|[:\[,]\s*-?\d+[.eE]")
"""What YAML may read otherwise than JSON does, or refuse: other characters than ASCII's, by number too; fractions."""


def _plain_json(data: bytes) -> Any:
    """The object of a JSON text that YAML reads in the same way, only slower; None for any other."""
    if _UNLIKE_JSON.search(data):
        return None
    try:
        obj = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return None if duplicates(data, obj) else obj


class YamlCodec:
    """The first document of a body; what follows it is not read."""

    media_type = "application/yaml"
    stream_media_type = "application/yaml"

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        if data[:1] == b"{" and (plain := _plain_json(data)) is not None:
            return Decoded(plain)
        from miniapi.codec.yaml_text import load

        obj, complaints = load(data)
        return Decoded(obj, ("yaml: unmarshal errors:\n" + "\n".join(complaints),) if complaints else ())

    def encode(self, obj: Object) -> bytes:
        from miniapi.codec.yaml_text import dump

        return dump(obj)

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        raise NotImplementedError("YAML has no watch frames; negotiation never chooses it for a watch")

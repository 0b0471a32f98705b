"""From stored bytes to what is sent, and back, with no decoding where none is needed.

Stored JSON is written by us with kind, apiVersion and metadata in front and without a
resourceVersion (that is the key's revision): a read splices the revision in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import orjson

from miniapi.meta.objects import Object
from miniapi.storage.interface import Stored

_METADATA = b'"metadata":{'
_OWN_START = b'{"kind":"'


class StoredForm(Protocol):
    """The encoding of objects at rest: JSON, or the protobuf envelope."""

    def encode(self, obj: Object) -> bytes: ...

    def decode(self, data: bytes) -> Object: ...


class JsonForm:
    """JSON at rest; what an original wrote (protobuf, by its magic) is handed to `foreign`."""

    def __init__(self, foreign: Callable[[bytes], Object] | None = None) -> None:
        self._foreign = foreign

    def encode(self, obj: Object) -> bytes:
        return orjson.dumps(obj)

    def decode(self, data: bytes) -> Object:
        if data[:4] == b"k8s\x00" and self._foreign:
            return self._foreign(data)
        decoded: Object = orjson.loads(data)
        return decoded


class ProtobufForm:
    """The original's protobuf envelope at rest; JSON, by its first byte, is read too."""

    def __init__(self, encode: Callable[[Object], bytes], decode: Callable[[bytes], Object]) -> None:
        self._encode, self._decode = encode, decode

    def encode(self, obj: Object) -> bytes:
        return self._encode(obj)

    def decode(self, data: bytes) -> Object:
        if data[:1] == b"{":
            decoded: Object = orjson.loads(data)
            return decoded
        return self._decode(data)


def stored_order(obj: Object) -> Object:
    """The object to be stored: kind, apiVersion, metadata first, no resourceVersion."""
    meta = {k: v for k, v in obj["metadata"].items() if k != "resourceVersion"}
    ordered: Object = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "metadata": meta}
    for k, v in obj.items():
        if k not in ordered:
            ordered[k] = v
    return ordered


def splice(value: bytes, revision: int) -> bytes | None:
    """The object's JSON with its resourceVersion; None where the bytes are not in our own form."""
    if not value.startswith(_OWN_START):
        return None
    at = value.find(_METADATA, 0, 600)
    if at < 0:
        return None
    at += len(_METADATA)
    return b'%b"resourceVersion":"%d",%b' % (value[:at], revision, value[at:])


def splice_item(value: bytes, revision: int) -> bytes | None:
    """As `splice`, without kind and apiVersion: an item of a built-in kind's list."""
    if not value.startswith(_OWN_START):
        return None
    at = value.find(_METADATA, 0, 600)
    if at < 0:
        return None
    end = at + len(_METADATA)
    return b'{%b"resourceVersion":"%d",%b' % (value[at:end], revision, value[end:])


def with_revision(obj: Object, stored: Stored) -> Object:
    """Sets metadata.resourceVersion, second in metadata as a fresh dict's order allows."""
    obj["metadata"]["resourceVersion"] = str(stored.mod_revision)
    return obj

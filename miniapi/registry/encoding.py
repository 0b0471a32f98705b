"""From stored bytes to what is sent, and back, with no decoding where none is needed.

Stored JSON is written by us with kind, apiVersion and metadata in front and without a
resourceVersion (that is the key's revision): a read splices the revision in.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from miniapi import errors
from miniapi.codec.builtin import codec_for
from miniapi.codec.interface import DecodeError
from miniapi.codec.protobuf import MAGIC as PROTOBUF_MAGIC
from miniapi.meta.objects import Object
from miniapi.schema.scalars import ConvertError
from miniapi.storage.interface import Stored
from miniapi.storage.options import JSON, PROTOBUF, YAML

_METADATA = b'"metadata":{'
_OWN_START = b'{"kind":"'


Restore = Callable[[Object], Object]
"""From an object as another encoding or server left it to one as ours: fields that are set, in order, with defaults."""


class StoredForm:
    """Objects at rest in one media type. What lies there in another one is read too, by its first bytes."""

    def __init__(self, media_type: str = JSON, restore: Restore = lambda obj: obj) -> None:
        self.media_type = media_type
        self._codec = None if media_type == JSON else codec_for(media_type, custom=False)
        self._restore = restore

    def encode(self, obj: Object) -> bytes:
        """The object as it will lie in the store."""
        return orjson.dumps(obj) if self._codec is None else self._codec.encode(obj)

    def decode(self, data: bytes) -> Object:
        """A fresh object; 500 where the value is no object at all."""
        try:
            if data[:1] == b"{":
                obj: Object = orjson.loads(data)
                return obj
            media_type = PROTOBUF if data[:4] == PROTOBUF_MAGIC else YAML
            return self._restore(codec_for(media_type, custom=False).decode(data, None).obj)
        except (DecodeError, ConvertError, orjson.JSONDecodeError) as problem:
            raise errors.internal(f"a stored object cannot be decoded: {problem}") from None


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

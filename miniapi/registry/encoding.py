"""From stored bytes to what is sent, and back, with no decoding where none is needed.

Our own JSON has kind, apiVersion and metadata in front and no resourceVersion (that is the key's revision): a read
puts the revision in.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from miniapi import errors
from miniapi.codec.builtin import codec_for
from miniapi.codec.interface import DecodeError
from miniapi.codec.protobuf import MAGIC as PROTOBUF_MAGIC
from miniapi.kinds.kind import SharedForm
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.meta.raw import RawObject, keep_texts
from miniapi.schema.scalars import ConvertError
from miniapi.storage.interface import Stored
from miniapi.storage.options import JSON, PROTOBUF, YAML

_OWN_START = b'{"kind":"'


Restore = Callable[[Object], Object]
"""From an object as another encoding or server left it to one as ours: fields that are set, in order, with defaults."""


class StoredForm:
    """Objects at rest in one media type. What lies there in another one is read too, by its first bytes."""

    def __init__(
        self,
        media_type: str = JSON,
        restore: Restore = lambda obj: obj,
        raw_members: tuple[str, ...] = (),
        shared: SharedForm | None = None,
    ) -> None:
        self.media_type = media_type
        self._shared = shared
        self._shared_head = _type(shared.gvk) if shared else None
        self._raw_members = raw_members
        self._codec = None if media_type == JSON else codec_for(media_type)
        self._restore = restore

    def own(self, obj: Object) -> bytes:
        """Our own JSON of an object in stored order, with its raw members as they are."""
        if self._raw_members:
            return orjson.dumps(obj, _verbatim, orjson.OPT_PASSTHROUGH_SUBCLASS)
        return own_json(obj)

    def at_rest(self, obj: Object, own: bytes) -> bytes:
        """An object, given as a dict and as our own JSON, as it will lie in the store."""
        if self._shared is not None:
            return own_json(self._shared.write(obj))
        return own if self._codec is None else self._codec.encode(obj)

    def is_own(self, data: bytes) -> bool:
        """Whether a value that lies in the store is our own JSON already."""
        return is_own(data) and (self._shared_head is None or not data.startswith(self._shared_head))

    def writes(self, data: bytes) -> bool:
        """Whether a value is in the encoding that `at_rest` gives."""
        return _media_type(data) == self.media_type

    def decode(self, data: bytes) -> Object:
        """A fresh object; 500 where the value is no object at all."""
        try:
            if data[:1] == b"{":
                obj: Object = orjson.loads(data)
                if self._shared is not None and obj.get("apiVersion") == self._shared.gvk.api_version:
                    return self._shared.read(obj)
                keep_texts(obj, data, self._raw_members)
                return obj
            return self._restore(codec_for(_media_type(data)).decode(data, None).obj)
        except (DecodeError, ConvertError, orjson.JSONDecodeError) as problem:
            raise errors.internal(f"a stored object cannot be decoded: {problem}") from None


def _verbatim(value: object) -> orjson.Fragment | Object:
    """For orjson: what to write for a raw member, and for any other dict that is more than one."""
    if isinstance(value, RawObject):
        return orjson.Fragment(value.text)
    if isinstance(value, dict):
        return dict(value)
    raise TypeError


def _media_type(data: bytes) -> str:
    if data[:1] == b"{":
        return JSON
    return PROTOBUF if data[:4] == PROTOBUF_MAGIC else YAML


def is_own(value: bytes) -> bool:
    """Whether a value is JSON as we store it (and not, perhaps, as the original does)."""
    return value.startswith(_OWN_START)


def stored_order(obj: Object) -> Object:
    """The object to be stored: kind, apiVersion, metadata first, no resourceVersion."""
    meta = {k: v for k, v in obj["metadata"].items() if k != "resourceVersion"}
    ordered: Object = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "metadata": meta}
    for k, v in obj.items():
        if k not in ordered:
            ordered[k] = v
    return ordered


def head(stored_as: GroupVersionKind) -> bytes:
    """How all objects of a kind begin in our own JSON, up to where the revision goes."""
    return _type(stored_as) + b',"metadata":{'


def _type(gvk: GroupVersionKind) -> bytes:
    return b'{"kind":"%b","apiVersion":"%b"' % (gvk.kind.encode(), gvk.api_version.encode())


def own_json(obj: Object) -> bytes:
    """Our own JSON of an object in stored order, to be kept."""
    # orjson hands out its whole working buffer, eight times the size of a small object.
    return bytes(memoryview(orjson.dumps(obj)))


def with_revision(obj: Object, stored: Stored) -> Object:
    """Sets metadata.resourceVersion, second in metadata as a fresh dict's order allows."""
    obj["metadata"]["resourceVersion"] = str(stored.mod_revision)
    return obj

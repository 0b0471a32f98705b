"""application/vnd.kubernetes.protobuf: the magic, runtime.Unknown, and a message inside."""

from __future__ import annotations

from miniapi.codec.interface import Decoded, DecodeError, EncodeError
from miniapi.codec.protobuf_message import Messages
from miniapi.codec.protobuf_wire import fields, length_delimited
from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.meta.objects import Object

MAGIC = b"k8s\x00"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_META_KINDS = frozenset({"Status", "DeleteOptions", "PartialObjectMetadata", "PartialObjectMetadataList"})


class ProtobufCodec:
    """Every built-in kind; what has no message is refused."""

    media_type = "application/vnd.kubernetes.protobuf"
    stream_media_type = "application/vnd.kubernetes.protobuf;stream=watch"

    def __init__(self) -> None:
        self._messages = Messages()

    def _name(self, api_version: str, kind: str) -> str:
        group, version = parse_api_version(api_version)
        if kind in _META_KINDS:
            return _META + kind
        return self._messages.name(group, version, kind)

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        if data[:4] != MAGIC:
            raise DecodeError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
        try:
            api_version = kind = ""
            raw = b""
            for number, value in fields(memoryview(data)[4:]):
                if isinstance(value, int):
                    continue
                if number == 1:
                    for part, text in fields(value):
                        if part == 1 and not isinstance(text, int):
                            api_version = bytes(text).decode()
                        elif part == 2 and not isinstance(text, int):
                            kind = bytes(text).decode()
                elif number == 2:
                    raw = bytes(value)
            if not kind and expected is not None:
                api_version, kind = expected.api_version, expected.kind
            name = self._name(api_version, kind)
            if not name:
                raise DecodeError(f'no kind "{kind}" is registered for version "{api_version}"')
            obj: Object = {"kind": kind, "apiVersion": api_version, **self._messages.decoder(name)(raw)}
        except (ValueError, UnicodeDecodeError) as problem:
            raise DecodeError(str(problem)) from None
        return Decoded(obj)

    def encode(self, obj: Object) -> bytes:
        api_version, kind = obj.get("apiVersion", ""), obj.get("kind", "")
        name = self._name(api_version, kind)
        if not name:
            raise EncodeError(f"object {api_version} {kind} has no protobuf form")
        raw = self._messages.encoder(name)(obj)
        of_type = length_delimited(1, api_version.encode()) + length_delimited(2, kind.encode())
        return MAGIC + length_delimited(1, of_type) + length_delimited(2, raw) + b'\x1a\x00"\x00'

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        inner = length_delimited(1, event_type.encode()) + length_delimited(2, length_delimited(1, encoded))
        return len(inner).to_bytes(4, "big") + inner

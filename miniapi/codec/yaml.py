"""application/yaml. The parser is loaded with the first document, so that a start does not pay for it."""

from __future__ import annotations

from miniapi.codec.interface import Decoded
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object


class YamlCodec:
    """The first document of a body; what follows it is not read."""

    media_type = "application/yaml"
    stream_media_type = "application/yaml"

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        from miniapi.codec.yaml_text import load

        obj, complaints = load(data)
        return Decoded(obj, ("yaml: unmarshal errors:\n" + "\n".join(complaints),) if complaints else ())

    def encode(self, obj: Object) -> bytes:
        from miniapi.codec.yaml_text import dump

        return dump(obj)

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        raise NotImplementedError("YAML has no watch frames; negotiation never chooses it for a watch")

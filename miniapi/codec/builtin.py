"""The codecs that ship, in the order in which the original lists their media types."""

from __future__ import annotations

from miniapi import errors
from miniapi.codec.interface import Codec
from miniapi.codec.json import JsonCodec
from miniapi.codec.protobuf import ProtobufCodec
from miniapi.codec.yaml import YamlCodec

PROTOBUF = ProtobufCodec()
CODECS: tuple[Codec, ...] = (JsonCodec(), YamlCodec(), PROTOBUF)
_BY_TYPE = {codec.media_type: codec for codec in CODECS}


def codec_for(content_type: str) -> Codec:
    """The codec of a request's body; 415 with the list of types where there is none."""
    found = _BY_TYPE.get(content_type)
    if found is None:
        found = _BY_TYPE.get(content_type.split(";", 1)[0].strip().lower())
    if found is None:
        raise errors.unsupported_media_type([c.media_type for c in CODECS])
    return found

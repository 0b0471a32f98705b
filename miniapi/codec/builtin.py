"""The codecs that ship, in the order in which the original lists their media types."""

from __future__ import annotations

from miniapi import errors
from miniapi.codec.cbor import CborCodec
from miniapi.codec.interface import Codec
from miniapi.codec.json import JsonCodec
from miniapi.codec.protobuf import ProtobufCodec
from miniapi.codec.yaml import YamlCodec

PROTOBUF = ProtobufCodec()
CODECS: tuple[Codec, ...] = (JsonCodec(), YamlCodec(), PROTOBUF)
WITH_CBOR: tuple[Codec, ...] = (*CODECS, CborCodec())
"""What is offered with the feature gate CBORServingAndStorage."""
_BY_TYPE = {codec.media_type: codec for codec in CODECS}
_BY_TYPE_WITH_CBOR = {codec.media_type: codec for codec in WITH_CBOR}


def codec_for(content_type: str, *, cbor: bool = False) -> Codec:
    """The codec of a request's body; 415 with the list of types where there is none."""
    by_type = _BY_TYPE_WITH_CBOR if cbor else _BY_TYPE
    found = by_type.get(content_type)
    if found is None:
        found = by_type.get(content_type.split(";", 1)[0].strip().lower())
    if found is None:
        raise errors.unsupported_media_type(list(by_type))
    return found

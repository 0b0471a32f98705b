"""Which form an answer takes: Accept headers read as the original does (endpoints/handlers/negotiation)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from miniapi import errors
from miniapi.codec.builtin import CODECS, WITH_CBOR
from miniapi.codec.interface import Codec
from miniapi.wire import CBOR, JSON, PROTOBUF, YAML

Query = tuple[tuple[str, str], ...]
Shape = Literal["object", "list", "watch", "document"]
"""What is asked for; a `document` (Status, discovery) is never transformed."""
TABLE = "Table"
PARTIAL = "PartialObjectMetadata"
PARTIAL_LIST = "PartialObjectMetadataList"
AGGREGATED = ("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList")
"""Group, version and kind of an aggregated discovery document."""
_META_VERSIONS = ("v1", "v1beta1")
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_BROWSERS = ("curl", "Wget", "Mozilla/5.0")
"""User agents of those who read with their own eyes."""
_INCLUDES = ("", "None", "Metadata", "Object")


@dataclass(frozen=True, slots=True)
class Negotiated:
    """A media type and how the object is transformed on the way to it."""

    codec: Codec
    media_type: str
    as_kind: str = ""
    """Table, PartialObjectMetadata or PartialObjectMetadataList."""
    as_version: str = ""
    pretty: bool = False
    plain_json: bool = True
    """JSON, not indented, not transformed: stored bytes can go out as they are."""
    include_object: str = "Metadata"


def negotiate(
    accept: str,
    query: Query,
    *,
    user_agent: str = "",
    protobuf: bool = True,
    cbor: bool = False,
    shape: Shape = "object",
    tables: bool = True,
) -> Negotiated:
    """406 with the list of types where none is acceptable.

    A table's `includeObject` is judged by `check_table`, when the answer is there.
    """
    asked = include = ""
    for name, value in query:
        if name == "pretty":
            asked = asked or value
        elif name == "includeObject":
            include = include or value
    pretty = asked in _TRUE if asked else user_agent.startswith(_BROWSERS)
    return _negotiate(accept, pretty, include, shape, protobuf, cbor, tables)


def negotiate_error(accept: str, query: Query, user_agent: str = "", *, cbor: bool = False) -> Negotiated | None:
    """As `negotiate`, for a Status; None where nothing fits, and JSON must do."""
    try:
        return negotiate(accept, query, user_agent=user_agent, cbor=cbor, shape="document")
    except errors.ApiError:
        return None


def check_table(negotiated: Negotiated) -> None:
    """400 for an `includeObject` that a table does not know (ValidateTableOptions)."""
    include = negotiated.include_object
    if negotiated.as_kind == TABLE and include not in _INCLUDES:
        raise errors.bad_request(
            "Unable to convert to Table as requested: includeObject: Invalid value: "
            f"\"{include}\": must be 'Metadata', 'Object', 'None', or empty"
        )


@lru_cache(maxsize=1024)
def _negotiate(
    accept: str, pretty: bool, include: str, shape: Shape, protobuf: bool, cbor: bool, tables: bool
) -> Negotiated:
    codecs = WITH_CBOR if cbor else CODECS
    for media_type, parameters in clauses(accept) if accept else [("*/*", {})]:
        for codec in codecs:
            if _accepts(media_type, codec.media_type) and _allowed(
                codec.media_type, parameters, shape, protobuf, tables
            ):
                if shape == "watch" and codec.media_type == YAML:
                    streams = [_stream(c.media_type) for c in codecs if c.media_type != YAML]
                    raise errors.not_acceptable(streams)
                as_kind = parameters.get("as", "")
                indent = pretty or parameters.get("pretty") == "1"
                return Negotiated(
                    codec,
                    codec.media_type,
                    as_kind,
                    parameters.get("v", "") if as_kind else "",
                    indent,
                    codec.media_type == JSON and not indent and not as_kind,
                    include or "Metadata",
                )
    raise errors.not_acceptable([c.media_type for c in codecs])


def _stream(media_type: str) -> str:
    return f"{media_type}-seq" if media_type == CBOR else f"{media_type};stream=watch"


def _allowed(media_type: str, parameters: dict[str, str], shape: Shape, protobuf: bool, tables: bool) -> bool:
    """acceptMediaTypeOptions, with the restrictions of the endpoint."""
    if (stream := parameters.get("stream")) and (media_type == YAML or stream != "watch"):
        return False
    if parameters.get("sv"):
        return False
    target = [parameters.get(name, "") for name in ("g", "v", "as")]
    if not any(name in parameters for name in ("g", "v", "as")):
        return protobuf or media_type != PROTOBUF
    if shape == "document" or target[0] != "meta.k8s.io" or target[1] not in _META_VERSIONS:
        return False
    if target[2] == TABLE:
        return tables and media_type in (JSON, YAML, CBOR)
    return target[2] in (PARTIAL, PARTIAL_LIST)


def _accepts(asked: str, offered: str) -> bool:
    if asked in ("*/*", offered):
        return True
    group, _, sub = asked.partition("/")
    return sub == "*" and offered.startswith(group + "/")


def clauses(header: str) -> list[tuple[str, dict[str, str]]]:
    """Media types with parameters: best q first, then those without wildcards, then in the order given (goautoneg)."""
    found: list[tuple[float, bool, bool, int, str, dict[str, str]]] = []
    for position, part in enumerate(header.split(",")):
        media_type, *rest = part.strip().split(";")
        group, slash, sub = (p.strip() for p in media_type.partition("/"))
        if not slash and group == "*":
            sub = "*"
        elif not slash or "/" in sub:
            continue
        parameters = {}
        for parameter in rest:
            name, equals, value = parameter.partition("=")
            if equals:
                parameters[name.strip()] = value.strip()
        try:
            quality = float(parameters.pop("q", "1"))
        except ValueError:
            quality = 0.0
        found.append((-quality, group == "*", sub == "*", position, f"{group}/{sub}", parameters))
    return [(m, p) for *_, m, p in sorted(found, key=lambda f: f[:4])]


def choose(accept: str, offered: Sequence[str]) -> str:
    """For documents with media types of their own: which of those is wanted first; empty where none is."""
    if not accept:
        return offered[0]
    return next((o for media_type, _ in clauses(accept) for o in offered if _accepts(media_type, o)), "")


def negotiate_discovery(accept: str) -> Codec | None:
    """The codec of an aggregated discovery document; None where no clause, however late, asks for one."""
    for media_type, parameters in clauses(accept):
        if tuple(parameters.get(name) for name in ("g", "v", "as")) == AGGREGATED:
            found = next((codec for codec in CODECS if _accepts(media_type, codec.media_type)), None)
            if found is not None:
                return found
    return None

"""Which form an answer takes: Accept headers read as the original does (endpoints/handlers/negotiation)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from miniapi import errors
from miniapi.codec.builtin import CODECS
from miniapi.codec.interface import Codec
from miniapi.wire import PROTOBUF, YAML

Query = tuple[tuple[str, str], ...]
_VERSIONS = ("v1", "v1beta1")


@dataclass(frozen=True, slots=True)
class Negotiated:
    """A media type and how the object is transformed on the way to it."""

    codec: Codec
    media_type: str
    as_kind: str = ""
    """Table, PartialObjectMetadata or PartialObjectMetadataList."""
    as_group: str = ""
    as_version: str = ""
    pretty: bool = False
    plain_json: bool = True
    """JSON, not indented, not transformed: stored bytes can go out as they are."""
    include_object: str = "Metadata"


def negotiate(
    accept: str, query: Query, *, protobuf: bool = True, listing: bool = False, watching: bool = False
) -> Negotiated:
    """406 with the list of types where none is acceptable."""
    pretty = include = ""
    for name, value in query:
        if name == "pretty":
            pretty = value or "true"
        elif name == "includeObject":
            include = value
    return _negotiate(accept, pretty not in ("", "false", "0"), include, listing, watching, protobuf)


def negotiate_error(accept: str, query: Query) -> Negotiated | None:
    """As `negotiate`, for a Status: never a table, JSON where nothing fits."""
    try:
        chosen = negotiate(accept, query)
    except errors.ApiError:
        return None
    return None if chosen.as_kind else chosen


@lru_cache(maxsize=1024)
def _negotiate(accept: str, pretty: bool, include: str, listing: bool, watching: bool, protobuf: bool) -> Negotiated:
    clauses = _clauses(accept) if accept.strip() else [("*/*", {})]
    for media_type, parameters in clauses:
        for codec in CODECS:
            if not _accepts(media_type, codec.media_type) or (watching and codec.media_type == YAML):
                continue
            if codec.media_type == PROTOBUF and (not protobuf or parameters.get("as") == "Table"):
                continue
            as_kind = parameters.get("as", "")
            if as_kind:
                if not _transforms(as_kind, parameters, listing):
                    continue
                if as_kind == "Table" and include not in ("", "None", "Metadata", "Object"):
                    raise errors.bad_request(
                        "Unable to convert to Table as requested: includeObject: Invalid value: "
                        f"\"{include}\": must be 'Metadata', 'Object', 'None', or empty"
                    )
            return Negotiated(
                codec,
                codec.media_type,
                as_kind,
                parameters.get("g", "") if as_kind else "",
                parameters.get("v", "") if as_kind else "",
                pretty,
                codec.media_type == "application/json" and not pretty and not as_kind,
                include or "Metadata",
            )
    offered = [c.media_type for c in CODECS if protobuf or c.media_type != PROTOBUF]
    listed = [f"{m};stream=watch" for m in offered if m != YAML] if watching else offered
    raise errors.ApiError(
        406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: " + ", ".join(listed), kind=""
    )


def _transforms(as_kind: str, parameters: dict[str, str], listing: bool) -> bool:
    if parameters.get("g") != "meta.k8s.io" or parameters.get("v") not in _VERSIONS:
        return False
    wanted = "PartialObjectMetadataList" if listing else "PartialObjectMetadata"
    return as_kind in ("Table", wanted)


def _accepts(asked: str, offered: str) -> bool:
    if asked in ("*/*", offered):
        return True
    group, _, sub = asked.partition("/")
    return sub == "*" and offered.startswith(group + "/")


def _clauses(header: str) -> list[tuple[str, dict[str, str]]]:
    """Media types with parameters, best q first, in the order given."""
    found: list[tuple[float, int, str, dict[str, str]]] = []
    for position, part in enumerate(header.split(",")):
        media_type, *rest = part.strip().split(";")
        parameters = {}
        for parameter in rest:
            name, _, value = parameter.strip().partition("=")
            parameters[name] = value
        try:
            quality = float(parameters.pop("q", "1"))
        except ValueError:
            quality = 0.0
        found.append((-quality, position, media_type.strip(), parameters))
    return [(m, p) for _, _, m, p in sorted(found, key=lambda f: f[:2])]


def choose(accept: str, offered: Sequence[str]) -> str:
    """For documents with media types of their own: which of those is wanted first; empty where none is."""
    if not accept:
        return offered[0]
    return next((o for media_type, _ in _clauses(accept) for o in offered if _accepts(media_type, o)), "")


AGGREGATED = ("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList")


def negotiate_discovery(accept: str) -> Codec | None:
    """The codec of an aggregated discovery document; None where no clause, however late, asks for one."""
    for media_type, parameters in _clauses(accept):
        if [parameters.get(name) for name in ("g", "v", "as")] == [
            "apidiscovery.k8s.io",
            "v2",
            "APIGroupDiscoveryList",
        ]:
            found = next((codec for codec in CODECS if _accepts(media_type, codec.media_type)), None)
            if found is not None:
                return found
    return None

"""The discovery paths of a catalog: /api, /apis and what lies below, legacy and aggregated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import orjson

from miniapi import errors
from miniapi.codec.builtin import CODECS
from miniapi.codec.interface import Codec
from miniapi.codec.negotiate import negotiate, negotiate_discovery
from miniapi.endpoints import documents, routing
from miniapi.endpoints.context import Context
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.wire import JSON, Reply

AGGREGATED = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""What the content type says besides the media type."""
JSON_CODEC = CODECS[0]


class MoreKinds(Protocol):
    """Kinds that come and go while the server runs."""

    changes: int
    """Rises when `kinds` answers something else."""

    def kinds(self) -> Sequence[Kind]:
        """Of groups that the catalog has not, in the order of their groups, the preferred version first."""
        ...

    def places(self) -> Sequence[tuple[str, str]]:
        """Groups and versions that are told of even while nothing is known of their kinds."""
        ...


class Discovery:
    """Documents made on first use and kept while the kinds stay as they are."""

    def __init__(self, catalog: Catalog, server_address: str, more: Sequence[MoreKinds] = ()) -> None:
        self._server_address = server_address
        self._more, self._changes = more, 0
        self._builtin: dict[str, dict[str, list[Kind]]] = {}
        for kind in catalog:
            self._builtin.setdefault(kind.gvk.group, {}).setdefault(kind.gvk.version, []).append(kind)
        for name, versions in self._builtin.items():
            self._builtin[name] = dict(sorted(versions.items(), key=lambda v: _age(v[0]), reverse=True))
        self._groups = self._builtin
        self._made: dict[tuple[str, str, bool], tuple[bytes, str]] = {}

    @property
    def groups(self) -> dict[str, dict[str, list[Kind]]]:
        """Kinds by group and version, the wanted ones first."""
        changes = sum(more.changes for more in self._more)
        if changes != self._changes:
            self._changes = changes
            self._made.clear()
            self._groups = dict(self._builtin)
            for kind in (kind for more in self._more for kind in more.kinds()):
                if kind.gvk.group not in self._builtin:
                    self._groups.setdefault(kind.gvk.group, {}).setdefault(kind.gvk.version, []).append(kind)
            for group, version in (place for more in self._more for place in more.places()):
                if group not in self._builtin:
                    self._groups.setdefault(group, {}).setdefault(version, [])
        return self._groups

    def paths(self) -> list[str]:
        """All that is served here, as `/` lists it."""
        out = ["/api", "/apis"]
        for name, versions in self.groups.items():
            if name:
                out.append(f"/apis/{name}")
            out += [f"/apis/{name}/{v}" if name else f"/api/{v}" for v in versions]
        return out

    async def serve(self, context: Context) -> Reply | None:
        """None for a path that is not a discovery document."""
        request = context.request
        if "//" in request.path:
            return None
        parts = request.path.strip("/").split("/")
        made = self._made_of(parts, JSON_CODEC, aggregated=False)
        if made is None:
            return None
        if request.method == "GET":
            routing.check_types(request, routing.MEDIA_TYPES, routing.MEDIA_TYPES)
        elif parts[0] != "apis" or len(parts) > 2:  # groups are the aggregator's to tell, which takes any method
            raise errors.method_not_allowed()
        accept = request.headers.get("Accept", "")
        codec = negotiate_discovery(accept) if len(parts) == 1 else None
        if codec is not None:
            data, etag = self._made_of(parts, codec, aggregated=True) or (b"", "")
            headers = [("Vary", "Accept"), ("ETag", etag), ("Cache-Control", "public")]
            if request.headers.get("If-None-Match") == etag:
                return Reply(304, content_type="", headers=headers)
            return Reply(200, data, codec.media_type + AGGREGATED, headers)
        user_agent = request.headers.get("User-Agent", "")
        negotiated = negotiate(accept, context.info.query, user_agent=user_agent, shape="document")
        codec = negotiated.codec
        if codec is not JSON_CODEC:
            made = self._made_of(parts, codec, aggregated=False) or made
        data = made[0]
        if negotiated.pretty and codec.media_type == JSON:
            data = orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2)
        return Reply(200, data, codec.media_type, [("Vary", "Accept")] if len(parts) == 1 else [])

    def _made_of(self, parts: list[str], codec: Codec, *, aggregated: bool) -> tuple[bytes, str] | None:
        """-> (the document's bytes, its ETag); None where there is no such document."""
        groups = self.groups
        key = ("/".join(parts), codec.media_type, aggregated)
        made = self._made.get(key)
        if made is None:
            document = self._document(groups, parts, aggregated=aggregated)
            if document is None:
                return None
            data = codec.encode(document)
            made = self._made[key] = (data, '"' + hashlib.sha512(data).hexdigest().upper() + '"')
        return made

    def _document(
        self, groups: dict[str, dict[str, list[Kind]]], parts: list[str], *, aggregated: bool
    ) -> documents.Document | None:
        named = {n: v for n, v in groups.items() if n}
        if parts == ["api"]:
            if aggregated:
                return documents.aggregated({"": groups[""]}, "v2")
            addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": self._server_address}]
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}
        if parts == ["apis"]:
            if aggregated:
                return documents.aggregated(named, "v2")
            # Groups that others brought stand here in the order of their API services' names, `version.group`.
            brought = sorted(named.keys() - self._builtin, key=lambda n: min(f"{v}.{n}" for v in named[n]))
            names = [*(n for n in named if n in self._builtin), *brought]
            listed = [documents.group(n, named[n]) for n in names]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}
        if parts[0] == "api" and len(parts) == 2 and parts[1] in groups[""]:
            return documents.resource_list(groups[""][parts[1]], parts[1])
        if parts[0] == "apis" and len(parts) == 2 and parts[1] in named:
            return {"kind": "APIGroup", "apiVersion": "v1", **documents.group(parts[1], named[parts[1]])}
        if parts[0] == "apis" and len(parts) == 3 and parts[2] in named.get(parts[1], {}):
            return documents.resource_list(named[parts[1]][parts[2]], f"{parts[1]}/{parts[2]}")
        return None


def _age(version: str) -> tuple[int, str]:
    stage = 2 if "alpha" not in version and "beta" not in version else 1 if "beta" in version else 0
    return stage, version

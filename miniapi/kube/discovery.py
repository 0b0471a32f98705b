"""The discovery paths of a catalog: /api, /apis and what lies below, legacy and aggregated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import orjson

from miniapi.codec.negotiate import negotiate
from miniapi.endpoints import documents
from miniapi.endpoints.context import Context
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.wire import JSON, Reply

AGGREGATED = ("v2",)


class MoreKinds(Protocol):
    """Kinds that come and go while the server runs."""

    changes: int
    """Rises when `kinds` answers something else."""

    def kinds(self) -> Sequence[Kind]:
        """Of groups that the catalog has not, in the order of their groups, the preferred version first."""
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
        self._made: dict[tuple[str, str], tuple[bytes, str]] = {}

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
        if context.info.verb != "get" or "//" in context.request.path:
            return None
        parts = context.request.path.strip("/").split("/")
        accept = context.request.headers.get("Accept", "")
        aggregated = _aggregated(accept) if len(parts) == 1 else ""
        key = ("/".join(parts), aggregated)
        groups = self.groups
        made = self._made.get(key)
        if made is None:
            document = self._document(groups, parts, aggregated)
            if document is None:
                return None
            data = orjson.dumps(document) + b"\n"
            made = self._made[key] = (data, '"' + hashlib.sha512(data).hexdigest().upper() + '"')
        data, etag = made
        if aggregated:
            headers = [("Vary", "Accept"), ("ETag", etag)]
            content_type = f"application/json;g=apidiscovery.k8s.io;v={aggregated};as=APIGroupDiscoveryList"
            if context.request.headers.get("If-None-Match") == etag:
                return Reply(304, b"", content_type, headers)
            return Reply(200, data, content_type, headers)
        negotiated = negotiate(accept.replace("as=APIGroupDiscoveryList", ""), context.info.query)
        headers = [("Vary", "Accept")] if len(parts) == 1 else []
        if negotiated.codec.media_type == JSON:
            return Reply(200, data, JSON, headers)
        return Reply(200, negotiated.codec.encode(orjson.loads(data)), negotiated.media_type, headers)

    def _document(
        self, groups: dict[str, dict[str, list[Kind]]], parts: list[str], aggregated: str
    ) -> documents.Document | None:
        named = {n: v for n, v in groups.items() if n}
        if parts == ["api"]:
            if aggregated:
                return documents.aggregated({"": groups[""]}, aggregated)
            addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": self._server_address}]
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}
        if parts == ["apis"]:
            if aggregated:
                return documents.aggregated(named, aggregated)
            listed = [documents.group(n, v) for n, v in named.items()]
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


def _aggregated(accept: str) -> str:
    """The aggregated version asked for first, empty where plain JSON is wanted."""
    for clause in accept.split(","):
        if "as=APIGroupDiscoveryList" in clause and "g=apidiscovery.k8s.io" in clause:
            for version in AGGREGATED:
                if f"v={version};" in clause + ";":
                    return version
        elif clause.strip().split(";")[0] in ("application/json", "*/*"):
            return ""
    return ""

"""/openapi/v3 and /openapi/v2, from the published definitions, made per group on first use."""

from __future__ import annotations

import asyncio
import hashlib
import re
from email.utils import formatdate
from importlib import resources
from typing import Any, Protocol

import orjson

from miniapi import __version__
from miniapi.codec.negotiate import choose
from miniapi.endpoints.context import Context
from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.kube import openapi_proto
from miniapi.wire import JSON, Reply

Document = dict[str, Any]
INDEX_TYPE = "text/plain; charset=utf-8"
"""What the original's file server takes the index for."""
YEAR_SECONDS = 365 * 24 * 3600
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_CUSTOM = {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"}
"""The info of documents of custom kinds."""
PATCH_TYPES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")


class MoreDocuments(Protocol):
    """What kinds that come and go add."""

    @property
    def changes(self) -> int:
        """Rises when any document changes."""
        ...

    def prefixes(self) -> dict[str, str]:
        """`apis/GROUP/VERSION` -> digest of its document."""
        ...

    def v3(self, prefix: str) -> tuple[Document, Document]:
        """(paths, schemas) of one group and version."""
        ...

    def v2(self) -> tuple[Document, Document]:
        """(paths, definitions) of all."""
        ...


class OpenApi:
    """Definitions are read when the first client asks, and let go again."""

    def __init__(self, catalog: Catalog, release: str, version: str, more: MoreDocuments) -> None:
        self._more, self._changes = more, 0
        self._more_prefixes: dict[str, str] = {}
        self._catalog = catalog
        self._release = release
        self._version = version
        self._made: dict[str, bytes] = {}
        self._groups: dict[str, list[Kind]] = {}
        for kind in catalog:
            self._groups.setdefault(_prefix(kind), []).append(kind)

    async def serve_v3(self, context: Context) -> Reply | None:
        """The index, and one document per group and version (kube-openapi handler3)."""
        path = context.request.path.removeprefix("/openapi/v3").strip("/")
        self._refresh()
        if not path:
            return self._conditional(context, self._index(), INDEX_TYPE)
        if path not in self._groups and path not in self._more_prefixes:
            return Reply(404, content_type="", headers=[("Vary", "Accept")])
        if not choose(context.request.headers.get("Accept", ""), (JSON,)):
            return Reply(406, content_type="", headers=[("Vary", "Accept")])
        digest = self._hash(path)
        asked = next((value for name, value in context.info.query if name == "hash" and value), "")
        if asked and asked != digest:
            location = f"/openapi/v3/{path}?hash={digest}"
            moved = f'<a href="{location}">Moved Permanently</a>.\n\n'.encode()
            return Reply(301, moved, "text/html; charset=utf-8", [("Location", location)])
        reply = self._conditional(context, self._document(path), JSON, digest)
        if asked:
            year = formatdate(context.received.timestamp() + YEAR_SECONDS, usegmt=True)
            reply.headers += [("Cache-Control", "public, immutable"), ("Expires", year)]
        return reply

    def _index(self) -> bytes:
        index = {
            prefix: {"serverRelativeURL": f"/openapi/v3/{prefix}?hash={self._hash(prefix)}"}
            for prefix in (*self._groups, *self._more_prefixes)
        }
        return orjson.dumps({"paths": index})

    async def serve_v2(self, context: Context) -> Reply | None:
        """One document of everything, as JSON or protobuf."""
        offered = (JSON, *openapi_proto.MEDIA_TYPES)
        media_type = choose(context.request.headers.get("Accept", ""), offered)
        if not media_type:
            return Reply(406, content_type="", headers=[("Vary", "Accept")])
        self._refresh()
        if media_type == JSON:
            return self._conditional(context, await self._v2_json(), JSON)
        made = self._made.get("v2+protobuf")
        if made is None:
            data = await self._v2_json()
            made = self._made["v2+protobuf"] = await asyncio.to_thread(
                lambda: openapi_proto.document(orjson.loads(data))
            )
        return self._conditional(context, made, openapi_proto.MEDIA_TYPES[-1])

    async def _v2_json(self) -> bytes:
        made = self._made.get("v2")
        if made is None:
            more = self._more.v2()
            made = self._made["v2"] = await asyncio.to_thread(self._swagger, *more)
        return made

    def _refresh(self) -> None:
        """Forgets what was made before the kinds that come and go changed."""
        if self._more.changes != self._changes:
            self._changes = self._more.changes
            for name in ("v2", "v2+protobuf", *self._more_prefixes):
                self._made.pop(name, None)
            self._more_prefixes = self._more.prefixes()

    def _swagger(self, more_paths: Document, more_definitions: Document) -> bytes:
        """All definitions, also those of kinds that are not served; a thread's work, since it takes a while."""
        paths: Document = {}
        for kinds in self._groups.values():
            for kind in kinds:
                paths.update(_paths(kind, v3=False))
        return orjson.dumps(
            {
                "swagger": "2.0",
                "info": {"title": "Kubernetes", "version": self._version},
                "paths": paths | more_paths,
                "definitions": {name: _v2(body) for name, body in self._definitions().items()} | more_definitions,
            }
        )

    def _conditional(self, context: Context, data: bytes, content_type: str, digest: str = "") -> Reply:
        """With its ETag; 304 for a client that has it already, no body for HEAD."""
        etag = f'"{digest or hashlib.sha512(data).hexdigest().upper()}"'
        headers = [("Vary", "Accept"), ("ETag", etag)]
        if etag in context.request.headers.get("If-None-Match", ""):
            return Reply(304, content_type="", headers=headers)
        return Reply(200, data, content_type, headers)

    def _hash(self, prefix: str) -> str:
        if prefix in self._more_prefixes:
            return self._more_prefixes[prefix]
        names = ",".join(sorted(f"{k.plural}/{k.gvk.kind}" for k in self._groups[prefix]))
        return hashlib.sha256(f"{__version__}{self._version}{prefix}{names}".encode()).hexdigest().upper()

    def _document(self, prefix: str) -> bytes:
        made = self._made.get(prefix)
        if made is None:
            definitions = self._definitions()
            by_kind: dict[tuple[str, str, str], str] = {}
            for name, body in definitions.items():
                for gvk in body.get("x-kubernetes-group-version-kind", []):
                    by_kind.setdefault((gvk["group"], gvk["version"], gvk["kind"]), name)
            wanted: dict[str, Any] = {}
            paths: Document = {}
            for kind in self._groups.get(prefix, ()):
                for gvk in (kind.gvk, kind.list_gvk):
                    found = by_kind.get((gvk.group, gvk.version, gvk.kind))
                    if found:
                        _reach(found, definitions, wanted)
                paths.update(_paths(kind, v3=True))
            custom = prefix in self._more_prefixes
            for name in ("DeleteOptions", "Patch", "Status", *(() if custom else ("APIResourceList",))):
                _reach(_META + name, definitions, wanted)
            if custom:
                paths, schemas = self._more.v3(prefix)
                for name in _references(orjson.dumps([paths, schemas])):
                    _reach(name, definitions, wanted)
                wanted.update(schemas)
            made = self._made[prefix] = orjson.dumps(
                {
                    "openapi": "3.0.0",
                    "info": _CUSTOM if custom else {"title": "Kubernetes", "version": self._version},
                    "paths": paths,
                    "components": {"schemas": wanted},
                }
            )
        return made

    def _definitions(self) -> dict[str, Any]:
        folder = resources.files("kubernetes_validate").joinpath(f"kubernetes-json-schema/v{self._release}.0-local")
        loaded: dict[str, Any] = orjson.loads(folder.joinpath("_definitions.json").read_bytes())
        definitions: dict[str, Any] = loaded["$defs"]
        return definitions


def _prefix(kind: Kind) -> str:
    gvk = kind.gvk
    return f"apis/{gvk.group}/{gvk.version}" if gvk.group else f"api/{gvk.version}"


def _references(document: bytes) -> set[str]:
    """The names of what a document refers to."""
    return {name.decode() for name in re.findall(rb'"#/components/schemas/([^"]+)"', document)}


def _reach(name: str, definitions: dict[str, Any], wanted: dict[str, Any]) -> None:
    if name in wanted or name not in definitions:
        return
    wanted[name] = None
    wanted[name] = _rewrite(definitions[name], "#/components/schemas/", definitions, wanted)


def _rewrite(node: Any, base: str, definitions: dict[str, Any], wanted: dict[str, Any] | None) -> Any:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            name = reference.rsplit("/", 1)[-1]
            if wanted is not None:
                _reach(name, definitions, wanted)
            target = {"$ref": base + name}
            rest = {k: v for k, v in node.items() if k != "$ref"}
            return {"allOf": [target], **rest} if rest and wanted is not None else {**target, **rest}
        out = {k: _rewrite(v, base, definitions, wanted) for k, v in node.items() if k not in ("$schema", "$id")}
        kinds = out.get("type")
        if isinstance(kinds, list):
            plain = [t for t in kinds if t != "null"]
            if len(plain) == 1:
                out["type"] = plain[0]
            else:
                out.pop("type")
        return out
    if isinstance(node, list):
        return [_rewrite(v, base, definitions, wanted) for v in node]
    return node


def _v2(body: Any) -> Any:
    return _rewrite(body, "#/definitions/", {}, None)


def _paths(kind: Kind, *, v3: bool) -> Document:
    base = f"/{_prefix(kind)}" + ("/namespaces/{namespace}" if kind.namespaced else "") + f"/{kind.plural}"
    gvk = {"group": kind.gvk.group, "version": kind.gvk.version, "kind": kind.gvk.kind}
    out: Document = {}
    verbs = {
        "create": ("post", base),
        "get": ("get", base + "/{name}"),
        "update": ("put", base + "/{name}"),
        "patch": ("patch", base + "/{name}"),
        "delete": ("delete", base + "/{name}"),
    }
    for verb, (method, path) in verbs.items():
        if verb not in kind.verbs:
            continue
        parameters = []
        if method in ("post", "put", "patch"):
            for name in _PARAMETERS:
                parameter: Document = {"name": name, "in": "query"}
                if v3:
                    parameter["schema"] = {"type": "string", "uniqueItems": True}
                else:
                    parameter.update(type="string", uniqueItems=True)
                parameters.append(parameter)
        operation = out.setdefault(path, {})[method] = {
            "operationId": f"{verb}{kind.gvk.version.capitalize()}{kind.gvk.kind}",
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": verb if verb != "create" else "post",
            "x-kubernetes-group-version-kind": gvk,
        }
        if method == "patch":
            operation.update(_patch_body(parameters, v3=v3))
    return out


def _patch_body(parameters: list[Document], *, v3: bool) -> Document:
    """What a patch may be: kubectl apply asks whether strategic merge is among it."""
    if v3:
        schema = {"$ref": f"#/components/schemas/{_META}Patch"}
        return {"requestBody": {"content": {t: {"schema": schema} for t in PATCH_TYPES}, "required": True}}
    schema = {"$ref": f"#/definitions/{_META}Patch"}
    parameters.append({"name": "body", "in": "body", "required": True, "schema": schema})
    return {"consumes": list(PATCH_TYPES)}

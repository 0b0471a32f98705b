"""The paths of custom resources in OpenAPI: operations, their parameters, bodies and answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from miniapi.apiextensions.openapi import Document, Schemas
from miniapi.kinds.kind import Kind

_JSON_TYPES = ("application/json", "application/yaml")
_PATCH_TYPES = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")
_PRETTY = (
    "If 'true', then the output is pretty printed. Defaults to 'false' unless the user-agent indicates a browser or "
    "command-line HTTP tool (curl and wget)."
)
_LIST = (
    ("allowWatchBookmarks", "boolean"), ("continue", "string"), ("fieldSelector", "string"),
    ("labelSelector", "string"), ("limit", "integer"), ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"), ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"), ("watch", "boolean"),
)  # fmt: skip
_WRITE = (("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"))
_PARAMETERS: dict[str, tuple[tuple[str, str], ...]] = {
    "get": (("resourceVersion", "string"),),
    "list": _LIST,
    "deletecollection": _LIST,
    "post": _WRITE,
    "put": _WRITE,
    "patch": (*_WRITE, ("force", "boolean")),
    "delete": (
        ("dryRun", "string"), ("gracePeriodSeconds", "integer"),
        ("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
        ("orphanDependents", "boolean"), ("propagationPolicy", "string"),
    ),
}  # fmt: skip
_ARTICLES = "aeiou"


def paths(kind: Kind, schemas: Schemas, *, v3: bool) -> Document:
    """All paths of one version."""
    return _Paths(kind, schemas, v3).all()


class _Paths:
    def __init__(self, kind: Kind, schemas: Schemas, v3: bool) -> None:
        self._kind, self._schemas, self._v3 = kind, schemas, v3
        gvk = kind.gvk
        self._group = "".join(_title(p) for p in re.split(r"[^A-Za-z0-9]+", gvk.group.removesuffix(".k8s.io")))
        self._version = _title(gvk.version)
        self._namespaced = "Namespaced" if kind.namespaced else ""

    def all(self) -> Document:
        """By path."""
        kind, own, listed = self._kind, self._schemas.reference(self._schemas.name), self._schemas.list_name
        root = f"/apis/{kind.gvk.group}/{kind.gvk.version}/{kind.plural}"
        out: Document = {}
        listed_ref = self._schemas.reference(listed)
        if kind.namespaced:
            across = self._operation("list", "list", listed_ref, f"{kind.gvk.kind}ForAllNamespaces")
            out[root] = {"get": across, "parameters": self._shared(_PARAMETERS["list"], ())}
            root = f"/apis/{kind.gvk.group}/{kind.gvk.version}/namespaces/{{namespace}}/{kind.plural}"
        namespace = ("namespace",) if kind.namespaced else ()
        status = self._schemas.meta("Status")
        out[root] = {
            "get": self._operation("list", "list", listed_ref),
            "post": self._operation("post", "create", own),
            "delete": self._operation("deletecollection", "deletecollection", status),
            "parameters": self._shared((), namespace),
        }
        out[root + "/{name}"] = {
            **self._object(own, ""),
            "delete": self._operation("delete", "delete", status),
            "parameters": self._shared((), ("name", *namespace)),
        }
        for name in kind.subresources:
            body = self._schemas.scale if name == "scale" else own
            out[f"{root}/{{name}}/{name}"] = {
                **self._object(body, name),
                "parameters": self._shared((), ("name", *namespace)),
            }
        return out

    def _object(self, body: Document, subresource: str) -> Document:
        return {
            "get": self._operation("get", "read", body, subresource=subresource),
            "put": self._operation("put", "replace", body, subresource=subresource),
            "patch": self._operation("patch", "patch", body, subresource=subresource),
        }

    def _shared(self, query: Iterable[tuple[str, str]], in_path: Iterable[str]) -> list[Document]:
        described = {
            "name": f"name of the {self._kind.gvk.kind}",
            "namespace": "object name and auth scope, such as for teams and projects",
        }
        out = [self._parameter(n, "string", "path", described[n]) for n in in_path]
        out += [self._parameter(n, t, "query") for n, t in query]
        out.append(self._parameter("pretty", "string", "query", _PRETTY))
        return sorted(out, key=lambda p: str(p["name"]))

    def _parameter(self, name: str, of_type: str, where: str, description: str = "") -> Document:
        out: Document = {"name": name, "in": where}
        if description:
            out["description"] = description
        if where == "path":
            out["required"] = True
        typed: Document = {"type": of_type, "uniqueItems": True}
        out.update({"schema": typed} if self._v3 else typed)
        return out

    def _operation(self, action: str, verb: str, answer: Document, rest: str = "", subresource: str = "") -> Document:
        kind = self._kind.gvk.kind
        collection = "Collection" if verb == "deletecollection" else ""
        start = "delete" if collection else verb
        named = rest or f"{self._namespaced}{kind}{_title(subresource)}"
        out: Document = {
            "description": _description(verb, kind, subresource),
            "tags": [f"{self._group[:1].lower()}{self._group[1:]}_{self._kind.gvk.version}"],
            "operationId": f"{start}{self._group}{self._version}{collection}{named}",
            "responses": self._responses(action, answer),
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": self._schemas.gvk(kind),
        }
        parameters = [self._parameter(n, t, "query") for n, t in _PARAMETERS[action]] if not rest else []
        if action in ("post", "put", "patch", "delete"):
            self._body(out, parameters, action, answer)
        if parameters:
            out["parameters"] = parameters
        return out

    def _body(self, out: Document, parameters: list[Document], action: str, answer: Document) -> None:
        body = {"patch": self._schemas.meta("Patch"), "delete": self._schemas.meta("DeleteOptions")}.get(action, answer)
        types: tuple[str, ...] = _PATCH_TYPES if action == "patch" else _JSON_TYPES
        if not self._v3:
            parameters.append({"name": "body", "in": "body", "schema": body, "required": action != "delete"})
            out["consumes"] = list(types)
            return
        if action in ("post", "put", "delete"):
            types = ("*/*",) if action == "delete" else _JSON_TYPES
        out["requestBody"] = {"content": {t: {"schema": body} for t in types}}
        if action != "delete":
            out["requestBody"]["required"] = True

    def _responses(self, action: str, answer: Document) -> Document:
        codes = {"200": "OK"}
        if action in ("post", "put", "patch"):
            codes["201"] = "Created"
        if action in ("post", "delete"):
            codes["202"] = "Accepted"
        out: Document = {}
        for code, description in sorted(codes.items()):
            content: Any = {"content": {t: {"schema": answer} for t in _JSON_TYPES}} if self._v3 else {"schema": answer}
            out[code] = {"description": description, **content}
        out["401"] = {"description": "Unauthorized"}
        return out


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


def _description(verb: str, kind: str, subresource: str) -> str:
    of = f" {subresource} of" if subresource else ""
    article = " an " if kind[:1].lower() in _ARTICLES else " a "
    if verb == "list":
        return f"list objects of kind {kind}"
    if verb in ("read", "replace"):
        return f"{verb}{of} the specified {kind}"
    if verb == "patch":
        return f"partially update{of} the specified {kind}"
    if verb == "deletecollection":
        return f"delete collection of {kind}"
    return f"{verb}{article}{kind}"

"""What OpenAPI says of custom resources: paths and schemas of one version
(apiextensions-apiserver/pkg/controller/openapi: builder.go and v2/conversion.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.apiextensions.openapi_v2 import reduced
from miniapi.kinds.kind import Kind

Document = dict[str, Any]
Props = Mapping[str, Any]

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_SCALE = "io.k8s.api.autoscaling.v1.Scale"
_CONVENTIONS = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
_API_VERSION = (
    "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized "
    "schemas to the latest internal value, and may reject unrecognized values. More info: "
    + _CONVENTIONS
    + "#resources"
)
_KIND = (
    "Kind is a string value representing the REST resource this object represents. Servers may infer this from the "
    "endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: " + _CONVENTIONS
    + "#types-kinds"
)  # fmt: skip
_METADATA = f"Standard object's metadata. More info: {_CONVENTIONS}#metadata"
_INNER_API_VERSION = (
    f"apiVersion defines the versioned schema of this representation of an object. More info: {_CONVENTIONS}#resources"
)
_INNER_KIND = (
    f"kind is a string value representing the type of this object. In CamelCase. More info: {_CONVENTIONS}#types-kinds"
)
_LIST_METADATA = f"Standard list metadata. More info: {_CONVENTIONS}#types-kinds"
_LIST_ITEMS = f"List of %s. More info: {_CONVENTIONS}"
_EMBEDDED = "x-kubernetes-embedded-resource"


class Schemas:
    """The definitions of one kind, in the form of one OpenAPI version."""

    def __init__(self, kind: Kind, *, v3: bool) -> None:
        self._kind, self._v3 = kind, v3
        self._base = "#/components/schemas/" if v3 else "#/definitions/"
        group = ".".join(reversed(kind.gvk.group.split(".")))
        self.name = f"{group}.{kind.gvk.version}.{kind.gvk.kind}"
        self.list_name = f"{group}.{kind.gvk.version}.{kind.list_gvk.kind}"

    def reference(self, name: str) -> Document:
        """To another definition."""
        return {"$ref": self._base + name}

    def meta(self, name: str) -> Document:
        """To a definition of meta/v1."""
        return self.reference(_META + name)

    @property
    def scale(self) -> Document:
        """To autoscaling/v1 Scale."""
        return self.reference(_SCALE)

    def _described(self, name: str, description: str) -> Document:
        reference = self.meta(name)
        inner = {"allOf": [reference]} if self._v3 else reference
        return {**inner, "description": description}

    def definitions(self, openapi: Props) -> dict[str, Document]:
        """The kind and its list."""
        return {self.name: self._object(openapi), self.list_name: self._list()}

    def _object(self, openapi: Props) -> Document:
        body: Document = {"type": "object"}
        if self._v3 or not openapi.get("x-kubernetes-preserve-unknown-fields"):
            body = self._node(openapi if self._v3 else reduced(openapi))
            properties = body.setdefault("properties", {})
            properties["metadata"] = self._described("ObjectMeta", _METADATA)
            properties["apiVersion"] = {"type": "string", "description": _API_VERSION}
            properties["kind"] = {"type": "string", "description": _KIND}
        body["x-kubernetes-group-version-kind"] = [self.gvk(self._kind.gvk.kind)]
        return {**body, **self._selectable()}

    def _selectable(self) -> Document:
        fields = [{"fieldPath": path} for path in self._kind.strategy.selectable_fields]
        return {"x-kubernetes-selectable-fields": fields} if fields else {}

    def gvk(self, kind: str) -> Document:
        """x-kubernetes-group-version-kind."""
        return {"group": self._kind.gvk.group, "version": self._kind.gvk.version, "kind": kind}

    def _node(self, raw: Props) -> Document:
        out: Document = {}
        for name, value in raw.items():
            if name == "properties":
                out[name] = {n: self._node(p) for n, p in value.items()}
            elif name in ("items", "additionalProperties") and isinstance(value, Mapping):
                out[name] = self._node(value)
            else:
                out[name] = value
        if self._v3 and raw.get("x-kubernetes-int-or-string") and not raw.get("anyOf") and not raw.get("allOf"):
            out["anyOf"] = [{"type": "integer"}, {"type": "string"}]
        if raw.get(_EMBEDDED) and (self._v3 or not raw.get("x-kubernetes-preserve-unknown-fields")):
            properties = out.setdefault("properties", {})
            properties["apiVersion"] = {"type": "string", "description": _INNER_API_VERSION}
            properties["kind"] = {"type": "string", "description": _INNER_KIND}
            properties["metadata"] = self._described("ObjectMeta", _METADATA)
            required = list(out.get("required") or ())
            out["required"] = required + [n for n in ("kind", "apiVersion") if n not in required]
        return out

    def _list(self) -> Document:
        kind = self._kind
        item: Document = self.reference(self.name)
        return {
            "description": f"{kind.list_gvk.kind} is a list of {kind.gvk.kind}",
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": {"type": "string", "description": _API_VERSION},
                "items": {"type": "array", "description": _LIST_ITEMS % kind.plural, "items": item},
                "kind": {"type": "string", "description": _KIND},
                "metadata": self._described("ListMeta", _LIST_METADATA),
            },
            "x-kubernetes-group-version-kind": [self.gvk(kind.list_gvk.kind)],
            **(self._selectable() if self._v3 else {}),
        }

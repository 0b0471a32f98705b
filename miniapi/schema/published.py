"""What a release published of its built-in kinds: the definitions of the package kubernetes-validate.

They name a release's kinds and fields but not how Go treats them (pointers, what is left out when empty);
for fields that only they know, the usual conventions are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from miniapi.meta.gvk import GroupVersionKind

Row = list[Any]
"""JSON name, Go name, type, flags, and where there are any the merge rules: a row of structure.json."""

RELEASES = tuple(f"1.{minor}" for minor in range(25, 38))
"""The releases whose definitions are published."""

_SCALARS = {
    ("string", ""): "string",
    ("string", "byte"): "bytes",
    ("string", "date-time"): "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
    ("string", "int-or-string"): "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    ("boolean", ""): "bool",
    ("integer", "int32"): "int32",
    ("integer", "int64"): "int64",
    ("integer", ""): "int64",
    ("number", "double"): "float64",
    ("number", ""): "float64",
    ("object", ""): "interface",
}
_RULES = {
    "x-kubernetes-list-type": "lt",
    "x-kubernetes-list-map-keys": "lk",
    "x-kubernetes-patch-merge-key": "mk",
    "x-kubernetes-patch-strategy": "ps",
    "x-kubernetes-map-type": "mt",
}


def load_definitions(release: str) -> dict[str, Any]:
    """The release's definitions by name, descriptions included (1 to 2 MB). FileNotFoundError for an unknown one."""
    # Found without being imported: the package itself loads a validator that is not needed here.
    spec = find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("kubernetes-validate")
    folder = Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema" / f"v{release}.0-local"
    definitions: dict[str, Any] = orjson.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return definitions


class Published:
    """One release's kinds and fields, without descriptions."""

    def __init__(self, release: str) -> None:
        self.kinds: dict[GroupVersionKind, str] = {}
        """Definition names."""
        self._rows: dict[str, dict[str, Row]] = {}
        for name, definition in load_definitions(release).items():
            for gvk in definition.get("x-kubernetes-group-version-kind", ()):
                self.kinds.setdefault(GroupVersionKind(gvk["group"], gvk["version"], gvk["kind"]), name)
            required = frozenset(definition.get("required", ()))
            self._rows[name] = {
                field: _row(field, node, field in required) for field, node in definition.get("properties", {}).items()
            }

    def rows(self, name: str) -> dict[str, Row] | None:
        """A definition's fields by name, kind, apiVersion and metadata first; None where the release has none such."""
        fields = self._rows.get(name)
        if fields is None:
            return None
        first = [f for f in ("kind", "apiVersion", "metadata") if f in fields]
        return {f: fields[f] for f in (*first, *(f for f in fields if f not in first))}


def _row(name: str, node: Mapping[str, Any], required: bool) -> Row:
    code = _code(node)
    if not required and code[0] not in "[m" and code != "string":
        code = "*" + code
    row: Row = [name, name[:1].upper() + name[1:], code, "" if required else "omitempty"]
    rules = {short: node[long] for long, short in _RULES.items() if long in node}
    return [*row, rules] if rules else row


def _code(node: Mapping[str, Any]) -> str:
    reference = node.get("$ref")
    if reference:
        return str(reference).rsplit("/", 1)[-1]
    types = node.get("type", "object")
    of_type = next((t for t in types if t != "null"), "object") if isinstance(types, list) else types
    if of_type == "array":
        return "[]" + _code(node["items"])
    if of_type == "object" and isinstance(node.get("additionalProperties"), dict):
        return "map[" + _code(node["additionalProperties"]) + "]"
    return _SCALARS.get((of_type, node.get("format", "")), _SCALARS.get((of_type, ""), "interface"))

"""The built-in kinds' schemas, made on first use from a generated table of their fields."""

from __future__ import annotations

from importlib import resources
from typing import Any

import orjson

from miniapi.meta.gvk import GroupVersionKind
from miniapi.schema.model import MISSING, Field, Schema

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."

_SPECIAL: dict[str, tuple[Any, str]] = {
    _META + "Time": ("string", "date-time"),
    _META + "MicroTime": ("string", "micro-time"),
    _META + "Duration": ("string", "duration"),
    _META + "FieldsV1": ("any", "fields-v1"),
    "io.k8s.apimachinery.pkg.api.resource.Quantity": ("string", "quantity"),
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": ("string", "int-or-string"),
    "io.k8s.apimachinery.pkg.runtime.RawExtension": ("any", "raw"),
    _EXTENSIONS + "JSON": ("any", "json"),
    _EXTENSIONS + "JSONSchemaPropsOrBool": ("any", "schema-or-bool"),
    _EXTENSIONS + "JSONSchemaPropsOrArray": ("any", "schema-or-array"),
    _EXTENSIONS + "JSONSchemaPropsOrStringArray": ("any", "schema-or-strings"),
}
_SCALARS: dict[str, tuple[Any, str]] = {
    "string": ("string", ""),
    "bool": ("boolean", ""),
    "int": ("integer", "int64"),
    "int32": ("integer", "int32"),
    "int64": ("integer", "int64"),
    "uint32": ("integer", "int64"),
    "uint64": ("integer", "int64"),
    "uint8": ("integer", "int32"),
    "uint16": ("integer", "int32"),
    "float32": ("number", "float"),
    "float64": ("number", "double"),
    "bytes": ("string", "byte"),
    "interface": ("any", "json"),
}


class BuiltinSchemas:
    """Schemas by kind; nodes of named definitions are shared."""

    def __init__(self) -> None:
        self._table: dict[str, Any] | None = None
        self._definitions: dict[str, Schema] = {}

    def _load(self) -> dict[str, Any]:
        if self._table is None:
            data = resources.files("miniapi.schema").joinpath("data/structure.json").read_bytes()
            self._table = orjson.loads(data)
        return self._table

    def schema(self, gvk: GroupVersionKind) -> Schema | None:
        """The kind's schema; None for a kind that is not built in."""
        name = self._load()["kinds"].get(f"{gvk.group}/{gvk.version}/{gvk.kind}")
        return self.definition(name) if name else None

    def definition(self, name: str) -> Schema:
        """A named definition; KeyError where there is none."""
        found = self._definitions.get(name)
        if found is None:
            entry = self._load()["types"][name]
            found = self._definitions[name] = Schema("object", name=name)
            if entry.get("a"):
                found.map_type = "atomic"
            self._fill(found, entry)
        return found

    def _fill(self, schema: Schema, entry: dict[str, Any]) -> None:
        for row in entry["f"]:
            name, go_name, code, flags = row[:4]
            if not name:
                inner = self.definition(code.lstrip("*"))
                for inner_name, field in inner.fields.items():
                    schema.fields[inner_name] = field
                continue
            extra = row[4] if len(row) > 4 else {}
            node = self._node(code.lstrip("*"), extra)
            schema.fields[name] = Field(
                name,
                node,
                omit_empty="omitempty" in flags,
                omit_zero="omitzero" in flags,
                pointer=code.startswith("*"),
                go_name=go_name,
            )

    def _node(self, code: str, extra: dict[str, Any]) -> Schema:
        if code.startswith("[]"):
            return Schema(
                "array",
                items=self._node(code[2:].lstrip("*"), {}),
                list_type=extra.get("lt", "atomic"),
                list_keys=tuple(extra.get("lk", ())),
                merge_key=extra.get("mk", ""),
                merge_strategy=tuple(extra.get("ps", "").split(",")) if extra.get("ps") else (),
                default=extra.get("d", MISSING),
            )
        if code.startswith("map["):
            return Schema(
                "map",
                values=self._node(code[4:-1].lstrip("*"), {}),
                map_type=extra.get("mt", "granular"),
                default=extra.get("d", MISSING),
            )
        if code in _SCALARS or code in _SPECIAL:
            of_type, form = _SCALARS[code] if code in _SCALARS else _SPECIAL[code]
            return Schema(of_type, format=form, default=extra.get("d", MISSING))
        shared = self.definition(code)
        if not extra:
            return shared
        return _refined(shared, extra)


def _refined(shared: Schema, extra: dict[str, Any]) -> Schema:
    """A struct as one field has it: the same fields (shared, so that recursion holds), its own merge rules."""
    return Schema(
        "object",
        name=shared.name,
        fields=shared.fields,
        map_type=extra.get("mt", shared.map_type),
        merge_strategy=tuple(extra.get("ps", "").split(",")) if extra.get("ps") else (),
        default=extra.get("d", MISSING),
    )

"""The built-in kinds' schemas, made on first use from a generated table of their Go structs.

The table (`data/structure.json`, made by tools/generate_tables.py) is that of release 1.36; for another
release its fields are those that the release published (`published.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from importlib import resources
from typing import Any

import orjson

from miniapi.meta.gvk import GroupVersionKind
from miniapi.schema.model import MISSING, Field, Schema
from miniapi.schema.published import Published, Row

TABLE_RELEASE = "1.36"
"""The release whose Go structs the table describes."""

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."

_LEAVES: dict[str, tuple[Any, str, str]] = {
    "string": ("string", "", "string"),
    "bool": ("boolean", "", "bool"),
    "int32": ("integer", "int32", "int32"),
    "int64": ("integer", "int64", "int64"),
    "float64": ("number", "double", "float64"),
    "bytes": ("string", "byte", "[]uint8"),
    "interface": ("any", "json", "interface {}"),
    _META + "Time": ("string", "date-time", "v1.Time"),
    _META + "MicroTime": ("string", "micro-time", "v1.MicroTime"),
    _META + "FieldsV1": ("any", "fields-v1", "v1.FieldsV1"),
    "io.k8s.apimachinery.pkg.api.resource.Quantity": ("string", "quantity", "resource.Quantity"),
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": ("string", "int-or-string", "intstr.IntOrString"),
    "io.k8s.apimachinery.pkg.runtime.RawExtension": ("any", "raw", "runtime.RawExtension"),
    _EXTENSIONS + "JSON": ("any", "json", "v1.JSON"),
}
_SCHEMA_OR = {
    _EXTENSIONS + "JSONSchemaPropsOrBool": "schema-or-bool",
    _EXTENSIONS + "JSONSchemaPropsOrArray": "schema-or-array",
    _EXTENSIONS + "JSONSchemaPropsOrStringArray": "schema-or-strings",
}


class BuiltinSchemas:
    """Schemas by kind; nodes of named definitions are shared, and so are leaves of one type."""

    def __init__(self, release: str = TABLE_RELEASE) -> None:
        self._kinds: dict[str, str] = {}
        self._lines: dict[str, bytes] = {}
        self._definitions: dict[str, Schema] = {}
        self._leaves: dict[str, Schema] = {}
        self._published = None if release == TABLE_RELEASE else Published(release)

    def schema(self, gvk: GroupVersionKind) -> Schema | None:
        """The kind's schema; None for a kind that is not built in. What every group has is found in `v1`."""
        self._load()
        name = self._kinds.get(f"{gvk.group}/{gvk.version}/{gvk.kind}")
        if name is None and gvk.api_version == "v1":
            name = self._kinds.get(f"meta.k8s.io/v1/{gvk.kind}")
        if name is None and self._published is not None:
            name = self._published.kinds.get(gvk)
        return self.definition(name) if name else None

    @property
    def of_table(self) -> bool:
        """Whether the release is the table's: others have fields that no protobuf message of ours knows."""
        return self._published is None

    def in_table(self, gvk: GroupVersionKind) -> bool:
        """Whether the table has the kind: what is only published has a schema, but no protobuf messages."""
        self._load()
        return any(f"{place}/{gvk.kind}" in self._kinds for place in (f"{gvk.group}/{gvk.version}", "meta.k8s.io/v1"))

    def definition(self, name: str) -> Schema:
        """A named definition; KeyError where there is none."""
        found = self._definitions.get(name)
        if found is None:
            self._load()
            found = self._definitions[name] = Schema("object", name=name, go_type=_short(name))
            line = self._lines.get(name)
            if line is not None:
                entry = orjson.loads(line)
                found.map_type = "atomic" if "a" in entry else "granular"
                self._fill(found, entry["f"])
            published = self._published.rows(name) if self._published is not None else None
            if published is not None:
                for field in [f for f in found.fields if f not in published]:
                    del found.fields[field]
                self._fill(found, [row for field, row in published.items() if field not in found.fields])
            elif line is None:
                del self._definitions[name]
                raise KeyError(name)
        return found

    def _load(self) -> None:
        if self._lines:
            return
        data = resources.files("miniapi.schema").joinpath("data/structure.json").read_bytes()
        kinds, _, types = data.partition(b',\n"types":{\n')
        self._kinds = orjson.loads(kinds + b"}")["kinds"]
        # Most definitions are never asked for: a line is parsed when its definition is.
        for line in types.splitlines():
            name, colon, body = line.partition(b":")
            if colon:
                self._lines[name.strip(b'"').decode()] = body.rstrip(b",")

    def _fill(self, schema: Schema, rows: Iterable[Row]) -> None:
        for name, go_name, code, flags, *rest in rows:
            if not name:
                brought = self.definition(code.lstrip("*")).fields
                schema.fields |= {n: replace(f, embedded=f"{go_name}.{f.embedded}") for n, f in brought.items()}
                continue
            extra: dict[str, Any] = rest[0] if rest else {}
            schema.fields[name] = Field(
                name,
                self._node(str(extra.get("g", code)).lstrip("*"), {k: v for k, v in extra.items() if k != "g"}),
                omit_empty="omitempty" in flags,
                omit_zero="omitzero" in flags,
                pointer=code.startswith("*"),
                go_name=go_name,
            )

    def _node(self, code: str, extra: dict[str, Any], go_type: str = "") -> Schema:
        """The node of a type such as `[]@v1.Protocol:string`; `extra` are the rules of the field that has it."""
        if code.startswith("@"):
            name, code = code[1:].split(":", 1)
            return self._node(code, extra, name)
        if code.startswith("[]"):
            items = self._node(code[2:].lstrip("*"), {})
            return _ruled(Schema("array", items=items, go_type=go_type or "[]" + items.go_type), extra)
        if code.startswith("map["):
            values = self._node(code[4:-1].lstrip("*"), {})
            return _ruled(Schema("map", values=values, go_type=go_type or "map[string]" + values.go_type), extra)
        if code in _LEAVES:
            return self._leaf(code, go_type) if not extra else _ruled(_leaf(code, go_type), extra)
        if code in _SCHEMA_OR:
            of = self.definition(_EXTENSIONS + "JSONSchemaProps")
            return Schema("any", format=_SCHEMA_OR[code], values=of, go_type=_short(code))
        shared = self.definition(code)
        if not extra:
            return shared
        # The same fields (shared, so that recursion holds) with this field's own merge rules.
        own = Schema("object", name=code, fields=shared.fields, map_type=shared.map_type, go_type=shared.go_type)
        return _ruled(own, extra)

    def _leaf(self, code: str, go_type: str) -> Schema:
        key = f"{go_type}:{code}"
        found = self._leaves.get(key)
        if found is None:
            found = self._leaves[key] = _leaf(code, go_type)
        return found


def _leaf(code: str, go_type: str) -> Schema:
    of_type, form, default_go_type = _LEAVES[code]
    return Schema(of_type, format=form, go_type=go_type or default_go_type)


def _ruled(schema: Schema, extra: dict[str, Any]) -> Schema:
    """The node with a field's merge rules and default."""
    schema.list_type = extra.get("lt", schema.list_type)
    schema.list_keys = tuple(extra.get("lk", ()))
    schema.merge_key = extra.get("mk", "")
    schema.merge_strategy = tuple(extra["ps"].split(",")) if "ps" in extra else ()
    schema.map_type = extra.get("mt", schema.map_type)
    schema.default = extra.get("d", MISSING)
    return schema


def _short(name: str) -> str:
    """`io.k8s.api.core.v1.Container` -> `v1.Container`."""
    return ".".join(name.split(".")[-2:])

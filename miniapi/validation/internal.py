"""Values as the original's internal types write them: Go names, every field, null where unset.

Some messages show a whole value or the difference of two. The original prints its internal version there,
whose fields have no JSON names. The table comes from `tools/go_internal_types`.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

_HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")
_ZERO: Mapping[str, Any] = {"string": "", "int": 0, "bool": False, "quantity": "0", "raw": {}}

Types = Mapping[str, list[list[str]]]


@functools.cache
def _types() -> Types:
    text = resources.files("miniapi.validation").joinpath("internal_types.json").read_text("utf-8")
    types: Types = json.loads(text)
    return types


def internal(name: str, value: Mapping[str, Any] | None) -> dict[str, Any]:
    """`value` of the v1 type `name` as the internal type shows it."""
    value = value or {}
    if name == "PodSpec":
        value = _pod_spec(value)
    return {go: _field(value.get(key), form) for go, key, form in _types()[name]}


def _field(value: Any, form: str) -> Any:
    if form.startswith("[]="):
        return None if value is None else [internal(form[3:], v) for v in value]
    if form.startswith("*="):
        return None if value is None else internal(form[2:], value)
    if form.startswith("="):
        return internal(form[1:], value)
    if form == "map":
        return dict(sorted(value.items())) if value else None
    if form == "*":
        return value
    return _ZERO[form] if value is None else value


def _pod_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The internal pod spec keeps the host's namespaces in its security context."""
    host = {name: spec[name] for name in _HOST_FIELDS if name in spec}
    moved = {name: value for name, value in spec.items() if name not in _HOST_FIELDS}
    if host or spec.get("securityContext") is not None:
        moved["securityContext"] = {**(spec.get("securityContext") or {}), **host}
    return moved


def pod_template(template: Mapping[str, Any]) -> dict[str, Any]:
    """A PodTemplateSpec: its metadata's fields by their JSON names, then Spec."""
    meta = template.get("metadata") or {}
    shown = {k: dict(sorted(v.items())) if isinstance(v, dict) else v for k, v in meta.items()}
    return {**shown, "Spec": internal("PodSpec", template.get("spec"))}


def difference(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The unified difference of two values of the v1 type `name`, written one field a line (util/diff.Diff)."""
    return "".join(difflib.unified_diff(_lines(name, old), _lines(name, new)))[len("--- \n+++ \n") :]


def _lines(name: str, value: Mapping[str, Any]) -> list[str]:
    text = json.dumps(internal(name, value), indent=1, ensure_ascii=False)
    return [line + "\n" for line in text.split("\n")]

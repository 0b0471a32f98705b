"""What of a structural schema OpenAPI v2, and kubectl with it, understands (controller/openapi/v2/conversion.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Props = Mapping[str, Any]
_DROPPED = ("default", "oneOf", "anyOf", "not", "nullable", "x-kubernetes-validations")


def reduced(raw: Props) -> dict[str, Any]:
    """The schema without what v2 has not; what it would misread is left open."""
    out: dict[str, Any] = {n: v for n, v in raw.items() if n not in _DROPPED}
    if raw.get("nullable") or raw.get("x-kubernetes-int-or-string"):
        out.pop("type", None)
        if raw.get("nullable"):
            for name in ("items", "properties", "additionalProperties", "required"):
                out.pop(name, None)
    if raw.get("x-kubernetes-preserve-unknown-fields"):
        for name in ("items", "properties"):
            out.pop(name, None)
        if out.get("type") == "array":
            out.pop("type")
    for name in ("items", "additionalProperties"):
        if isinstance(out.get(name), Mapping):
            out[name] = reduced(out[name])
    if "properties" in out:
        out["properties"] = {n: reduced(p) for n, p in out["properties"].items()}
    if "allOf" in out:
        out["allOf"] = [reduced(p) for p in out["allOf"]]
    return out

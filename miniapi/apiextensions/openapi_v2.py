"""What of a structural schema OpenAPI v2, and kubectl with it, understands (controller/openapi/v2/conversion.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Props = Mapping[str, Any]
_DROPPED = ("allOf", "oneOf", "anyOf", "not", "nullable")


def reduced(raw: Props) -> dict[str, Any]:
    """The schema without what v2 has not; what kubectl would misread is left open."""
    out: dict[str, Any] = {n: v for n, v in raw.items() if n not in _DROPPED}
    open_ended = raw.get("x-kubernetes-preserve-unknown-fields", False)
    if raw.get("nullable") or raw.get("x-kubernetes-int-or-string"):
        out.pop("type", None)
    if raw.get("nullable") or open_ended:
        out.pop("items", None)
        out.pop("properties", None)
    if (out.get("type") == "array" and "items" not in out) or (open_ended and out.get("type") == "object"):
        del out["type"]
    _without_nullable(out)
    for name in ("items", "additionalProperties"):
        if isinstance(out.get(name), Mapping):
            out[name] = reduced(out[name])
    if "properties" in out:
        out["properties"] = {n: reduced(p) for n, p in out["properties"].items()}
    return out


def _without_nullable(out: dict[str, Any]) -> None:
    """What may be null is not required, as far as kubectl is concerned."""
    properties, additional = out.get("properties") or {}, out.get("additionalProperties")
    if isinstance(additional, Mapping) and additional.get("nullable"):
        out.pop("required", None)
    required = [n for n in out.get("required") or () if not properties.get(n, {}).get("nullable")]
    if required:
        out["required"] = required
    else:
        out.pop("required", None)

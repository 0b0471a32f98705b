"""Cells that many kinds share: ages, selectors, containers, conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from miniapi.meta.objects import Object

Row = list[Any]
UNKNOWN = "<unknown>"
NONE = "<none>"
UNSET = "<unset>"


def parse_time(text: str) -> datetime:
    """An RFC 3339 time as the server writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def human_duration(seconds: float) -> str:
    """duration.HumanDuration: two significant units at the most."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        rest = whole % 60
        return f"{minutes}m" if rest == 0 else f"{minutes}m{rest}s"
    if minutes < 180:
        return f"{minutes}m"
    hours = whole // 3600
    if hours < 8:
        rest = minutes % 60
        return f"{hours}h" if rest == 0 else f"{hours}h{rest}m"
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if hours < 192:
        rest = hours % 24
        return f"{days}d" if rest == 0 else f"{days}d{rest}h"
    if days < 730:
        return f"{days}d"
    years = days // 365
    if days < 365 * 8:
        rest = days % 365
        return f"{years}y" if rest == 0 else f"{years}y{rest}d"
    return f"{years}y"


def since(text: str | None, now: datetime) -> str:
    """How long ago, `<unknown>` where there is no time."""
    return human_duration((now - parse_time(text)).total_seconds()) if text else UNKNOWN


def age(obj: Object, now: datetime) -> str:
    """Since metadata.creationTimestamp."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def name(obj: Object) -> str:
    """metadata.name."""
    return str(obj["metadata"].get("name", ""))


def spec(obj: Object) -> dict[str, Any]:
    """spec or nothing."""
    return obj.get("spec") or {}


def status(obj: Object) -> dict[str, Any]:
    """status or nothing."""
    return obj.get("status") or {}


def label_text(labels: Mapping[str, str] | None) -> str:
    """labels.FormatLabels: `a=b,c=d`, `<none>` where there are none."""
    return ",".join(f"{k}={v}" for k, v in sorted(labels.items())) if labels else NONE


_OPERATORS = {"In": "in", "NotIn": "notin"}


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """metav1.FormatLabelSelector."""
    if selector is None:
        return NONE
    terms: list[tuple[str, str]] = [(k, f"{k}={v}") for k, v in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        key, operator = expression["key"], expression["operator"]
        if operator == "Exists":
            terms.append((key, key))
        elif operator == "DoesNotExist":
            terms.append((key, f"!{key}"))
        else:
            values = ",".join(sorted(expression.get("values") or []))
            terms.append((key, f"{key} {_OPERATORS[operator]} ({values})"))
    return ",".join(text for _, text in sorted(terms)) or NONE


def containers(pod_spec: Mapping[str, Any]) -> tuple[str, str]:
    """-> (names, images), comma-separated."""
    found = pod_spec.get("containers") or []
    return ",".join(c.get("name", "") for c in found), ",".join(c.get("image", "") for c in found)


def template(obj: Object) -> tuple[str, str]:
    """`containers` of spec.template."""
    return containers((spec(obj).get("template") or {}).get("spec") or {})


def condition(obj: Object, of_type: str) -> dict[str, Any]:
    """The condition of a type, or an empty dict."""
    return next((c for c in status(obj).get("conditions") or [] if c.get("type") == of_type), {})


def some(values: Sequence[str], most: int, joiner: str = ",") -> str:
    """The first few, and how many more."""
    text = joiner.join(values[:most])
    return f"{text} + {len(values) - most} more..." if len(values) > most else text


def joined(values: Iterable[Any]) -> str:
    """Comma-separated."""
    return ",".join(str(v) for v in values)


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def access_modes(modes: Iterable[str] | None) -> str:
    """Short forms in the original's order."""
    given = set(modes or [])
    return ",".join(
        _MODES[m] for m in ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod") if m in given
    )

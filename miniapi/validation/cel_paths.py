"""The fieldPath of a rule: a JSON path of fields below the rule's own schema (apiserver/schema/cel/compilation)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_step = re.compile(r"\.([A-Za-z_][A-Za-z0-9_\-]*|[A-Za-z0-9_\-]+)|\[(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\]")
_unescape = re.compile(r"\\(.)")


def steps(text: str) -> list[str] | None:
    """The names on the path; None where it is none."""
    out: list[str] = []
    at = 0
    while at < len(text):
        found = _step.match(text, at)
        if found is None:
            return None
        out.append(_unescape.sub(r"\1", found[1] or found[2] or found[3] or ""))
        at = found.end()
    return out


def leads_somewhere(schema: Mapping[str, Any], text: str) -> bool:
    """Whether each name is a property, or any key of a map."""
    names = steps(text)
    if names is None:
        return False
    node: Any = schema
    for name in names:
        given = node.get("properties") or {}
        additional = node.get("additionalProperties")
        if name in given:
            node = given[name]
        elif isinstance(additional, Mapping):
            node = additional
        else:
            return False
    return True


def display_path(text: str) -> str:
    """The path as field errors append it: `.a.b`, `['x.y']` as `[x.y]`."""
    names = steps(text.strip()) or []
    return "".join(f".{n}" if re.fullmatch(r"[A-Za-z0-9_\-]+", n) else f"[{n}]" for n in names)

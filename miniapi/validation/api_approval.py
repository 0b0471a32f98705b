"""Whether a definition in a community group is approved, by its annotation (apihelpers.GetAPIApprovalState)."""

from __future__ import annotations

import json
from typing import Literal
from urllib.parse import urlsplit

from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList

ANNOTATION = "api-approved.kubernetes.io"
_PROTECTED = ("k8s.io", "kubernetes.io")
_SEE = "see https://github.com/kubernetes/enhancements/pull/1111"

State = Literal["missing", "bypassed", "approved", "invalid"]


def is_protected(group: str) -> bool:
    """Whether the group is the community's."""
    return any(group == p or group.endswith("." + p) for p in _PROTECTED)


def approval_state(crd: Object) -> tuple[State, str]:
    """-> (state, what is said of it)."""
    text = (crd["metadata"].get("annotations") or {}).get(ANNOTATION) or ""
    if not text:
        return "missing", f'protected groups must have approval annotation "{ANNOTATION}", {_SEE}'
    if text.startswith("unapproved"):
        return "bypassed", f"not approved: {json.dumps(text)}"
    if _is_url(text):
        return "approved", f"approved in {text}"
    wanted = 'with either a URL or a reason starting with "unapproved"'
    return "invalid", f'protected groups must have approval annotation "{ANNOTATION}" {wanted}, {_SEE}'


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def approval_problems(crd: Object, old: Object | None) -> ErrorList:
    """A state that does not change is never refused."""
    if not is_protected((crd.get("spec") or {}).get("group") or ""):
        return []
    state, why = approval_state(crd)
    if old is not None and approval_state(old)[0] == state:
        return []
    at = f"metadata.annotations[{ANNOTATION}]"
    if state == "missing":
        return [field.required(at, why)]
    if state == "invalid":
        return [field.invalid(at, (crd["metadata"].get("annotations") or {})[ANNOTATION], why)]
    return []

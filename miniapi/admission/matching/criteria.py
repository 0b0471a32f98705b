"""What a webhook, a policy or a binding means, compiled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from miniapi.meta.gvk import GroupVersionKind, GroupVersionResource
from miniapi.meta.objects import Object
from miniapi.meta.selectors import LabelSelector, label_selector

_EVERYTHING = label_selector({})


@dataclass(frozen=True, slots=True)
class Criteria:
    """Rules, less those excluded, narrowed by selectors."""

    rules: Sequence[Object]
    excluded: Sequence[Object] = ()
    equivalent: bool = True
    """matchPolicy: the same object in another version is a match too."""
    namespaces: LabelSelector = field(default=_EVERYTHING)
    objects: LabelSelector = field(default=_EVERYTHING)
    any_resource: bool = False
    """Without rules, everything is meant: bindings that only narrow by selectors."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The form in which a webhook or policy sees a write: by an equivalent rule, another one than the request's."""

    gvk: GroupVersionKind
    gvr: GroupVersionResource
    obj: Object | None
    old: Object | None


def of_match_resources(match: Object | None) -> Criteria:
    """spec.matchConstraints of a policy, spec.matchResources of a binding (which may say nothing)."""
    match = match or {}
    return Criteria(
        match.get("resourceRules") or (),
        match.get("excludeResourceRules") or (),
        match.get("matchPolicy") != "Exact",
        label_selector(match.get("namespaceSelector") or {}),
        label_selector(match.get("objectSelector") or {}),
        any_resource=not match.get("resourceRules"),
    )

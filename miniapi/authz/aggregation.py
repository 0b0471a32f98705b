"""Cluster roles made of others (controller/clusterroleaggregation)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from miniapi.authz.rules import Rule
from miniapi.meta.selectors import label_selector

Object = Mapping[str, Any]


def aggregated_rules(role: Object, cluster_roles: Iterable[Object]) -> list[Rule] | None:
    """The rules of a role with an aggregationRule: those of every selected role but itself, by name, none twice.

    None for a role that aggregates nothing. The caller writes the role when its rules differ.
    """
    selectors = (role.get("aggregationRule") or {}).get("clusterRoleSelectors")
    if not selectors:
        return None
    others: Sequence[Object] = sorted(cluster_roles, key=lambda r: str(r["metadata"]["name"]))
    rules: list[Rule] = []
    for selector in selectors:
        matcher = label_selector(selector)
        for other in others:
            if other["metadata"]["name"] == role["metadata"]["name"]:
                continue
            if not matcher.matches(other["metadata"].get("labels") or {}):
                continue
            rules.extend(rule for rule in other.get("rules") or () if rule not in rules)
    return rules

"""What the default roles and bindings lack after an upgrade, or after somebody took from them.

Follows component-helpers/auth/rbac/reconciliation: what is missing is added, what is more stays, and who sets
the annotation autoupdate to false is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.authz.rules import uncovered

AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"
Object = dict[str, Any]


class RoleChanged(Exception):
    """A binding is of another role than it should: it cannot be changed, only made again."""


def reconciled(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> Object | None:
    """The role or binding as it should be; None where it is so, or where it is left alone."""
    meta = existing["metadata"]
    if (meta.get("annotations") or {}).get(AUTOUPDATE) == "false":
        return None
    if "roleRef" in wanted and existing.get("roleRef") != wanted["roleRef"]:
        raise RoleChanged(meta["name"])
    changes = {**_more_rules(existing, wanted), **_more_subjects(existing, wanted)}
    metadata = {**meta}
    for name in ("labels", "annotations"):
        merged = {**(wanted["metadata"].get(name) or {}), **(meta.get(name) or {})}
        if merged:
            metadata[name] = merged
    if not changes and metadata == meta:
        return None
    return {**existing, **changes, "metadata": metadata}


def _more_rules(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> Object:
    changes: Object = {}
    rules, wanted_rules = existing.get("rules") or [], wanted.get("rules") or []
    if rules != wanted_rules and (missing := uncovered(rules, wanted_rules)):
        changes["rules"] = [*rules, *missing]
    aggregation = wanted.get("aggregationRule")
    if aggregation:
        selectors = (existing.get("aggregationRule") or {}).get("clusterRoleSelectors") or []
        more = [s for s in aggregation["clusterRoleSelectors"] if s not in selectors]
        if more:
            changes["aggregationRule"] = {"clusterRoleSelectors": [*selectors, *more]}
    return changes


def _more_subjects(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> Object:
    subjects = existing.get("subjects") or []
    more = [s for s in wanted.get("subjects") or () if s not in subjects]
    return {"subjects": [*subjects, *more]} if more else {}

"""Roles and role bindings of both scopes (rbac/validation)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.network import checked
from miniapi.validation.selector import is_convertible, label_selector

GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("ServiceAccount", "User", "Group")


def _rule(rule: dict[str, Any], namespaced: bool, path: str) -> ErrorList:
    errors: ErrorList = []
    if not rule.get("verbs"):
        errors.append(field.required(child(path, "verbs"), "verbs must contain at least one value"))
    if urls := rule.get("nonResourceURLs"):
        at = child(path, "nonResourceURLs")
        if namespaced:
            errors.append(field.invalid(at, urls, "namespaced rules cannot apply to non-resource URLs"))
        if any(rule.get(name) for name in ("apiGroups", "resources", "resourceNames")):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            errors.append(field.invalid(at, urls, why))
        return errors
    if not rule.get("apiGroups"):
        errors.append(field.required(child(path, "apiGroups"), "resource rules must supply at least one api group"))
    if not rule.get("resources"):
        errors.append(field.required(child(path, "resources"), "resource rules must supply at least one resource"))
    return errors


def _rules(obj: Object, namespaced: bool) -> ErrorList:
    rules = enumerate(obj.get("rules") or ())
    return [e for i, rule in rules for e in _rule(rule, namespaced, index("rules", i))]


def create_role(obj: Object) -> ErrorList:
    """Rules over resources."""
    return _rules(obj, namespaced=True)


def create_cluster_role(obj: Object) -> ErrorList:
    """Rules over resources or URLs, and the selectors of what it gathers."""
    errors = _rules(obj, namespaced=False)
    aggregation, path = obj.get("aggregationRule"), "aggregationRule.clusterRoleSelectors"
    if aggregation is None:
        return errors
    selectors = aggregation.get("clusterRoleSelectors") or ()
    if not selectors:
        why = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        errors.append(field.required(path, why))
    for i, selector in enumerate(selectors):
        errors += label_selector(selector, index(path, i))
        if not is_convertible(selector):
            errors.append(field.invalid(index(path, i), None, "invalid label selector."))
    return errors


def _subject(subject: dict[str, Any], namespaced: bool, path: str) -> ErrorList:
    errors: ErrorList = []
    kind, name, group = (subject.get(n) or "" for n in ("kind", "name", "apiGroup"))
    if not name:
        errors.append(field.required(child(path, "name")))
    if kind == "ServiceAccount":
        if name:
            errors += checked(child(path, "name"), name, names.dns_subdomain)
        if group:
            errors.append(field.not_supported(child(path, "apiGroup"), group, [""]))
        if not namespaced and not subject.get("namespace"):
            errors.append(field.required(child(path, "namespace")))
    elif kind in _SUBJECTS:
        if group != GROUP:
            errors.append(field.not_supported(child(path, "apiGroup"), group, [GROUP]))
    else:
        errors.append(field.not_supported(child(path, "kind"), kind, _SUBJECTS))
    return errors


def _binding(obj: Object, namespaced: bool) -> ErrorList:
    ref = obj.get("roleRef") or {}
    group, kind, name = (ref.get(n) or "" for n in ("apiGroup", "kind", "name"))
    kinds = ("Role", "ClusterRole") if namespaced else ("ClusterRole",)
    errors: ErrorList = []
    if group != GROUP:
        errors.append(field.not_supported("roleRef.apiGroup", group, [GROUP]))
    if kind not in kinds:
        errors.append(field.not_supported("roleRef.kind", kind, kinds))
    errors += checked("roleRef.name", name, names.path_segment) if name else [field.required("roleRef.name")]
    for i, subject in enumerate(obj.get("subjects") or ()):
        errors += _subject(subject, namespaced, index("subjects", i))
    return errors


def _binding_update(obj: Object, old: Object, namespaced: bool) -> ErrorList:
    ref = obj.get("roleRef") or {}
    if ref == (old.get("roleRef") or {}):
        return _binding(obj, namespaced)
    shown = {"APIGroup": ref.get("apiGroup", ""), "Kind": ref.get("kind", ""), "Name": ref.get("name", "")}
    return [*_binding(obj, namespaced), field.invalid("roleRef", shown, "cannot change roleRef")]


ROLE = Validation(
    create_role, lambda obj, _old: create_role(obj), names.name_is_path_segment, update_metadata=("changed", "whole")
)
CLUSTER_ROLE = Validation(
    create_cluster_role,
    lambda obj, _old: create_cluster_role(obj),
    names.name_is_path_segment,
    update_metadata=("changed", "whole"),
)
ROLE_BINDING = Validation(
    lambda obj: _binding(obj, namespaced=True),
    lambda obj, old: _binding_update(obj, old, namespaced=True),
    names.name_is_path_segment,
    update_metadata=("changed", "whole"),
)
CLUSTER_ROLE_BINDING = Validation(
    lambda obj: _binding(obj, namespaced=False),
    lambda obj, old: _binding_update(obj, old, namespaced=False),
    names.name_is_path_segment,
    update_metadata=("changed", "whole"),
)

"""Warnings about deprecated node labels, wherever nodes are selected (pkg/api/node/util.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from miniapi.meta import names

Part = Mapping[str, Any]
DEPRECATED: Final[Mapping[str, str]] = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}


def node_term_warnings(term: Part, path: str, *, check_values: bool = False) -> list[str]:
    """GetWarningsForNodeSelectorTerm; preferred terms (`check_values`) may hold values that no label has."""
    found: list[str] = []
    for i, expression in enumerate(term.get("matchExpressions") or ()):
        key = expression.get("key") or ""
        if key in DEPRECATED:
            found.append(f"{path}.matchExpressions[{i}].key: {key} is {DEPRECATED[key]}")
        if check_values:
            for j, value in enumerate(expression.get("values") or ()):
                at = f"{path}.matchExpressions[{i}].values[{j}]"
                found += [f"{at}: {value} is invalid, {message}" for message in names.label_value(value)]
    return found


def node_selector_warnings(selector: Part | None, path: str) -> list[str]:
    """GetWarningsForNodeSelector, of a label selector over nodes."""
    if selector is None:
        return []
    labels = selector.get("matchLabels") or ()
    found = node_term_warnings(selector, path)
    return found + [f"{path}.matchLabels.{label}: {DEPRECATED[label]}" for label in labels if label in DEPRECATED]

"""Which evaluator counts which resource, and what is never counted (pkg/quota/v1/install)."""

from __future__ import annotations

from miniapi.admission.quota.interface import Evaluator
from miniapi.admission.quota.objects import CLAIMS, DEVICE_CLAIMS, SERVICES, counted
from miniapi.admission.quota.pods import PODS

EVALUATORS: dict[tuple[str, str], Evaluator] = {
    ("", "pods"): PODS,
    ("", "services"): SERVICES,
    ("", "persistentvolumeclaims"): CLAIMS,
    ("resource.k8s.io", "resourceclaims"): DEVICE_CLAIMS,
}
_NEVER = frozenset(
    {
        ("", "events"),
        ("events.k8s.io", "events"),
        ("", "bindings"),
        ("", "componentstatuses"),
        ("authentication.k8s.io", "tokenreviews"),
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authorization.k8s.io", "localsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
    }
)


def evaluator(group: str, plural: str) -> Evaluator | None:
    """None for what is never counted."""
    if (group, plural) in _NEVER:
        return None
    return EVALUATORS.get((group, plural)) or counted(group, plural)

"""Replica sets."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import rules
from miniapi.validation.deployment import replica_counts, replicated_template, selector_kept
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation


def _create(obj: Object) -> ErrorList:
    spec = obj.get("spec") or {}
    errors = rules.not_negative_fields(spec, "spec", "replicas", "minReadySeconds")
    return errors + replicated_template(spec, "spec", "empty selector is invalid for deployment")


def _update(obj: Object, old: Object) -> ErrorList:
    return _create(obj) + selector_kept(obj, old)


def replica_status_update(obj: Object, _old: Object) -> ErrorList:
    """Counts of replicas, for ReplicaSet and ReplicationController."""
    status = obj.get("status") or {}
    errors = rules.not_negative_fields(
        status, "status", "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
        "terminatingReplicas", "observedGeneration",
    )  # fmt: skip
    return errors + replica_counts(status, "status", "fullyLabeledReplicas", "readyReplicas", "availableReplicas")


REPLICA_SET = Validation(_create, _update, names.name_is_dns_subdomain)
REPLICA_SET_STATUS = Validation(update=replica_status_update, name=names.name_is_dns_subdomain)

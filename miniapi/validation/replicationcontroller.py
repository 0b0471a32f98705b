"""Replication controllers: a selector that is a plain map, a template that may be missing."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.pod_template import labels_match, pod_template_spec
from miniapi.validation.replicaset import replica_status_update
from miniapi.validation.selector import matches


def _create(obj: Object) -> ErrorList:
    spec = obj.get("spec") or {}
    errors = rules.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    selector, replicas, template = spec.get("selector") or {}, spec.get("replicas"), spec.get("template")
    if not selector:
        errors.append(field.required("spec.selector"))
    errors += [field.required("spec.replicas")] if replicas is None else rules.not_negative("spec.replicas", replicas)
    at = "spec.template"
    if template is None:
        return [*errors, field.required(at)]
    labels = (template.get("metadata") or {}).get("labels") or {}
    errors += labels_match(template, at, matched=matches({"matchLabels": selector}, labels))
    errors += pod_template_spec(template, at)
    pod = template.get("spec") or {}
    if (policy := pod.get("restartPolicy") or "") != "Always":
        errors.append(field.not_supported(field.child(at, "spec", "restartPolicy"), policy, ("Always",)))
    if pod.get("activeDeadlineSeconds") is not None:
        why = "activeDeadlineSeconds in ReplicationController is not Supported"
        errors.append(field.forbidden(field.child(at, "spec", "activeDeadlineSeconds"), why))
    return errors


def _update(obj: Object, _old: Object) -> ErrorList:
    return _create(obj)


REPLICATION_CONTROLLER = Validation(_create, _update, names.name_is_long_name)
REPLICATION_CONTROLLER_STATUS = Validation(update=replica_status_update, name=names.name_is_dns_subdomain)

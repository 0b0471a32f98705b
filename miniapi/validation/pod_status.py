"""A pod's status as its node reports it (ValidatePodStatusUpdate)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta.network import is_ipv6, parse_ip
from miniapi.meta.objects import Object
from miniapi.meta.pods import is_sidecar
from miniapi.validation import field, rules
from miniapi.validation.container_status import container_statuses, extended_claim_status
from miniapi.validation.field import ErrorList
from miniapi.validation.network import legacy_ip
from miniapi.validation.pod_annotations import annotations_of, changed_annotations, pod_annotations

_SYSTEM_CONDITIONS = ("PodScheduled", "Ready", "Initialized")
_OBSERVED = "must be a non-negative integer"
Status = Mapping[str, Any]


def pod_status_update(pod: Object, old: Object) -> ErrorList:
    """The rules of a status write, metadata aside."""
    spec, old_spec = pod.get("spec") or {}, old.get("spec") or {}
    status, old_status = pod.get("status") or {}, old.get("status") or {}
    new_annotations, at = annotations_of(pod), "metadata.annotations"
    errors = changed_annotations(new_annotations, annotations_of(old), at)
    errors += pod_annotations(new_annotations, spec, at)
    for i, condition in enumerate(status.get("conditions") or ()):
        if (observed := condition.get("observedGeneration") or 0) < 0:
            errors.append(field.invalid(f"status.conditions[{i}].observedGeneration", observed, _OBSERVED))
        if (kind := condition.get("type") or "") not in _SYSTEM_CONDITIONS:
            errors += rules.qualified_name(f"status.conditions[{i}].Type", kind)
    if spec.get("nodeName") != old_spec.get("nodeName"):
        errors.append(field.forbidden("status.nodeName", "may not be changed directly"))
    nominated = status.get("nominatedNodeName") or ""
    if nominated and nominated != old_status.get("nominatedNodeName"):
        errors += rules.dns_subdomain("status.nominatedNodeName", nominated)
        if old_spec.get("nodeName"):
            why = "may not be set on pods that are already bound to a node"
            errors.append(field.forbidden("status.nominatedNodeName", why))
    if (observed := status.get("observedGeneration") or 0) < 0:
        errors.append(field.invalid("status.observedGeneration", observed, _OBSERVED))
    errors += field.immutable("status.qosClass", status.get("qosClass") or "", old_status.get("qosClass") or "")
    policy = old_spec.get("restartPolicy") or ""
    sidecars = {c.get("name") for c in old_spec.get("initContainers") or () if is_sidecar(c)}
    errors += _transitions(status, old_status, "containerStatuses", policy, set())
    errors += _transitions(status, old_status, "initContainerStatuses", policy, sidecars)
    errors += _transitions(status, old_status, "ephemeralContainerStatuses", "Never", set())
    errors += _claim_statuses(status, spec)
    if (claim := status.get("extendedResourceClaimStatus")) is not None:
        errors += extended_claim_status(claim, spec, "status.extendedResourceClaimStatus")
    errors += _addresses(status, old_status, "podIPs") + _host_addresses(status, old_status)
    return errors + container_statuses(status, spec)


def _transitions(status: Status, old_status: Status, key: str, policy: str, exempt: set[str | None]) -> ErrorList:
    """A container that ended for good does not come back."""
    if policy == "Always":
        return []
    errors: ErrorList = []
    for i, old in enumerate(old_status.get(key) or ()):
        ended = (old.get("state") or {}).get("terminated")
        if ended is None or (policy == "OnFailure" and ended.get("exitCode")) or old.get("name") in exempt:
            continue
        for new in status.get(key) or ():
            if new.get("name") == old.get("name") and (new.get("state") or {}).get("terminated") is None:
                at = field.child(field.index(field.child("status", key), i), "state")
                errors.append(field.forbidden(at, "may not be transitioned to non-terminated state"))
    return errors


def _claim_statuses(status: Status, spec: Mapping[str, Any]) -> ErrorList:
    errors: ErrorList = []
    known = {c.get("name") for c in spec.get("resourceClaims") or ()}
    seen: set[str] = set()
    for i, claim in enumerate(status.get("resourceClaimStatuses") or ()):
        at, name = f"status.resourceClaimStatuses[{i}].name", claim.get("name") or ""
        if name not in known:
            why = "must match the name of an entry in `spec.resourceClaims`"
            errors.append(field.invalid(at, name, why))
        if name in seen:
            errors.append(field.duplicate(at, name))
        seen.add(name)
        if (claim_name := claim.get("resourceClaimName")) is not None:
            errors += rules.dns_subdomain(at, claim_name)
    return errors


def _addresses(status: Status, old_status: Status, key: str) -> ErrorList:
    path, ips = field.child("status", key), _ips(status, key)
    known = _ips(old_status, key)
    errors = [e for i, ip in enumerate(ips) for e in legacy_ip(field.index(path, i), ip, known)]
    if len(ips) < 2:
        return errors
    for i, ip in enumerate(ips):
        if parse_ip(ip) is None:
            why = f"failed to check for dual stack with error:invalid IP[{i}]: {ip}"
            errors.append(field.internal(path, why))
            break
    if len(ips) > 2 or {is_ipv6(ip) for ip in ips} != {True, False} or any(parse_ip(ip) is None for ip in ips):
        shown = [{"IP": ip} for ip in ips]
        errors.append(field.invalid(path, shown, "may specify no more than one IP for each IP family"))
    return errors


def _ips(status: Status, key: str) -> list[str]:
    return [value.get("ip") or "" for value in status.get(key) or ()]


def _host_addresses(status: Status, old_status: Status) -> ErrorList:
    values = status.get("hostIPs") or ()
    if not values:
        return []
    errors: ErrorList = []
    first = values[0].get("ip") or ""
    if (status.get("hostIP") or "") != first:
        errors.append(field.invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`"))
    return errors + _addresses(status, old_status, "hostIPs")

"""Cells of storage, RBAC, certificates, scheduling, admission and flow control kinds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from miniapi.kinds.printers.cells import (
    NONE,
    UNSET,
    Row,
    access_modes,
    age,
    condition,
    human_duration,
    joined,
    name,
    spec,
    status,
)
from miniapi.meta.objects import Object


def claim(obj: Object, now: datetime) -> Row:
    """printPersistentVolumeClaim."""
    wanted, found = spec(obj), status(obj)
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else found.get("phase", "")
    capacity = modes = ""
    if wanted.get("volumeName"):
        modes = access_modes(found.get("accessModes"))
        capacity = (found.get("capacity") or {}).get("storage", "0")
    return [
        name(obj),
        phase,
        wanted.get("volumeName", ""),
        capacity,
        modes,
        _storage_class(obj),
        wanted.get("volumeAttributesClassName", UNSET),
        age(obj, now),
        wanted.get("volumeMode") or UNSET,
    ]


def _storage_class(obj: Object) -> str:
    annotations = obj["metadata"].get("annotations") or {}
    beta = annotations.get("volume.beta.kubernetes.io/storage-class")
    return str(beta if beta is not None else spec(obj).get("storageClassName") or "")


def volume(obj: Object, now: datetime) -> Row:
    """printPersistentVolume."""
    wanted, found = spec(obj), status(obj)
    reference = wanted.get("claimRef")
    return [
        name(obj),
        (wanted.get("capacity") or {}).get("storage", "0"),
        access_modes(wanted.get("accessModes")),
        wanted.get("persistentVolumeReclaimPolicy", ""),
        "Terminating" if obj["metadata"].get("deletionTimestamp") else found.get("phase", ""),
        f"{reference.get('namespace', '')}/{reference.get('name', '')}" if reference is not None else "",
        _storage_class(obj),
        wanted.get("volumeAttributesClassName", UNSET),
        found.get("reason", ""),
        age(obj, now),
        wanted.get("volumeMode") or UNSET,
    ]


DEFAULT_CLASSES = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def storage_class(obj: Object, now: datetime) -> Row:
    """printStorageClass."""
    annotations = obj["metadata"].get("annotations") or {}
    shown = name(obj)
    if any(annotations.get(a) == "true" for a in DEFAULT_CLASSES):
        shown += " (default)"
    return [
        shown,
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy", "Delete"),
        obj.get("volumeBindingMode") or "Immediate",
        bool(obj.get("allowVolumeExpansion")),
        age(obj, now),
    ]


def attributes_class(obj: Object, now: datetime) -> Row:
    """printVolumeAttributesClass."""
    return [name(obj), obj.get("driverName", ""), age(obj, now)]


def attachment(obj: Object, now: datetime) -> Row:
    """printVolumeAttachment."""
    wanted = spec(obj)
    source = (wanted.get("source") or {}).get("persistentVolumeName") or ""
    return [
        name(obj),
        wanted.get("attacher", ""),
        source,
        wanted.get("nodeName", ""),
        bool(status(obj).get("attached")),
        age(obj, now),
    ]


def csi_driver(obj: Object, now: datetime) -> Row:
    """printCSIDriver."""
    wanted = spec(obj)
    audiences = [t.get("audience", "") for t in wanted.get("tokenRequests") or []]
    return [
        name(obj),
        wanted.get("attachRequired", True),
        wanted.get("podInfoOnMount", False),
        wanted.get("storageCapacity", False),
        joined(audiences) if wanted.get("tokenRequests") is not None and audiences else UNSET,
        bool(wanted.get("requiresRepublish")),
        joined(wanted.get("volumeLifecycleModes") or []) or NONE,
        age(obj, now),
    ]


def csi_node(obj: Object, now: datetime) -> Row:
    """printCSINode."""
    return [name(obj), len(spec(obj).get("drivers") or []), age(obj, now)]


def binding(obj: Object, now: datetime) -> Row:
    """printRoleBinding and printClusterRoleBinding."""
    role = obj.get("roleRef") or {}
    subjects = obj.get("subjects") or []
    accounts = [f"{s.get('namespace', '')}/{s.get('name', '')}" for s in subjects if s.get("kind") == "ServiceAccount"]
    return [
        name(obj),
        f"{role.get('kind', '')}/{role.get('name', '')}",
        age(obj, now),
        ", ".join(s.get("name", "") for s in subjects if s.get("kind") == "User"),
        ", ".join(s.get("name", "") for s in subjects if s.get("kind") == "Group"),
        ", ".join(accounts),
    ]


def signing_request(obj: Object, now: datetime) -> Row:
    """printCertificateSigningRequest."""
    wanted, found = spec(obj), status(obj)
    types = [c.get("type") for c in found.get("conditions") or []]
    shown = [t for t in ("Approved", "Denied") if t in types][-1:] or ["Pending"]
    if "Failed" in types:
        shown.append("Failed")
    if found.get("certificate"):
        shown.append("Issued")
    seconds = wanted.get("expirationSeconds")
    return [
        name(obj),
        age(obj, now),
        wanted.get("signerName") or NONE,
        wanted.get("username", ""),
        human_duration(seconds) if seconds is not None else NONE,
        ",".join(shown),
    ]


def priority_class(obj: Object, now: datetime) -> Row:
    """printPriorityClass."""
    return [
        name(obj),
        obj.get("value", 0),
        bool(obj.get("globalDefault")),
        age(obj, now),
        obj.get("preemptionPolicy") or "PreemptLowerPriority",
    ]


def runtime_class(obj: Object, now: datetime) -> Row:
    """printRuntimeClass."""
    return [name(obj), obj.get("handler", ""), age(obj, now)]


def lease(obj: Object, now: datetime) -> Row:
    """printLease."""
    return [name(obj), spec(obj).get("holderIdentity", ""), age(obj, now)]


def webhooks(obj: Object, now: datetime) -> Row:
    """printMutatingWebhook and printValidatingWebhook."""
    return [name(obj), len(obj.get("webhooks") or []), age(obj, now)]


def policy(field: str) -> Any:
    """printValidatingAdmissionPolicy (`validations`) and printMutatingAdmissionPolicy (`mutations`)."""

    def cells(obj: Object, now: datetime) -> Row:
        parameters = spec(obj).get("paramKind")
        shown = f"{parameters.get('apiVersion', '')}/{parameters.get('kind', '')}" if parameters else UNSET
        return [name(obj), len(spec(obj).get(field) or []), shown, age(obj, now)]

    return cells


def policy_binding(obj: Object, now: datetime) -> Row:
    """printValidatingAdmissionPolicyBinding."""
    reference = spec(obj).get("paramRef")
    shown = UNSET
    if reference:
        namespace = reference.get("namespace") or "*"
        if reference.get("name"):
            shown = f"{namespace}/{reference['name']}"
        else:
            from miniapi.kinds.printers.cells import selector_text

            shown = f"{namespace}/{selector_text(reference.get('selector'))}"
    return [name(obj), spec(obj).get("policyName", ""), shown, age(obj, now)]


def api_service(obj: Object, now: datetime) -> Row:
    """The aggregator's API services."""
    service = spec(obj).get("service")
    available = condition(obj, "Available")
    shown = available.get("status", "Unknown") if available else "Unknown"
    if available and shown != "True" and available.get("reason"):
        shown = f"{shown} ({available['reason']})"
    return [
        name(obj),
        f"{service.get('namespace', '')}/{service.get('name', '')}" if service else "Local",
        shown,
        age(obj, now),
    ]


def flow_schema(obj: Object, now: datetime) -> Row:
    """printFlowSchema."""
    wanted = spec(obj)
    dangling = condition(obj, "Dangling")
    method = wanted.get("distinguisherMethod")
    return [
        name(obj),
        (wanted.get("priorityLevelConfiguration") or {}).get("name", "") or NONE,
        wanted.get("matchingPrecedence", 0),
        method.get("type") if method else NONE,
        age(obj, now),
        dangling.get("status", "") if dangling else "?",
    ]


def priority_level(obj: Object, now: datetime) -> Row:
    """printPriorityLevelConfiguration."""
    wanted = spec(obj)
    limited = wanted.get("limited") or wanted.get("exempt") or {}
    queuing = ((wanted.get("limited") or {}).get("limitResponse") or {}).get("queuing")
    shares = limited.get("nominalConcurrencyShares", NONE)
    cells = [queuing.get("queues"), queuing.get("handSize"), queuing.get("queueLengthLimit")] if queuing else [NONE] * 3
    return [name(obj), wanted.get("type", ""), shares, *cells, age(obj, now)]


def resource_claim(obj: Object, now: datetime) -> Row:
    """printResourceClaim."""
    found = status(obj)
    states = []
    if obj["metadata"].get("deletionTimestamp"):
        states.append("deleted")
    if not found.get("allocation"):
        if not states:
            states.append("pending")
    else:
        states.append("allocated")
        states.append("reserved" if found.get("reservedFor") else "")
    return [name(obj), ",".join(s for s in states if s), age(obj, now)]


def resource_slice(obj: Object, now: datetime) -> Row:
    """printResourceSlice."""
    wanted = spec(obj)
    node = wanted.get("nodeName", "")
    return [name(obj), node, wanted.get("driver", ""), (wanted.get("pool") or {}).get("name", ""), age(obj, now)]

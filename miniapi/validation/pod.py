"""Pods: creation, the few changes that a pod allows, and its subresources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from miniapi.meta import names, quantity
from miniapi.meta.objects import Object, name_of
from miniapi.meta.pods import is_sidecar, qos_class
from miniapi.validation import field, rules, scheduling
from miniapi.validation.container import image_whitespace
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.internal import difference, internal
from miniapi.validation.pod_annotations import (
    MIRROR,
    annotations_of,
    changed_annotations,
    fields_match,
    pod_annotations,
)
from miniapi.validation.pod_spec import pod_spec
from miniapi.validation.pod_status import pod_status_update

Spec = Mapping[str, Any]
_UPDATABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
    "(allow it to be set to 1 if it was previously negative)"
)
_RESIZABLE = ("cpu", "memory")


def _pod(pod: Object) -> ErrorList:
    """validatePodMetadataAndSpec, ObjectMeta aside."""
    spec = pod.get("spec") or {}
    errors: ErrorList = []
    if values := annotations_of(pod):
        errors += pod_annotations(values, spec, "metadata.annotations")
    # A pod's name is part only of the names of claims that are made for it.
    named = any("ephemeral" in volume for volume in spec.get("volumes") or ())
    return [*errors, *_spec_errors(orjson.dumps(spec), name_of(pod) if named else "")]


@lru_cache(128)
def _spec_errors(text: bytes, pod_name: str) -> Sequence[field.FieldError]:
    """Of a pod's spec as JSON: the pods of one template need be judged only once."""
    spec: Spec = orjson.loads(text)
    errors = pod_spec(spec, "spec", pod_name=pod_name, in_pod=True)
    if not spec.get("serviceAccountName"):
        errors += _token_volumes(spec)
    for kind in ("containers", "initContainers"):
        for i, container in enumerate(spec.get(kind) or ()):
            errors += image_whitespace(container, f"spec.{kind}[{i}]")
    return errors


def _token_volumes(spec: Spec) -> ErrorList:
    why = "must not be specified when serviceAccountName is not set"
    return [
        field.forbidden(f"spec.volumes[{i}].projected.sources[{j}].serviceAccountToken", why)
        for i, volume in enumerate(spec.get("volumes") or ())
        for j, source in enumerate((volume.get("projected") or {}).get("sources") or ())
        if source.get("serviceAccountToken") is not None
    ]


def _create(pod: Object) -> ErrorList:
    spec = pod.get("spec") or {}
    errors = _pod(pod)
    if spec.get("ephemeralContainers"):
        errors.append(field.forbidden("spec.ephemeralContainers", "cannot be set on create"))
    if spec.get("nodeName") and spec.get("schedulingGates"):
        why = "cannot be set until all schedulingGates have been cleared"
        errors.append(field.forbidden("spec.nodeName", why))
    if values := annotations_of(pod):
        errors += fields_match(values, spec, "spec")
    return errors


def _annotation_changes(pod: Object, old: Object) -> ErrorList:
    new, at = annotations_of(pod), "metadata.annotations"
    return changed_annotations(new, annotations_of(old), at) + pod_annotations(new, pod.get("spec") or {}, at)


def _update(pod: Object, old: Object) -> ErrorList:
    spec, old_spec = pod.get("spec") or {}, old.get("spec") or {}
    errors = _pod(pod) + _annotation_changes(pod, old)
    for kind in ("containers", "initContainers"):
        wrong = _containers_kept(spec.get(kind) or (), old_spec.get(kind) or (), field.child("spec", kind))
        errors += wrong
        if wrong and len(spec.get(kind) or ()) != len(old_spec.get(kind) or ()):
            return errors
    wrong, stop = _deadline(spec.get("activeDeadlineSeconds"), old_spec.get("activeDeadlineSeconds"))
    errors += wrong
    if stop:
        return errors
    errors += _tolerations_added(spec.get("tolerations") or (), old_spec.get("tolerations") or ())
    errors += _gates_removed(spec.get("schedulingGates") or (), old_spec.get("schedulingGates") or ())
    if spec == old_spec:
        return errors
    allowed, wrong = _without_allowed_changes(spec, old_spec)
    errors += wrong
    if allowed != old_spec:
        shown = difference("PodSpec", old_spec, allowed)
        why = f"pod updates may not change fields other than {_UPDATABLE}\n{shown}"
        errors.append(field.forbidden("spec", why))
    return errors


def _containers_kept(new: Sequence[Spec], old: Sequence[Spec], path: str) -> ErrorList:
    """ValidateContainerUpdates."""
    if len(new) != len(old):
        return [field.forbidden(path, "pod updates may not add or remove containers")]
    errors: ErrorList = []
    for i, container in enumerate(new):
        at = field.index(path, i)
        errors += rules.required_fields(container, at, "image") + image_whitespace(container, at)
    return errors


def _deadline(new: int | None, old: int | None) -> tuple[ErrorList, bool]:
    """(errors, whether nothing more is judged): a deadline may be set once and brought nearer."""
    path = "spec.activeDeadlineSeconds"
    if new is None:
        if old is None:
            return [], False
        return [field.invalid(path, None, "must not update from a positive integer to nil value")], False
    if wrong := rules.within(path, new, 0, rules.MAX_INT32):
        return wrong, True
    if old is not None and old < new:
        return [field.invalid(path, new, "must be less than or equal to previous value")], True
    return [], False


def _tolerations_added(new: Sequence[Spec], old: Sequence[Spec]) -> ErrorList:
    def but_seconds(toleration: Spec) -> dict[str, Any]:
        return {k: v for k, v in toleration.items() if k != "tolerationSeconds"}

    kept = [but_seconds(t) for t in new]
    if any(but_seconds(t) not in kept for t in old):
        why = "existing toleration can not be modified except its tolerationSeconds"
        return [field.forbidden("spec.tolerations", why)]
    return scheduling.tolerations(new, "spec.tolerations")


def _gates_removed(new: Sequence[Spec], old: Sequence[Spec]) -> ErrorList:
    known = {gate.get("name") for gate in old}
    return [
        field.forbidden(
            f"spec.schedulingGates[{i}].name",
            f"only deletion is allowed, but found new scheduling gate '{gate.get('name', '')}'",
        )
        for i, gate in enumerate(new)
        if gate.get("name") not in known
    ]


def _without_allowed_changes(spec: Spec, old: Spec) -> tuple[dict[str, Any], ErrorList]:
    """The new spec with all that may change put back as it was."""
    munged = dict(spec)
    for kind in ("containers", "initContainers"):
        if kind in munged:
            pairs = zip(munged[kind], old.get(kind) or (), strict=False)
            munged[kind] = [{**new, "image": before.get("image")} for new, before in pairs]
    for name in ("activeDeadlineSeconds", "schedulingGates", "tolerations"):
        _put_back(munged, old, name)
    if (old.get("terminationGracePeriodSeconds") or 0) < 0 and munged.get("terminationGracePeriodSeconds") == 1:
        _put_back(munged, old, "terminationGracePeriodSeconds")
    errors: ErrorList = []
    if old.get("schedulingGates"):
        errors = _gated_changes(munged, old)
    return munged, errors


def _put_back(munged: dict[str, Any], old: Spec, name: str) -> None:
    if name in old:
        munged[name] = old[name]
    else:
        munged.pop(name, None)


def _gated_changes(munged: dict[str, Any], old: Spec) -> ErrorList:
    """A pod that waits may be bound to fewer nodes."""
    errors: ErrorList = []
    new_selector, old_selector = munged.get("nodeSelector") or {}, old.get("nodeSelector") or {}
    if new_selector != old_selector:
        if any(new_selector.get(k) != v for k, v in old_selector.items()):
            why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
            errors.append(field.invalid("spec.nodeSelector", new_selector or None, why))
        _put_back(munged, old, "nodeSelector")
    new_affinity, old_affinity = munged.get("affinity") or {}, old.get("affinity") or {}
    new_node, old_node = new_affinity.get("nodeAffinity"), old_affinity.get("nodeAffinity")
    if new_node != old_node:
        errors += _node_affinity_narrowed(new_node or {}, old_node or {})
        rest = {k: v for k, v in new_affinity.items() if k != "nodeAffinity"}
        if old_node is not None:
            rest["nodeAffinity"] = old_node
        if rest or "affinity" in old:
            munged["affinity"] = rest
        else:
            munged.pop("affinity", None)
    return errors


def _node_affinity_narrowed(new: Spec, old: Spec) -> ErrorList:
    path = field.child("spec.affinity.nodeAffinity", scheduling.REQUIRED)
    required, before = new.get(scheduling.REQUIRED), old.get(scheduling.REQUIRED)
    if before is None:
        return []
    terms = (required or {}).get("nodeSelectorTerms") or []
    old_terms = before.get("nodeSelectorTerms") or []
    at = field.child(path, "nodeSelectorTerms")
    if old_terms and len(terms) != len(old_terms):
        return [field.invalid(at, terms, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")]
    errors: ErrorList = []
    for i, (term, old_term) in enumerate(zip(terms, old_terms, strict=False)):
        for kind in ("matchExpressions", "matchFields"):
            if (term.get(kind) or [])[: len(old_term.get(kind) or ())] != (old_term.get(kind) or []):
                why = "only additions are allowed (no mutations or deletions)"
                errors.append(field.invalid(field.index(at, i), internal("NodeSelectorTerm", term), why))
                break
    return errors


def _update_ephemeral(pod: Object, old: Object) -> ErrorList:
    """ValidatePodEphemeralContainersUpdate."""
    errors = _pod(pod) + _annotation_changes(pod, old)
    if MIRROR in annotations_of(old):
        return [field.forbidden("", "static pods do not support ephemeral containers")]
    path = "spec.ephemeralContainers"
    new = {c.get("name"): c for c in (pod.get("spec") or {}).get("ephemeralContainers") or ()}
    for before in (old.get("spec") or {}).get("ephemeralContainers") or ():
        name = field.show(before.get("name") or "")
        after = new.get(before.get("name"))
        if after is None:
            errors.append(field.forbidden(path, f"existing ephemeral containers {name} may not be removed\n"))
        elif after != before:
            shown = difference("EphemeralContainer", before, after)
            errors.append(field.forbidden(path, f"existing ephemeral containers {name} may not be changed\n{shown}"))
    return errors


def _update_resize(pod: Object, old: Object) -> ErrorList:
    """ValidatePodResize."""
    errors = _pod(pod)
    if MIRROR in annotations_of(old):
        return [field.forbidden("", "static pods cannot be resized")]
    spec, old_spec = pod.get("spec") or {}, old.get("spec") or {}
    if (old_spec.get("os") or {}).get("name") == "windows":
        return [field.forbidden("", "windows pods cannot be resized")]
    status = old.get("status") or {}
    if (status.get("qosClass") or qos_class(old_spec)) != qos_class(spec):
        shown = (pod.get("status") or {}).get("qosClass") or ""
        errors.append(field.invalid("spec", shown, "Pod QOS Class may not change as a result of resizing"))
    running = [c for c in status.get("containerStatuses") or () if (c.get("state") or {}).get("running") is not None]
    if running and running[0].get("resources") is None:
        errors.append(field.forbidden("spec", "Pod running on node without support for resize"))
    if others := [e for kind in ("containers", "initContainers") for e in _same_containers(spec, old_spec, kind)]:
        return errors + others
    errors += _resized(spec, old_spec, "initContainers") + _resized(spec, old_spec, "containers")
    for kind in ("containers", "initContainers"):
        errors += _only_resizable(spec, old_spec, kind)
    return errors


def _same_containers(spec: Spec, old_spec: Spec, kind: str) -> ErrorList:
    """validatePodResizeContainerOrdering."""
    now, before = spec.get(kind) or (), old_spec.get(kind) or ()
    if len(now) != len(before):
        return [field.forbidden(f"spec.{kind}", f"{kind} may not be added or removed on resize")]
    why = f"{kind} may not be renamed or reordered on resize"
    return [
        field.forbidden(f"spec.{kind}[{i}].name", why)
        for i, (new, old) in enumerate(zip(now, before, strict=True))
        if new.get("name") != old.get("name")
    ]


def _resized(spec: Spec, old_spec: Spec, kind: str) -> ErrorList:
    errors: ErrorList = []
    for i, (new, old) in enumerate(zip(spec.get(kind) or (), old_spec.get(kind) or (), strict=False)):
        if kind == "initContainers" and not is_sidecar(old):
            continue
        for which in ("requests", "limits"):
            before = (old.get("resources") or {}).get(which) or {}
            if set(before) - set((new.get("resources") or {}).get(which) or {}):
                at = f"spec.{kind}[{i}].resources.{which}"
                errors.append(field.forbidden(at, f"resource {which} cannot be removed"))
    return errors


def _only_resizable(spec: Spec, old_spec: Spec, kind: str) -> ErrorList:
    errors: ErrorList = []
    for new, old in zip(spec.get(kind) or (), old_spec.get(kind) or (), strict=False):
        if kind == "initContainers" and not is_sidecar(new):
            if new != old:
                why = "resources for non-sidecar init containers are immutable"
                errors.append(field.forbidden("spec", why))
            continue
        if _other_resources(new) != _other_resources(old):
            which = " for sidecar containers" if kind == "initContainers" else ""
            errors.append(field.forbidden("spec", f"only cpu and memory resources{which} are mutable"))
    return errors


def _other_resources(container: Spec) -> list[tuple[str, str, Any]]:
    resources = container.get("resources") or {}
    others = [
        (which, name, quantity.canonical(str(value)))
        for which in ("requests", "limits")
        for name, value in (resources.get(which) or {}).items()
        if name not in _RESIZABLE
    ]
    return sorted(others)


def _no_errors(_obj: Object) -> ErrorList:
    return []


POD = Validation(_create, _update, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))
POD_STATUS = Validation(_no_errors, pod_status_update, names.name_is_dns_subdomain)
POD_EPHEMERAL_CONTAINERS = Validation(_no_errors, _update_ephemeral, names.name_is_dns_subdomain)
POD_RESIZE = Validation(_no_errors, _update_resize, names.name_is_dns_subdomain)

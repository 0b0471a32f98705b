"""Pods and their subresources (pkg/registry/core/pod)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from miniapi import errors
from miniapi.clock import rfc3339
from miniapi.meta.objects import Object, copy, name_of
from miniapi.meta.pods import aggregate, amounts, app_armor_profile, containers_with_path, qos_class
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.pod_disabled import drop_disabled_status
from miniapi.strategies.pod_template import default_pod_spec
from miniapi.strategies.pod_warnings import APP_ARMOR, app_armor_warning, name_warnings, pod_warnings
from miniapi.strategies.status import keep_spec, keep_status

Fields = dict[str, Any]
_POD_LEVEL = ("cpu", "memory")
_GATED: Final = "Scheduling is blocked due to non-empty scheduling gates"
_FINISHED = ("Failed", "Succeeded")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def _default(pod: Object) -> None:
    """SetDefaults_Pod and SetDefaults_PodSpec."""
    spec: Fields = pod.setdefault("spec", {})
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        spec["terminationGracePeriodSeconds"] = 1
    for kind in ("containers", "initContainers"):
        for container in spec.get(kind) or ():
            limits = (container.get("resources") or {}).get("limits")
            if limits:
                requests = container["resources"].setdefault("requests", {})
                for name, value in limits.items():
                    requests.setdefault(name, value)
    if spec.get("resources"):
        _default_pod_resources(spec)
    spec.setdefault("enableServiceLinks", True)
    if spec.get("hostNetwork"):
        _default_host_ports(spec)
    default_pod_spec(spec)
    status = pod.get("status")
    if status:
        _sync_addresses(status)


def _default_host_ports(spec: Fields) -> None:
    for kind in ("containers", "initContainers"):
        for container in spec.get(kind) or ():
            for port in container.get("ports") or ():
                if not port.get("hostPort") and port.get("containerPort"):
                    port["hostPort"] = port["containerPort"]


def _default_pod_resources(spec: Fields) -> None:
    """Requests and limits of the pod as a whole, from those of its containers and from each other."""
    own: Fields = spec["resources"]
    limits, requests = own.get("limits") or {}, own.get("requests") or {}
    if not limits and not requests:
        return
    had_limits = bool(limits)
    container_limits = aggregate(spec, "limits")
    for name, value in container_limits.items():
        if name.startswith("hugepages-") and name not in requests:
            limits.setdefault(name, str(value))
    if limits:
        for name, value in aggregate(spec, "requests").items():
            if name in _POD_LEVEL:
                requests.setdefault(name, str(value))
        for name, text in limits.items():
            if name in _POD_LEVEL or name.startswith("hugepages-"):
                requests.setdefault(name, text)
    if not had_limits and not limits:
        parts = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
        for name in _POD_LEVEL:
            if name in container_limits and all(name in amounts(p, "limits") for p in parts):
                limits[name] = str(container_limits[name])
    if limits:
        own["limits"] = limits
    if requests:
        own["requests"] = requests


def _sync_addresses(status: Fields) -> None:
    """podIP is the first of podIPs; where they differ, podIP counts."""
    one, many = status.get("podIP"), status.get("podIPs")
    if one and (not many or many[0].get("ip") != one):
        status["podIPs"] = [{"ip": one}]
    elif many and not one:
        status["podIP"] = many[0].get("ip") or ""


def _sync_app_armor(pod: Object, ctx: WriteContext) -> None:
    """The older annotations become fields (applyAppArmorVersionSkew)."""
    annotations, spec = pod["metadata"].get("annotations") or {}, pod["spec"]
    if not annotations or (spec.get("os") or {}).get("name") == "windows":
        return
    of_pod = (spec.get("securityContext") or {}).get("appArmorProfile")
    for container, _ in containers_with_path(spec, "spec"):
        key = APP_ARMOR + (container.get("name") or "")
        if key not in annotations or (container.get("securityContext") or {}).get("appArmorProfile") is not None:
            continue
        profile = app_armor_profile(annotations[key])
        if profile is not None and profile == of_pod:
            continue
        if profile is not None:
            container.setdefault("securityContext", {})["appArmorProfile"] = profile
        ctx.warn(app_armor_warning(f"metadata.annotations[{key}]"))


def _prepare_create(pod: Object, ctx: WriteContext) -> None:
    spec: Fields = pod["spec"]
    status: Fields = {"phase": "Pending", "qosClass": qos_class(spec)}
    pod["status"] = status
    if spec.get("schedulingGates"):
        condition = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": _GATED}
        set_condition(pod, condition, ctx)
    labels = pod["metadata"].get("labels") or {}
    if labels:
        _merge_label_keys(spec, labels)
    _sync_app_armor(pod, ctx)


def _merge_label_keys(spec: Fields, labels: Mapping[str, str]) -> None:
    """matchLabelKeys and mismatchLabelKeys become expressions with the pod's own values."""
    affinity = spec.get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(kind) or {}
        for term in terms.get(_REQUIRED) or ():
            _merge_keys(term, labels)
        for weighted in terms.get(_PREFERRED) or ():
            _merge_keys(weighted.get("podAffinityTerm") or {}, labels)
    for constraint in spec.get("topologySpreadConstraints") or ():
        _merge_keys(constraint, labels)


def _merge_keys(term: Fields, labels: Mapping[str, str]) -> None:
    selector = term.get("labelSelector")
    if selector is None:
        return
    for keys, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")):
        for key in term.get(keys) or ():
            if key in labels:
                expressions = selector.setdefault("matchExpressions", [])
                expressions.append({"key": key, "operator": operator, "values": [labels[key]]})


def _canonicalize(pod: Object) -> None:
    """The older name of the service account follows the newer."""
    spec = pod.get("spec") or {}
    if account := spec.get("serviceAccountName"):
        spec["serviceAccount"] = account


def _grace_seconds(pod: Object, asked: int | None, _ctx: WriteContext) -> int | None:
    """What was asked for, else the pod's own; none for pods that run nowhere or have ended."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in _FINISHED:
        return 0
    seconds: int = asked if asked is not None else spec.get("terminationGracePeriodSeconds") or 0
    return 1 if seconds < 0 else seconds


def _warn_create(pod: Object, _ctx: WriteContext) -> list[str]:
    return name_warnings(name_of(pod), "the Pod's hostname") + pod_warnings(pod)


def _prepare_status(pod: Object, old: Object, ctx: WriteContext) -> None:
    keep_spec(pod, old, ctx)
    owners = old["metadata"].get("ownerReferences")
    if owners:
        pod["metadata"]["ownerReferences"] = copy(owners)
    else:
        pod["metadata"].pop("ownerReferences", None)
    status: Fields = pod.setdefault("status", {})
    drop_disabled_status(status, old.get("status") or {})
    before = (old.get("status") or {}).get("qosClass")
    if not status.get("qosClass") and before:
        status["qosClass"] = before
    observed = {c.get("type"): c.get("observedGeneration") for c in (old.get("status") or {}).get("conditions") or ()}
    for condition in status.get("conditions") or ():
        if not condition.get("observedGeneration") and observed.get(condition.get("type")):
            condition["observedGeneration"] = observed[condition.get("type")]


def _keep_all_but(pod: Object, old: Object, spec: Fields) -> None:
    """Everything as it was, except for `spec`, the identity of the request and who owns which field."""
    meta = {**copy(old["metadata"])}
    for name in ("name", "namespace", "resourceVersion", "uid", "managedFields"):
        if name in pod["metadata"]:
            meta[name] = pod["metadata"][name]
    status, own = copy(old.get("status") or {}), pod["metadata"]
    own.clear()
    own.update(meta)
    pod.clear()
    pod.update({**copy(old), "metadata": own, "spec": spec, "status": status})


def _prepare_ephemeral(pod: Object, old: Object, _ctx: WriteContext) -> None:
    spec: Fields = copy(old.get("spec") or {})
    new = (pod.get("spec") or {}).get("ephemeralContainers")
    if new:
        spec["ephemeralContainers"] = new
    else:
        spec.pop("ephemeralContainers", None)
    _keep_all_but(pod, old, spec)


def _prepare_resize(pod: Object, old: Object, _ctx: WriteContext) -> None:
    """dropNonResizeUpdates; other containers than there were are left for validation to complain of."""
    spec: Fields = copy(old.get("spec") or {})
    new_spec = pod.get("spec") or {}
    kinds = ("containers", "initContainers")
    if any(len(new_spec.get(kind) or ()) != len(spec.get(kind) or ()) for kind in kinds):
        return
    for kind in kinds:
        new = new_spec.get(kind) or []
        if [c.get("name") for c in new] != [c.get("name") for c in spec.get(kind) or ()]:
            spec[kind] = new
            continue
        for container, wanted in zip(spec.get(kind) or (), new, strict=True):
            for name in ("resources", "resizePolicy"):
                if name in wanted:
                    container[name] = wanted[name]
                else:
                    container.pop(name, None)
    if "resources" in new_spec:
        spec["resources"] = new_spec["resources"]
    _keep_all_but(pod, old, spec)


def assign(pod: Object, binding: Object, ctx: WriteContext) -> None:
    """pods/binding: puts an unassigned pod on a node, with the binding's annotations and labels. Else ApiError 409."""
    spec: Fields = pod.setdefault("spec", {})
    name, node = name_of(pod), (binding.get("target") or {}).get("name") or ""
    why = ""
    if pod["metadata"].get("deletionTimestamp"):
        why = f"pod {name} is being deleted, cannot be assigned to a host"
    elif spec.get("nodeName"):
        why = f'pod {name} is already assigned to node "{spec["nodeName"]}"'
    elif spec.get("schedulingGates"):
        why = f"pod {name} has non-empty .spec.schedulingGates"
    if why:
        raise errors.conflict("pods/binding", "", name, why)
    spec["nodeName"] = node
    pod.setdefault("status", {}).pop("nominatedNodeName", None)
    if annotations := (binding.get("metadata") or {}).get("annotations"):
        pod["metadata"]["annotations"] = {**(pod["metadata"].get("annotations") or {}), **annotations}
    if labels := (binding.get("metadata") or {}).get("labels"):
        pod["metadata"]["labels"] = {**(pod["metadata"].get("labels") or {}), **labels}
    set_condition(pod, {"type": "PodScheduled", "status": "True"}, ctx)


def set_condition(pod: Object, condition: Fields, ctx: WriteContext) -> None:
    """UpdatePodCondition: replaces the condition of that type; its time moves where its status does."""
    conditions: list[Fields] = pod.setdefault("status", {}).setdefault("conditions", [])
    new = {"type": "", "status": "", "lastProbeTime": None, "lastTransitionTime": rfc3339(ctx.now), **condition}
    for i, old in enumerate(conditions):
        if old.get("type") == condition["type"]:
            if old.get("status") == condition["status"]:
                new["lastTransitionTime"] = old.get("lastTransitionTime")
            conditions[i] = new
            return
    conditions.append(new)


def _of_spec(name: str) -> Any:
    return lambda pod: (pod.get("spec") or {}).get(name) or ""


def _of_status(name: str) -> Any:
    return lambda pod: (pod.get("status") or {}).get(name) or ""


_SELECTABLE: Final = {
    **{f"spec.{n}": _of_spec(n) for n in ("nodeName", "restartPolicy", "schedulerName", "serviceAccountName")},
    "spec.hostNetwork": lambda pod: "true" if (pod.get("spec") or {}).get("hostNetwork") else "false",
    **{f"status.{n}": _of_status(n) for n in ("phase", "podIP", "nominatedNodeName")},
}

POD = Strategy(
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=keep_status,
    canonicalize=_canonicalize,
    warnings_create=_warn_create,
    grace_seconds=_grace_seconds,
    tracks_generation=True,
    selectable_fields=_SELECTABLE,
    deletes_to_status=False,
)
POD_STATUS = Strategy(
    default=_default,
    prepare_update=_prepare_status,
    reset_fields=frozenset({"spec", "metadata.deletionTimestamp", "metadata.ownerReferences"}),
)
POD_EPHEMERAL_CONTAINERS = Strategy(default=_default, prepare_update=_prepare_ephemeral, tracks_generation=True)
POD_RESIZE = Strategy(default=_default, prepare_update=_prepare_resize, tracks_generation=True)

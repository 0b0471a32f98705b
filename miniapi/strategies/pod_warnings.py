"""Warnings about pods and templates: deprecated fields and values that surprise (pkg/api/pod/warnings.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names, quantity
from miniapi.meta.pods import containers_with_path

Part = Mapping[str, Any]
_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_USE_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def name_warnings(name: str, used_in: str) -> list[str]:
    """Names that pods inherit had better be DNS labels."""
    wrong = names.dns_label(name) if name else []
    if not wrong:
        return []
    return [
        f"metadata.name: this is used in {used_in}, which can result in surprising behavior; "
        f"a DNS label is recommended: [{' '.join(wrong)}]"
    ]


def pod_warnings(pod: Part) -> list[str]:
    """GetWarningsForPod."""
    return _warnings(pod, "", is_template=False)


def template_warnings(template: Part, path: str) -> list[str]:
    """GetWarningsForPodTemplate; `path` is the template's."""
    return _warnings(template, path + ".", is_template=True)


def _warnings(pod: Part, prefix: str, *, is_template: bool) -> list[str]:
    spec: Part = pod.get("spec") or {}
    annotations: Mapping[str, str] = (pod.get("metadata") or {}).get("annotations") or {}
    path, meta = prefix + "spec", prefix + "metadata.annotations"
    found = [f"{path}.nodeSelector[{k}]: {_LABELS[k]}" for k in spec.get("nodeSelector") or () if k in _LABELS]
    found += _node_affinity(spec, path) + _spread(spec, path)
    found += [f"{meta}[{key}]: {why}" for key, why in _ANNOTATIONS.items() if key in annotations]
    for i, volume in enumerate(spec.get("volumes") or ()):
        found += [f"{path}.volumes[{i}].{key}: {why}" for key, why in _VOLUMES.items() if volume.get(key) is not None]
    found += _shared_paths(spec, path)
    found += _duplicates(spec.get("hostAliases") or (), "ip", f"{path}.hostAliases")
    secrets = spec.get("imagePullSecrets") or ()
    found += _duplicates(secrets, "name", f"{path}.imagePullSecrets")
    found += [
        f'{path}.imagePullSecrets[{i}].name: invalid empty name ""' for i, s in enumerate(secrets) if not s.get("name")
    ]
    found += _fractions(spec.get("overhead") or {}, f"{path}.overhead")
    context = spec.get("securityContext") or {}
    if _SECCOMP_POD in annotations and context.get("seccompProfile") is None:
        found.append(f"{meta}[{_SECCOMP_POD}]: {_USE_SECCOMP}")
    for container, at in containers_with_path(spec, path):
        found += _container(container, at, annotations, meta, is_template and context.get("appArmorProfile") is None)
    found += _ports(spec, path)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        why = "must be >= 0; negative values are invalid and will be treated as 1"
        found.append(f"{path}.terminationGracePeriodSeconds: {why}")
    return found + _pod_affinity(spec, path)


def _node_affinity(spec: Part, path: str) -> list[str]:
    node = (spec.get("affinity") or {}).get("nodeAffinity")
    if not node:
        return []
    at = f"{path}.affinity.nodeAffinity"
    terms = (node.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ()
    placed = [(term, f"{at}.{_REQUIRED}.nodeSelectorTerms[{i}]") for i, term in enumerate(terms)]
    preferred = node.get(_PREFERRED) or ()
    placed += [(p.get("preference") or {}, f"{at}.{_PREFERRED}[{i}].preference") for i, p in enumerate(preferred)]
    return [
        f"{where}.matchExpressions[{i}].key: {expression['key']} is {_LABELS[expression['key']]}"
        for term, where in placed
        for i, expression in enumerate(term.get("matchExpressions") or ())
        if expression.get("key") in _LABELS
    ]


def _spread(spec: Part, path: str) -> list[str]:
    found: list[str] = []
    for i, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        at, key = f"{path}.topologySpreadConstraints[{i}]", constraint.get("topologyKey") or ""
        if key in _LABELS:
            found.append(f"{at}.topologyKey: {key} is {_LABELS[key]}")
        if constraint.get("labelSelector") is None:
            found.append(f"{at}.labelSelector: a null labelSelector results in matching no pod")
    return found


def _shared_paths(spec: Part, path: str) -> list[str]:
    """Projected files that share a path with a token."""
    volumes = [(i, (v.get("projected") or {}).get("sources") or ()) for i, v in enumerate(spec.get("volumes") or ())]
    tokens = {s["serviceAccountToken"].get("path") for _, ss in volumes for s in ss if s.get("serviceAccountToken")}
    if not tokens:
        return []
    found: list[str] = []
    for i, sources in volumes:
        at = f"{path}.volumes[{i}].projected.sources"
        for source in sources:
            for key, shown in (("configMap", "configMap"), ("secret", "secrets"), ("downwardAPI", "downwardAPI")):
                for j, item in enumerate((source.get(key) or {}).get("items") or ()):
                    if item.get("path") in tokens:
                        found.append(
                            f'{at}.{shown}[{j}]: has duplicated path with ServiceAccountToken "{item["path"]}"'
                        )
            bundle = (source.get("clusterTrustBundle") or {}).get("path")
            if bundle in tokens:
                found.append(f'{at}.ClusterTrustBundle: has duplicated path with ServiceAccountToken "{bundle}"')
    return found


def _duplicates(items: Any, key: str, path: str) -> list[str]:
    seen: set[str] = set()
    found: list[str] = []
    for i, item in enumerate(items):
        value = item.get(key) or ""
        if value in seen:
            found.append(f'{path}[{i}].{key}: duplicate {key} "{value}"')
        seen.add(value)
    return found


def _fractions(amounts: Part, path: str) -> list[str]:
    found: list[str] = []
    for name in ("memory", "ephemeral-storage"):
        if name in amounts:
            value = quantity.parse(str(amounts[name]))
            if quantity.scaled_value(value, -3) % 1000:
                found.append(f'{path}[{name}]: fractional byte value "{value}" is invalid, must be an integer')
    return found


def _container(
    container: Part, path: str, annotations: Mapping[str, str], meta: str, check_app_armor: bool
) -> list[str]:
    found: list[str] = []
    name, context = container.get("name") or "", container.get("securityContext") or {}
    if annotations:
        if _SECCOMP_CONTAINER + name in annotations and context.get("seccompProfile") is None:
            found.append(f"{meta}[{_SECCOMP_CONTAINER}{name}]: {_USE_SECCOMP}")
        if check_app_armor and _APP_ARMOR + name in annotations and context.get("appArmorProfile") is None:
            why = 'deprecated since v1.30; use the "appArmorProfile" field instead'
            found.append(f"{meta}[{_APP_ARMOR}{name}]: {why}")
    resources = container.get("resources") or {}
    for resource in ("memory", "ephemeral-storage"):
        for which in ("limits", "requests"):
            amounts = resources.get(which) or {}
            if resource in amounts:
                found += _fractions({resource: amounts[resource]}, f"{path}.resources.{which}")
    seen: set[str] = set()
    for i, variable in enumerate(container.get("env") or ()):
        key, value = variable.get("name") or "", variable.get("value") or ""
        reference = f"$({key})"
        hides = variable.get("valueFrom") is not None or value == reference or reference not in value
        if key in seen and hides:
            why = f'hides previous definition of "{key}", which may be dropped when using apply'
            found.append(f"{path}.env[{i}]: {why}")
        seen.add(key)
    return found


def _ports(spec: Part, path: str) -> list[str]:
    found: list[str] = []
    seen: dict[tuple[int, str], list[tuple[str, int, str]]] = {}
    for container, at in containers_with_path(spec, path):
        for i, port in enumerate(container.get("ports") or ()):
            here, host, ip = f"{at}.ports[{i}]", port.get("hostPort") or 0, port.get("hostIP") or ""
            number, protocol = port.get("containerPort") or 0, port.get("protocol") or ""
            if ip and not host:
                shown = (
                    f"{{Name:{port.get('name', '')} HostPort:0 ContainerPort:{number} Protocol:{protocol} HostIP:{ip}}}"
                )
                found.append(f"{here}: hostIP set without hostPort: {shown}")
            others = seen.setdefault((number, protocol), [])
            for other, other_host, other_ip in others:
                if (ip, host) == (other_ip, other_host):
                    found.append(f"{here}: duplicate port definition with {other}")
                elif not host or not other_host:
                    found.append(f"{here}: overlapping port definition with {other}")
                elif host == other_host and (not ip) != (not other_ip):
                    found.append(f"{here}: dangerously ambiguous port definition with {other}")
            others.append((here, host, ip))
    return found


def _pod_affinity(spec: Part, path: str) -> list[str]:
    affinity = spec.get("affinity") or {}
    why = "labelSelector: a null labelSelector results in matching no pod"
    found: list[str] = []
    for kind in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(kind) or {}
        at = f"{path}.affinity.{kind}"
        for i, term in enumerate(terms.get(_REQUIRED) or ()):
            if term.get("labelSelector") is None:
                found.append(f"{at}.{_REQUIRED}[{i}].{why}")
        for i, weighted in enumerate(terms.get(_PREFERRED) or ()):
            if (weighted.get("podAffinityTerm") or {}).get("labelSelector") is None:
                found.append(f"{at}.{_PREFERRED}[{i}].podAffinityTerm.{why}")
    return found

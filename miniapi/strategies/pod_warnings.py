"""Warnings about pods and templates: deprecated fields and values that surprise (pkg/api/pod/warnings.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from miniapi.meta import names
from miniapi.meta.network import ip_warnings
from miniapi.meta.pods import app_armor_profile, containers_with_path
from miniapi.strategies.node_label_warnings import DEPRECATED, node_term_warnings
from miniapi.strategies.volume_warnings import fraction, volume_warnings

Part = Mapping[str, Any]
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_PROFILES = (_SECCOMP_POD, _SECCOMP_CONTAINER, APP_ARMOR)
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
    annotations: Mapping[str, str] = (pod.get("metadata") or {}).get("annotations") or {}
    told = {key: value for key, value in annotations.items() if key in _ANNOTATIONS or key.startswith(_PROFILES)}
    return [*_of_spec(orjson.dumps(pod.get("spec") or {}), orjson.dumps(told), prefix, is_template)]


@lru_cache(128)
def _of_spec(text: bytes, told: bytes, prefix: str, is_template: bool) -> Sequence[str]:
    """Of a spec and the annotations that count, as JSON: the pods of one template need be read only once."""
    spec: Part = orjson.loads(text)
    annotations: Mapping[str, str] = orjson.loads(told)
    path, meta = prefix + "spec", prefix + "metadata.annotations"
    found = [f"{path}.nodeSelector[{k}]: {DEPRECATED[k]}" for k in spec.get("nodeSelector") or () if k in DEPRECATED]
    found += _node_affinity(spec, path) + _spread(spec, path)
    found += [f"{meta}[{key}]: {why}" for key, why in _ANNOTATIONS.items() if key in annotations]
    found += volume_warnings(spec.get("volumes") or (), f"{path}.volumes")
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
        found += _container(container, at, annotations, meta)
        if is_template:
            found += _app_armor(container, annotations, meta, context.get("appArmorProfile"))
    found += _ports(spec, path) + _port_names(spec, path)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        why = "must be >= 0; negative values are invalid and will be treated as 1"
        found.append(f"{path}.terminationGracePeriodSeconds: {why}")
    return found + _pod_affinity(spec, path) + _addresses(spec, path)


def _node_affinity(spec: Part, path: str) -> list[str]:
    node = (spec.get("affinity") or {}).get("nodeAffinity")
    if not node:
        return []
    at = f"{path}.affinity.nodeAffinity"
    terms, preferred = (node.get(_REQUIRED) or {}).get("nodeSelectorTerms") or (), node.get(_PREFERRED) or ()
    found: list[str] = []
    for i, term in enumerate(terms):
        found += node_term_warnings(term, f"{at}.{_REQUIRED}.nodeSelectorTerms[{i}]")
    for i, weighted in enumerate(preferred):
        where = f"{at}.{_PREFERRED}[{i}].preference"
        found += node_term_warnings(weighted.get("preference") or {}, where, check_values=True)
    return found


def _spread(spec: Part, path: str) -> list[str]:
    found: list[str] = []
    for i, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        at, key = f"{path}.topologySpreadConstraints[{i}]", constraint.get("topologyKey") or ""
        if key in DEPRECATED:
            found.append(f"{at}.topologyKey: {key} is {DEPRECATED[key]}")
        if constraint.get("labelSelector") is None:
            found.append(f"{at}.labelSelector: a null labelSelector results in matching no pod")
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
    return [w for n in ("memory", "ephemeral-storage") if n in amounts for w in fraction(f"{path}[{n}]", amounts[n])]


def _app_armor(
    container: Part, annotations: Mapping[str, str], meta: str, of_pod: Mapping[str, Any] | None
) -> list[str]:
    key = APP_ARMOR + (container.get("name") or "")
    own = (container.get("securityContext") or {}).get("appArmorProfile")
    if key not in annotations or own is not None or (of_pod and of_pod == app_armor_profile(annotations[key])):
        return []
    return [app_armor_warning(f"{meta}[{key}]")]


def app_armor_warning(path: str) -> str:
    """Of an annotation where there is a field."""
    return f'{path}: deprecated since v1.30; use the "appArmorProfile" field instead'


def _container(container: Part, path: str, annotations: Mapping[str, str], meta: str) -> list[str]:
    found: list[str] = []
    name, context = container.get("name") or "", container.get("securityContext") or {}
    if annotations:
        if _SECCOMP_CONTAINER + name in annotations and context.get("seccompProfile") is None:
            found.append(f"{meta}[{_SECCOMP_CONTAINER}{name}]: {_USE_SECCOMP}")
    resources = container.get("resources") or {}
    for resource in ("memory", "ephemeral-storage"):
        for which in ("limits", "requests"):
            amounts = resources.get(which) or {}
            if resource in amounts:
                found += _fractions({resource: amounts[resource]}, f"{path}.resources.{which}")
    seen: set[str] = set()
    for i, variable in enumerate(container.get("env") or ()):
        key = variable.get("name") or ""
        if key not in seen:
            seen.add(key)
            continue
        value, reference = variable.get("value") or "", f"$({key})"
        if variable.get("valueFrom") is not None or value == reference or reference not in value:
            why = f'hides previous definition of "{key}", which may be dropped when using apply'
            found.append(f"{path}.env[{i}]: {why}")
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


def _port_names(spec: Part, path: str) -> list[str]:
    found: list[str] = []
    seen: dict[str, str] = {}
    for container, at in containers_with_path(spec, path):
        for i, port in enumerate(container.get("ports") or ()):
            if not (name := port.get("name")):
                continue
            here = f"{at}.ports[{i}]"
            if other := seen.get(name):
                why = f"services and probes that select ports by name will use {other}"
                found.append(f'{here}: duplicate port name "{name}" with {other}, {why}')
            else:
                seen[name] = here
    return found


def _addresses(spec: Part, path: str) -> list[str]:
    servers = (spec.get("dnsConfig") or {}).get("nameservers") or ()
    found = [w for i, ip in enumerate(servers) for w in ip_warnings(f"{path}.dnsConfig.nameservers[{i}]", ip)]
    for i, alias in enumerate(spec.get("hostAliases") or ()):
        found += ip_warnings(f"{path}.hostAliases[{i}].ip", alias.get("ip") or "")
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

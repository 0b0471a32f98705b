"""The pod spec, in a pod or in a template (ValidatePodSpec)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.meta import names, quantity
from miniapi.meta.pods import aggregate, amounts, containers_with_path
from miniapi.validation import field, rules, scheduling
from miniapi.validation.container import Surroundings, containers, ephemeral_containers, init_containers
from miniapi.validation.field import ErrorList
from miniapi.validation.metadata import label_map
from miniapi.validation.network import legacy_ip
from miniapi.validation.security import pod_security
from miniapi.validation.volumes import volumes

Spec = Mapping[str, Any]
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
_WINDOWS_POD_HOST_FIELDS = ("hostUsers", "hostPID", "hostIPC")
_WINDOWS_POD_FIELDS = (
    "appArmorProfile", "seLinuxOptions", "", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls",
    "/shareProcessNamespace", "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
)  # fmt: skip
"""In the original's order; "" stands for the host fields, a slash for a field of the pod spec."""
_WINDOWS_CONTAINER_FIELDS = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
    "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
)  # fmt: skip


def pod_spec(spec: Spec, path: str, *, pod_name: str = "", in_pod: bool = False) -> ErrorList:
    """All rules of a pod spec. `in_pod`: it belongs to a pod named `pod_name`, not to a template."""
    errors: ErrorList = []
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is None:
        errors.append(field.required(field.child(path, "terminationGracePeriodSeconds")))
    claims = spec.get("resourceClaims") or ()
    good_volumes, wrong = volumes(spec.get("volumes") or (), field.child(path, "volumes"), pod_name)
    errors += wrong + _resource_claims(claims, field.child(path, "resourceClaims"))
    around = Surroundings(
        volumes=good_volumes,
        claim_names=[c["name"] for c in claims if c.get("name")],
        restart_policy=spec.get("restartPolicy") or "",
        grace_seconds=grace,
        host_users=spec.get("hostUsers") is not False,
    )
    regular, init = spec.get("containers") or (), spec.get("initContainers") or ()
    errors += containers(regular, field.child(path, "containers"), around)
    if init:
        errors += init_containers(init, regular, field.child(path, "initContainers"), around)
    if ephemeral := spec.get("ephemeralContainers"):
        at = field.child(path, "ephemeralContainers")
        errors += ephemeral_containers(ephemeral, [*regular, *init], at, around)
    if spec.get("resources") is not None:
        errors += _pod_resources(spec, around.claim_names, field.child(path, "resources"))
    return errors + _pod_fields(spec, path, in_pod) + _file_volumes(spec, path)


def _file_volumes(spec: Spec, path: str) -> ErrorList:
    """Variables from files: of an emptyDir that is there (validateFileKeyRefVolumes)."""
    known = {volume.get("name") or "": volume for volume in spec.get("volumes") or ()}
    errors: ErrorList = []
    for container, at in containers_with_path(spec, path):
        for i, variable in enumerate(container.get("env") or ()):
            if "valueFrom" not in variable or (ref := (variable["valueFrom"] or {}).get("fileKeyRef")) is None:
                continue
            name = ref.get("volumeName") or ""
            where = field.child(field.index(field.child(at, "env"), i), "valueFrom", "fileKeyRef", "volumeName")
            if name not in known:
                errors.append(field.not_found(where, name))
            elif known[name].get("emptyDir") is None:
                errors.append(field.invalid(where, name, "referenced volume must be of type emptyDir"))
    return errors


def _pod_fields(spec: Spec, path: str, in_pod: bool) -> ErrorList:
    errors = _host_network_ports(spec, path, in_pod)
    errors += rules.choice(field.child(path, "restartPolicy"), spec.get("restartPolicy"), RESTART_POLICIES)
    errors += rules.choice(field.child(path, "dnsPolicy"), spec.get("dnsPolicy"), _DNS_POLICIES)
    if value := spec.get("nodeSelector"):
        errors += label_map(value, field.child(path, "nodeSelector"))
    errors += pod_security(spec, field.child(path, "securityContext"))
    if value := spec.get("affinity"):
        errors += scheduling.affinity(value, field.child(path, "affinity"))
    errors += _dns_config(spec, field.child(path, "dnsConfig"))
    for i, gate in enumerate(spec.get("readinessGates") or ()):
        at = field.child(field.index(field.child(path, "readinessGates"), i), "conditionType")
        errors += rules.qualified_name(at, gate.get("conditionType") or "")
    errors += _scheduling_gates(spec.get("schedulingGates") or (), field.child(path, "schedulingGates"))
    if value := spec.get("topologySpreadConstraints"):
        errors += scheduling.spread_constraints(value, field.child(path, "topologySpreadConstraints"))
    errors += _windows_host_process(spec, path) + _host_users(spec, path)
    for key in ("serviceAccountName", "nodeName"):
        if value := spec.get(key):
            errors += rules.dns_subdomain(field.child(path, key), value)
    at = field.child(path, "activeDeadlineSeconds")
    errors += rules.within(at, spec.get("activeDeadlineSeconds"), 1, rules.MAX_INT32)
    for key in ("hostname", "subdomain"):
        if value := spec.get(key):
            errors += rules.dns_label(field.child(path, key), value)
    if value := spec.get("tolerations"):
        errors += scheduling.tolerations(value, field.child(path, "tolerations"))
    errors += _host_aliases(spec.get("hostAliases") or (), field.child(path, "hostAliases"))
    return errors + _class_fields(spec, path)


def _class_fields(spec: Spec, path: str) -> ErrorList:
    errors: ErrorList = []
    if value := spec.get("priorityClassName"):
        errors += rules.dns_subdomain(field.child(path, "priorityClassName"), value)
    if (value := spec.get("runtimeClassName")) is not None:
        errors += rules.dns_subdomain(field.child(path, "runtimeClassName"), value)
    if (value := spec.get("preemptionPolicy")) is not None:
        at = field.child(path, "preemptionPolicy")
        errors += rules.choice(at, value, ("PreemptLowerPriority", "Never"))
    if value := spec.get("overhead"):
        errors += rules.resources({"limits": value}, field.child(path, "overhead"), ())
    if (os := spec.get("os")) is not None:
        errors += _operating_system(spec, os.get("name") or "", path)
    return errors + _hostname_override(spec, path)


def _hostname_override(spec: Spec, path: str) -> ErrorList:
    value, at = spec.get("hostnameOverride"), field.child(path, "hostnameOverride")
    if value is None:
        return []
    errors: ErrorList = []
    if spec.get("setHostnameAsFQDN"):
        errors.append(field.forbidden(at, "may not be specified when setHostnameAsFQDN is true"))
    if spec.get("hostNetwork"):
        errors.append(field.forbidden(at, "may not be specified when hostNetwork is true"))
    if names.size(value) > 64:
        errors.append(field.too_long(at, 64))
    return errors + rules.dns_subdomain(at, value)


def _resource_claims(claims: Sequence[Mapping[str, Any]], path: str) -> ErrorList:
    errors: ErrorList = []
    seen: set[str] = set()
    for i, claim in enumerate(claims):
        at, name = field.index(path, i), claim.get("name") or ""
        where = field.child(at, "name")
        errors += [field.duplicate(where, name)] if name in seen else rules.required_dns_label(where, name)
        if name:
            seen.add(name)
        given = [key for key in ("resourceClaimName", "resourceClaimTemplateName") if claim.get(key) is not None]
        shown = {
            "Name": name,
            "ResourceClaimName": claim.get("resourceClaimName"),
            "ResourceClaimTemplateName": claim.get("resourceClaimTemplateName"),
        }
        if len(given) == 2:
            why = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            errors.append(field.invalid(at, shown, why))
        if not given:
            why = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            errors.append(field.invalid(at, shown, why))
        for key in given:
            errors += rules.dns_subdomain(field.child(at, key), claim[key])
    return errors


def _pod_resources(spec: Spec, claim_names: Sequence[str], path: str) -> ErrorList:
    own = spec["resources"]
    errors: ErrorList = []
    if own.get("claims") is not None:
        errors.append(field.forbidden(field.child(path, "claims"), "claims may not be set for Resources at pod-level"))
    errors += rules.resources(own, path, claim_names, rules.pod_resource_name)
    requests, limits = amounts(spec, "requests"), amounts(spec, "limits")
    for name, total in aggregate(spec, "requests").items():
        asked = requests.get(name)
        if asked is not None and quantity.compare(total, asked) > 0:
            why = f"must be greater than or equal to aggregate container requests of {total}"
            errors.append(field.invalid(field.key(field.child(path, "requests"), name), str(asked), why))
    for i, container in enumerate(spec.get("containers") or ()):
        for name, limit in amounts(container, "limits").items():
            if name in limits and quantity.compare(limit, limits[name]) > 0:
                at = field.child(field.key(field.index(field.child(path, "containers"), i), name), "limits")
                why = f"must be less than or equal to pod limits of {limits[name]}"
                errors.append(field.invalid(at, str(limit), why))
    return errors


def _host_network_ports(spec: Spec, path: str, in_pod: bool) -> ErrorList:
    if not spec.get("hostNetwork"):
        return []
    errors: ErrorList = []
    for i, container in enumerate(spec.get("containers") or ()):
        for j, port in enumerate(container.get("ports") or ()):
            host = port.get("hostPort") or 0
            if (in_pod or host) and host != (port.get("containerPort") or 0):
                at = field.index(field.child(field.index(field.child(path, "containers"), i), "ports"), j)
                why = "must match `containerPort` when `hostNetwork` is true"
                errors.append(field.invalid(field.child(at, "hostPort"), host, why))
    return errors


def _dns_config(spec: Spec, path: str) -> ErrorList:
    config = spec.get("dnsConfig")
    if spec.get("dnsPolicy") == "None":
        if config is None:
            return [field.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")]
        if not config.get("nameservers"):
            why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            return [field.required(field.child(path, "nameservers"), why)]
    if config is None:
        return []
    servers, searches = config.get("nameservers") or [], config.get("searches") or []
    at = field.child(path, "nameservers")
    errors: ErrorList = []
    if len(servers) > 3:
        errors.append(field.invalid(at, servers, "must not have more than 3 nameservers"))
    errors += [e for i, server in enumerate(servers) for e in legacy_ip(field.index(at, i), server)]
    at = field.child(path, "searches")
    if len(searches) > 32:
        errors.append(field.invalid(at, searches, "must not have more than 32 search paths"))
    if names.size(" ".join(searches)) > 2048:
        why = "must not have more than 2048 characters (including spaces) in the search list"
        errors.append(field.invalid(at, searches, why))
    for i, search in enumerate(searches):
        if search != ".":
            domain = search.removesuffix(".")
            errors += rules.each(field.index(at, i), domain, names.dns_subdomain_with_underscore(domain))
    at = field.child(path, "options")
    for i, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            errors.append(field.required(field.index(at, i), "must not be empty"))
    return errors


def _scheduling_gates(gates: Sequence[Mapping[str, Any]], path: str) -> ErrorList:
    errors: ErrorList = []
    seen: set[str] = set()
    for i, gate in enumerate(gates):
        at, name = field.index(path, i), gate.get("name") or ""
        errors += rules.qualified_name(at, name)
        if name in seen:
            errors.append(field.duplicate(at, name))
        seen.add(name)
    return errors


def _host_aliases(aliases: Sequence[Mapping[str, Any]], path: str) -> ErrorList:
    errors: ErrorList = []
    for i, alias in enumerate(aliases):
        at = field.index(path, i)
        errors += legacy_ip(field.child(at, "ip"), alias.get("ip") or "")
        for j, name in enumerate(alias.get("hostnames") or ()):
            errors += rules.dns_subdomain(field.index(field.child(at, "hostnames"), j), name)
    return errors


def _host_users(spec: Spec, path: str) -> ErrorList:
    if spec.get("hostUsers") is not False:
        return []
    shown = {"hostNetwork": "hostNetwork", "hostPID": "HostPID", "hostIPC": "HostIPC"}
    why = "when `hostUsers` is false"
    return [field.forbidden(field.child(path, name), why) for key, name in shown.items() if spec.get(key)]


def _host_process(part: Mapping[str, Any]) -> bool | None:
    options = (part.get("securityContext") or {}).get("windowsOptions") or {}
    value: bool | None = options.get("hostProcess")
    return value


def _windows_host_process(spec: Spec, path: str) -> ErrorList:
    errors: ErrorList = []
    of_pod = _host_process(spec)
    count = hosted = 0
    for container, at in containers_with_path(spec, path):
        count += 1
        own = _host_process(container)
        if of_pod is not None and own is not None and of_pod != own:
            why = f"pod hostProcess value must be identical if both are specified, was {str(of_pod).lower()}"
            where = field.child(at, "securityContext", "windowsOptions", "hostProcess")
            errors.append(field.invalid(where, own, why))
        hosted += bool(own if own is not None else of_pod)
    if hosted and hosted != count:
        why = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
        errors.append(field.invalid(path, "", why))
    if hosted and not spec.get("hostNetwork"):
        why = "hostNetwork must be true if pod contains any hostProcess containers"
        errors.append(field.invalid(field.child(path, "hostNetwork"), False, why))
    return errors


def _operating_system(spec: Spec, name: str, path: str) -> ErrorList:
    if not name:
        return [field.required(field.child(path, "os", "name"))]
    if name == "windows":
        return _windows(spec, path)
    if name != "linux":
        return [field.not_supported(field.child(path, "os"), name, ("linux", "windows"))]
    errors: ErrorList = []
    why = "windows options cannot be set for a linux pod"
    for part, at in [(spec, path), *containers_with_path(spec, path)]:
        if (part.get("securityContext") or {}).get("windowsOptions") is not None:
            errors.append(field.forbidden(field.child(at, "securityContext", "windowsOptions"), why))
    return errors


def _windows(spec: Spec, path: str) -> ErrorList:
    why = "cannot be set for a windows pod"
    context = spec.get("securityContext") or {}
    paths: list[str] = []
    for name in _WINDOWS_POD_FIELDS:
        if not name:
            paths += [field.child(path, key) for key in _WINDOWS_POD_HOST_FIELDS if spec.get(key) not in (None, False)]
        elif name.startswith("/"):
            paths += [field.child(path, name[1:])] if spec.get(name[1:]) is not None else []
        elif context.get(name) is not None:
            paths.append(field.child(path, "securityContext", name))
    for container, at in containers_with_path(spec, path):
        own = container.get("securityContext") or {}
        named = (name for name in _WINDOWS_CONTAINER_FIELDS if own.get(name) is not None)
        paths += [field.child(at, "securityContext", name) for name in named]
    return [field.forbidden(at, why) for at in paths]

"""Containers: the regular, init and ephemeral ones of a pod spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miniapi.validation import container_parts as parts
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.security import container_security

Container = Mapping[str, Any]
_NOT_FOR_EPHEMERAL = (
    "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules",
    "livenessProbe", "readinessProbe", "startupProbe", "lifecycle",
)  # fmt: skip
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_RESIZE_POLICIES = ("NotRequired", "RestartContainer")
_RULE_OPERATORS = ("In", "NotIn")
_RULE_ACTIONS = ("Restart", "RestartAllContainers")
_MAX_RULES = 20
_MAX_EXIT_CODES = 255


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a container's rules must know of its pod."""

    volumes: Mapping[str, Any]
    claim_names: Sequence[str]
    restart_policy: str
    grace_seconds: int | None
    host_users: bool


def common(container: Container, path: str, pod: Surroundings) -> ErrorList:
    """validateContainerCommon: what holds for every container."""
    errors = rules.required_dns_label(field.child(path, "name"), container.get("name"))
    errors += rules.required_fields(container, path, "image")
    at = field.child(path, "terminationMessagePolicy")
    errors += rules.choice(at, container.get("terminationMessagePolicy"), ("File", "FallbackToLogsOnError"))
    privileged = bool((container.get("securityContext") or {}).get("privileged"))
    if value := container.get("ports"):
        errors += parts.ports(value, field.child(path, "ports"))
    if value := container.get("env"):
        errors += parts.environment(value, field.child(path, "env"))
    if value := container.get("envFrom"):
        errors += parts.environment_from(value, field.child(path, "envFrom"))
    if container.get("volumeMounts"):
        at = field.child(path, "volumeMounts")
        errors += parts.volume_mounts(container, pod.volumes, at, privileged=privileged)
    if container.get("volumeDevices"):
        errors += parts.volume_devices(container, pod.volumes, field.child(path, "volumeDevices"))
    at = field.child(path, "imagePullPolicy")
    errors += rules.choice(at, container.get("imagePullPolicy"), _PULL_POLICIES)
    if value := container.get("resources"):
        errors += rules.resources(value, field.child(path, "resources"), pod.claim_names)
    if value := container.get("resizePolicy"):
        errors += _resize_policy(value, field.child(path, "resizePolicy"), pod.restart_policy)
    at = field.child(path, "securityContext")
    return errors + container_security(container.get("securityContext"), at, host_users=pod.host_users)


def _resize_policy(policies: Sequence[Mapping[str, Any]], path: str, restart_policy: str) -> ErrorList:
    errors: ErrorList = []
    seen: set[str] = set()
    for i, policy in enumerate(policies):
        name, restart = policy.get("resourceName") or "", policy.get("restartPolicy") or ""
        if name in seen:
            errors.append(field.duplicate(field.index(path, i), name))
        seen.add(name)
        errors += rules.choice(path, name, ("cpu", "memory"))
        errors += rules.choice(path, restart, _RESIZE_POLICIES)
        if restart_policy == "Never" and restart != "NotRequired":
            why = "must be 'NotRequired' when `restartPolicy` is 'Never'"
            errors.append(field.invalid(path, restart, why))
    return errors


def containers(values: Sequence[Container], path: str, pod: Surroundings) -> ErrorList:
    """validateContainers."""
    if not values:
        return [field.required(path)]
    errors: ErrorList = []
    seen: set[str] = set()
    for i, container in enumerate(values):
        at, name = field.index(path, i), container.get("name") or ""
        errors += common(container, at, pod)
        if name in seen:
            errors.append(field.duplicate(field.child(at, "name"), name))
        seen.add(name)
        if (lifecycle := container.get("lifecycle")) is not None:
            errors += parts.lifecycle(lifecycle, field.child(at, "lifecycle"), pod.grace_seconds)
        errors += parts.probes(container, at, pod.grace_seconds)
        errors += _restart_rules(container, at)
    return errors + parts.host_port_conflicts(values, path)


def _restart_rules(container: Container, path: str) -> ErrorList:
    """A container's own restart policy and its rules by exit code."""
    policy, rows = container.get("restartPolicy"), container.get("restartPolicyRules") or ()
    at = field.child(path, "restartPolicy")
    errors = rules.optional_choice(at, policy, ("Always", "Never", "OnFailure"))
    at = field.child(path, "restartPolicyRules")
    if rows and policy is None:
        why = "must specify restartPolicy when restart rules are used"
        errors.append(field.required(field.child(path, "restartPolicy"), why))
    if len(rows) > _MAX_RULES:
        errors.append(field.too_many(at, len(rows), _MAX_RULES))
    for i, row in enumerate(rows):
        where = field.index(at, i)
        errors += _one_of(field.child(where, "action"), row.get("action"), _RULE_ACTIONS)
        codes = row.get("exitCodes")
        if codes is None:
            errors.append(field.required(field.child(where, "exitCodes"), "must be specified"))
            continue
        errors += _one_of(field.child(where, "exitCodes", "operator"), codes.get("operator"), _RULE_OPERATORS)
        if (count := len(codes.get("values") or ())) > _MAX_EXIT_CODES:
            errors.append(field.too_many(field.child(where, "exitCodes", "values"), count, _MAX_EXIT_CODES))
    return errors


def _one_of(path: str, value: str | None, known: tuple[str, ...]) -> ErrorList:
    """Nothing is not among the known ones either."""
    return [] if value in known else [field.not_supported(path, value or "", known)]


def _init_restart_rules(container: Container, path: str) -> ErrorList:
    """Rules alone, without a policy, are not looked into (validateInitContainerRestartPolicy)."""
    if container.get("restartPolicy") is not None or not container.get("restartPolicyRules"):
        return _restart_rules(container, path)
    why = "must specify restartPolicy when restart rules are used"
    return [field.required(field.child(path, "restartPolicy"), why)]


def init_containers(
    values: Sequence[Container], regular: Sequence[Container], path: str, pod: Surroundings
) -> ErrorList:
    """validateInitContainers; those that restart always are sidecars."""
    errors: ErrorList = []
    seen = {c.get("name") or "" for c in regular}
    for i, container in enumerate(values):
        at, name = field.index(path, i), container.get("name") or ""
        errors += common(container, at, pod)
        errors += _init_restart_rules(container, at)
        if name in seen:
            errors.append(field.duplicate(field.child(at, "name"), name))
        elif name:
            seen.add(name)
        errors += parts.host_port_conflicts([container], path)
        if container.get("restartPolicy") == "Always":
            if (lifecycle := container.get("lifecycle")) is not None:
                errors += parts.lifecycle(lifecycle, field.child(at, "lifecycle"), pod.grace_seconds)
            errors += parts.probes(container, at, pod.grace_seconds)
            continue
        for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(key) is not None:
                why = "may not be set for init containers without restartPolicy=Always"
                errors.append(field.forbidden(field.child(at, key), why))
    return errors


def ephemeral_containers(
    values: Sequence[Container], others: Sequence[Container], path: str, pod: Surroundings
) -> ErrorList:
    """validateEphemeralContainers."""
    errors: ErrorList = []
    other_names = {c.get("name") or "" for c in others}
    seen = set(other_names)
    for i, container in enumerate(values):
        at, name = field.index(path, i), container.get("name") or ""
        errors += common(container, at, pod) + image_whitespace(container, at)
        if name in seen:
            errors.append(field.duplicate(field.child(at, "name"), name))
        seen.add(name)
        target = container.get("targetContainerName")
        if target and target not in other_names:
            errors.append(field.not_found(field.child(at, "targetContainerName"), target))
        why = "cannot be set for an Ephemeral Container"
        given = [key for key in _NOT_FOR_EPHEMERAL if container.get(key) is not None]
        if not container.get("resources") and "resources" in given:
            given.remove("resources")  # a struct that says nothing
        errors += [field.forbidden(field.child(at, key), why) for key in given]
        for j, mount in enumerate(container.get("volumeMounts") or ()):
            where = field.index(field.child(at, "volumeMounts"), j)
            for key in ("subPath", "subPathExpr"):
                if mount.get(key):
                    errors.append(field.forbidden(field.child(where, key), why))
    return errors


def image_whitespace(container: Container, path: str) -> ErrorList:
    """validateContainerOnlyForPod: templates may pad an image's name, pods may not."""
    image = container.get("image") or ""
    if image == image.strip():
        return []
    return [field.invalid(field.child(path, "image"), image, "must not have leading or trailing whitespace")]

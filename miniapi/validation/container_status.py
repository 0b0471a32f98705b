"""What a pod's status says of its containers' users and devices, and of claims for extended resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList

_HEALTH = ("Healthy", "Unhealthy", "Unknown")
_MAX_MESSAGE_BYTES = 1024
_MAX_ID = 2**31 - 1
_LISTS = (
    ("containerStatuses", "containers"),
    ("initContainerStatuses", "initContainers"),
    ("ephemeralContainerStatuses", None),
)
Part = Mapping[str, Any]


def container_statuses(status: Part, spec: Part) -> ErrorList:
    """Users of all containers first, then the devices that they were given."""
    errors: ErrorList = []
    system = (spec.get("os") or {}).get("name") or "linux"
    for key, _ in _LISTS:
        for i, entry in enumerate(status.get(key) or ()):
            if "user" in entry:
                errors += _user(entry["user"], system, f"status.{key}[{i}].user.linux")
    for key, containers in _LISTS:
        for i, entry in enumerate(status.get(key) or ()):
            devices, at = entry.get("allocatedResourcesStatus"), f"status.{key}[{i}].allocatedResourcesStatus"
            if devices and containers is None:
                errors.append(field.forbidden(at, "must not be specified in container status"))
            elif devices and containers is not None:
                container = next((c for c in spec.get(containers) or () if c.get("name") == entry.get("name")), None)
                errors += _devices(devices, container, at)
    return errors


def _user(user: Part, system: str, path: str) -> ErrorList:
    linux = user.get("linux")
    if linux is None:
        return []
    if system == "windows":
        return [field.forbidden(path, "cannot be set for a windows pod")]
    ids = [(name, linux.get(name) or 0) for name in ("uid", "gid")]
    ids += [(f"supplementalGroups[{i}]", group) for i, group in enumerate(linux.get("supplementalGroups") or ())]
    why = f"must be between 0 and {_MAX_ID}, inclusive"
    return [field.invalid(field.child(path, name), value, why) for name, value in ids if not 0 <= value <= _MAX_ID]


def _devices(rows: Sequence[Part], container: Part | None, path: str) -> ErrorList:
    """A container that the pod has not is not asked for."""
    errors: ErrorList = []
    for i, row in enumerate(rows):
        at, name = field.index(path, i), row.get("name") or ""
        if container is not None:
            errors += _asked_for(name, container.get("resources") or {}, field.child(at, "name"))
        seen: set[str] = set()
        for j, device in enumerate(row.get("resources") or ()):
            errors += _device(device, seen, field.index(field.child(at, "resources"), j))
    return errors


def _asked_for(name: str, resources: Part, path: str) -> ErrorList:
    if name.startswith("claim:"):
        claims = [(c.get("name") or "", c.get("request")) for c in resources.get("claims") or ()]
        known = {f"claim:{claim}/{request}" if request else f"claim:{claim}" for claim, request in claims}
        why = (
            "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or "
            "'claim:<claimName>' if request is empty"
        )
    else:
        known, why = set(resources.get("requests") or ()), "must match one of the container's resource requests"
    return [] if name in known else [field.invalid(path, name, why)]


def _device(device: Part, seen: set[str], path: str) -> ErrorList:
    errors: ErrorList = []
    health, identity = device.get("health") or "", device.get("resourceID") or ""
    if health not in _HEALTH:
        errors.append(field.not_supported(field.child(path, "health"), health, _HEALTH))
    if (message := device.get("message")) is not None:
        at = field.child(path, "message")
        if not message:
            errors.append(field.required(at, "must be non-empty if specified"))
        elif len(message.encode()) > _MAX_MESSAGE_BYTES:
            errors.append(field.too_long(at, _MAX_MESSAGE_BYTES))
    if identity in seen:
        errors.append(field.duplicate(field.child(path, "resourceID"), identity))
    seen.add(identity)
    return errors


def extended_claim_status(claim: Part, spec: Part, path: str) -> ErrorList:
    """validatePodExtendedResourceClaimStatus."""
    containers = {c.get("name"): c for key in ("initContainers", "containers") for c in spec.get(key) or ()}
    mappings, at = claim.get("requestMappings") or (), field.child(path, "requestMappings")
    errors: ErrorList = [] if mappings else [field.required(at, "at least one request mapping is required")]
    seen: set[tuple[str, ...]] = set()
    for i, mapping in enumerate(mappings):
        where = field.index(at, i)
        key = {name: mapping.get(name) or "" for name in ("containerName", "resourceName", "requestName")}
        container = containers.get(key["containerName"])
        if container is None:
            why = "must match the name of an entry in spec.initContainers.name or spec.containers.name"
            errors.append(field.invalid(field.child(where, "containerName"), key["containerName"], why))
        elif key["resourceName"] not in ((container.get("resources") or {}).get("requests") or {}):
            why = (
                "must match the extended resource name of an entry in spec.initContainers.resources.requests or "
                "spec.containers.resources.requests"
            )
            errors.append(field.invalid(field.child(where, "resourceName"), key["resourceName"], why))
        errors += rules.dns_label(field.child(path, "requestName"), key["requestName"])
        if (values := tuple(key.values())) in seen:
            errors += [field.duplicate(field.child(where, name), value) for name, value in key.items()]
        seen.add(values)
    at = field.child(path, "resourceClaimName")
    if name := claim.get("resourceClaimName"):
        return errors + rules.dns_subdomain(at, name)
    return [*errors, field.required(at)]

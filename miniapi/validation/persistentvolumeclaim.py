"""PersistentVolumeClaims (core ValidatePersistentVolumeClaim); the spec's rules are in volume_claim."""

from __future__ import annotations

from miniapi.meta import names, quantity
from miniapi.meta.objects import Object, copy
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.internal import difference
from miniapi.validation.volume_claim import volume_claim_spec

_RESIZE = (
    "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible",
    "NodeResizePending",
)  # fmt: skip
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_ONLY = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"


def create(obj: Object) -> ErrorList:
    """The spec."""
    return volume_claim_spec(obj.get("spec") or {}, "spec")


def _storage(part: Object, *path: str) -> str | None:
    for name in path:
        part = part.get(name) or {}
    value: str | None = part.get("storage")
    return value


def _comparable(obj: Object, old: Object) -> tuple[Object, Object]:
    """The two specs without what a bound claim may change and what controllers set."""
    new_spec, old_spec = copy(obj.get("spec") or {}), copy(old.get("spec") or {})
    if not old_spec.get("volumeName"):
        old_spec["volumeName"] = new_spec.get("volumeName", "")
    annotation = (old["metadata"].get("annotations") or {}).get(BETA_CLASS)
    before, after = old_spec.get("storageClassName"), new_spec.get("storageClassName")
    from_annotation = annotation is not None and before is None and after == annotation
    retroactive = annotation is None and before is None and after is not None
    if from_annotation or retroactive:
        new_spec.pop("storageClassName", None)
    if (obj.get("status") or {}).get("phase") == "Bound":
        requests = (new_spec.get("resources") or {}).get("requests")
        if requests is not None:
            requests["storage"] = _storage(old_spec, "resources", "requests")
        new_spec["volumeAttributesClassName"] = old_spec.get("volumeAttributesClassName")
    return new_spec, old_spec


def _shrinks(obj: Object, old: Object) -> ErrorList:
    new_size, old_size = (_storage(o, "spec", "resources", "requests") for o in (obj, old))
    size = rules.amount(new_size or "0")
    if quantity.compare(size, rules.amount(old_size or "0")) >= 0:
        return []
    capacity = rules.amount(_storage(old, "status", "capacity") or "0")
    why = "field can not be less than status.capacity"
    return [field.forbidden("spec.resources.requests.storage", why)] if quantity.compare(size, capacity) <= 0 else []


def update(obj: Object, old: Object) -> ErrorList:
    """Nothing changes but what a bound claim may ask for."""
    errors = create(obj)
    new_spec, old_spec = _comparable(obj, old)
    changes = difference("PersistentVolumeClaimSpec", old_spec, new_spec)
    if changes:
        errors.append(field.forbidden("spec", _ONLY + changes))
    errors += _shrinks(obj, old)
    new, before = obj.get("spec") or {}, old.get("spec") or {}
    errors += field.immutable("volumeMode", new.get("volumeMode"), before.get("volumeMode"))
    applied = (old.get("status") or {}).get("currentVolumeAttributesClassName") is not None
    wanted = new.get("volumeAttributesClassName")
    if applied and not wanted and wanted != before.get("volumeAttributesClassName"):
        what = "nil" if wanted is None else "empty string"
        why = f"update to {what} is forbidden when status.currentVolumeAttributesClassName is not nil"
        errors.append(field.forbidden("spec.volumeAttributesClassName", why))
    return errors


def update_status(obj: Object, _old: Object) -> ErrorList:
    """Capacity and allocated resources are amounts."""
    status = obj.get("status") or {}
    errors: ErrorList = []
    for name, value in (status.get("capacity") or {}).items():
        errors += _basic(field.key("status.capacity", name), value)
    at = "status.allocatedResourceStatuses"
    for name, value in (status.get("allocatedResourceStatuses") or {}).items():
        errors += _resource_key(at, name)
        if value not in _RESIZE:
            errors.append(field.not_supported(at, name, _RESIZE))
    for name, value in (status.get("allocatedResources") or {}).items():
        where = field.key("status.allocatedResources", name)
        wrong = _resource_key("status.allocatedResources", name)
        errors += wrong or _basic(where, value) or rules.resource_amount(where, "storage", value)
    return errors


def _resource_key(path: str, name: str) -> ErrorList:
    """validatePersistentVolumeClaimResourceKey: the storage itself, or a resource with a domain."""
    errors = rules.qualified_name(path, name)
    if not errors and rules.is_native_resource(name) and name != "storage":
        errors.append(field.not_supported(path, name, ["storage"]))
    return errors


def _basic(path: str, value: str) -> ErrorList:
    number = rules.amount(value)
    if quantity.sign(number) >= 0:
        return []
    return [field.invalid(path, quantity.scaled_value(number), "must be a valid resource quantity")]


VALIDATION = Validation(create, update, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))
STATUS = Validation(update=update_status)

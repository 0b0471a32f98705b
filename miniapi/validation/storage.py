"""The kinds of storage.k8s.io (storage/validation)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names, quantity
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.internal import internal
from miniapi.validation.persistentvolume import volume_spec
from miniapi.validation.selector import label_selector

_MAX_PARAMETERS = 512
_MAX_PARAMETER_BYTES = 256 << 10
_MAX_ATTACHED_METADATA_BYTES = 256 << 10
_MAX_ATTACH_ERROR_BYTES = 2048
_MAX_NODE_ID_BYTES = 256
_MAX_EXPIRATION_SECONDS = 1 << 32
_MIN_EXPIRATION_SECONDS = 600
_FS_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")


def _parameters(parameters: dict[str, str], path: str, *, needed: bool = False) -> ErrorList:
    if len(parameters) > _MAX_PARAMETERS:
        return [field.too_long(path, _MAX_PARAMETERS)]
    errors = [field.invalid(path, name, "field can not be empty.") for name in parameters if not name]
    if sum(names.size(k) + names.size(v) for k, v in parameters.items()) > _MAX_PARAMETER_BYTES:
        errors.append(field.too_long(path, _MAX_PARAMETER_BYTES))
    if needed and not parameters:
        errors.append(field.required(path, "must contain at least one key/value pair"))
    return errors


# --- StorageClass ---


def _provisioner(name: str, path: str) -> ErrorList:
    lower = name.lower()
    return rules.qualified_name(path, lower) if name else [field.required(path)]


def _topologies(terms: list[dict[str, Any]], path: str) -> ErrorList:
    errors: ErrorList = []
    seen: list[Any] = [{}] * len(terms)  # so the original starts, too
    for i, term in enumerate(terms):
        at, keys = index(path, i), set[str]()
        found: dict[str, frozenset[str]] = {}
        for j, expression in enumerate(term.get("matchLabelExpressions") or ()):
            where, key = index(child(at, "matchLabelExpressions"), j), expression.get("key") or ""
            values, values_at = expression.get("values") or [], child(where, "values")
            if not values:
                errors.append(field.required(values_at))
            errors += [field.duplicate(index(values_at, k), v) for k, v in enumerate(values) if v in values[:k]]
            errors += rules.qualified_name(child(where, "key"), key)
            if key in keys:
                errors.append(field.duplicate(child(where, "key"), key))
            keys.add(key)
            found[key] = frozenset(values)
        errors += [field.duplicate(child(at, "matchLabelExpressions"), "")] * seen.count(found)
        seen.append(found)
    return errors


def create_class(obj: Object) -> ErrorList:
    """ValidateStorageClass."""
    errors = _provisioner(obj.get("provisioner") or "", "provisioner")
    errors += _parameters(obj.get("parameters") or {}, "parameters")
    errors += rules.optional_choice("reclaimPolicy", obj.get("reclaimPolicy") or None, ("Delete", "Retain"))
    mode, modes = obj.get("volumeBindingMode"), ("Immediate", "WaitForFirstConsumer")
    if mode is None:
        errors.append(field.required("volumeBindingMode"))
    elif mode not in modes:
        errors.append(field.not_supported("volumeBindingMode", mode, modes))
    return errors + _topologies(obj.get("allowedTopologies") or [], "allowedTopologies")


def update_class(obj: Object, old: Object) -> ErrorList:
    """As create; what provisions and binds stays."""
    errors = create_class(obj) + field.immutable("parameters", obj.get("parameters"), old.get("parameters"))
    errors += field.immutable("provisioner", obj.get("provisioner") or "", old.get("provisioner") or "")
    kept = ("reclaimPolicy", "volumeBindingMode")
    return errors + [e for name in kept for e in field.immutable(name, obj.get(name), old.get(name))]


# --- VolumeAttributesClass ---


def create_attributes_class(obj: Object) -> ErrorList:
    """ValidateVolumeAttributesClass."""
    driver = obj.get("driverName") or ""
    errors = _provisioner(driver, "driverName")
    return errors + _parameters(obj.get("parameters") or {}, "parameters", needed=True)


def _unchanged(obj: Object, old: Object, *fields: str) -> ErrorList:
    return [
        field.forbidden(name, f"updates to {name} are forbidden.")
        for name in fields
        if (obj.get(name) or None) != (old.get(name) or None)
    ]


def update_attributes_class(obj: Object, old: Object) -> ErrorList:
    """As create; only metadata changes."""
    return _unchanged(obj, old, "driverName", "parameters") + create_attributes_class(obj)


# --- CSIDriver ---


def _token_requests(requests: list[dict[str, Any]], path: str) -> ErrorList:
    errors: ErrorList = []
    seen: set[str] = set()
    for i, request in enumerate(requests):
        at, audience = index(path, i), request.get("audience") or ""
        if audience in seen:
            errors.append(field.duplicate(child(at, "audience"), audience))
            continue
        seen.add(audience)
        seconds = request.get("expirationSeconds")
        if seconds is not None and seconds < _MIN_EXPIRATION_SECONDS:
            why = "may not specify a duration less than 10 minutes"
            errors.append(field.invalid(child(at, "expirationSeconds"), seconds, why))
        elif seconds is not None and seconds > _MAX_EXPIRATION_SECONDS:
            why = "may not specify a duration larger than 2^32 seconds"
            errors.append(field.invalid(child(at, "expirationSeconds"), seconds, why))
    return errors


def create_driver(obj: Object) -> ErrorList:
    """ValidateCSIDriver."""
    spec = obj.get("spec") or {}
    errors: ErrorList = []
    for part, shown in (("attachRequired", "attachedRequired"), ("podInfoOnMount",) * 2, ("storageCapacity",) * 2):
        if spec.get(part) is None:
            errors.append(field.required(child("spec", shown)))
    policy = spec.get("fsGroupPolicy")
    if policy is None:
        errors.append(field.required("spec.fsGroupPolicy"))
    elif policy not in _FS_GROUP_POLICIES:
        errors.append(field.not_supported("spec.fsGroupPolicy", policy, _FS_GROUP_POLICIES))
    errors += _token_requests(spec.get("tokenRequests") or [], "spec.tokenRequests")
    modes = spec.get("volumeLifecycleModes") or ()
    for mode in modes:
        if mode not in ("Ephemeral", "Persistent"):
            errors.append(field.not_supported("spec.volumeLifecycleModes", mode, ("Persistent", "Ephemeral")))
    if spec.get("seLinuxMount") is None:
        errors.append(field.required("spec.seLinuxMount"))
    period = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period is not None and period < 10:
        errors.append(
            field.invalid(
                "spec.nodeAllocatableUpdatePeriodSeconds", period, "must be greater than or equal to 10 seconds"
            )
        )
    in_secrets = spec.get("serviceAccountTokenInSecrets")
    if in_secrets is not None and not spec.get("tokenRequests"):
        why = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
        errors.append(field.invalid("spec.serviceAccountTokenInSecrets", in_secrets, why))
    return errors


def update_driver(obj: Object, old: Object) -> ErrorList:
    """attachRequired and the life cycle modes stay."""
    new, before = obj.get("spec") or {}, old.get("spec") or {}
    errors = create_driver(obj)
    errors += field.immutable("spec.attachedRequired", new.get("attachRequired"), before.get("attachRequired"))
    now, then = new.get("volumeLifecycleModes"), before.get("volumeLifecycleModes")
    return errors + field.immutable("spec.volumeLifecycleModes", now, then)


# --- CSINode ---


def _node_driver(driver: dict[str, Any], names_before: list[str], path: str) -> ErrorList:
    errors = rules.csi_driver_name(child(path, "name"), driver.get("name") or "")
    node, at = driver.get("nodeID") or "", child(path, "nodeID")
    if not node:
        errors.append(field.required(at))
    elif names.size(node) > _MAX_NODE_ID_BYTES:
        errors.append(field.invalid(at, node, f"must be {_MAX_NODE_ID_BYTES} characters or less"))
    count = (driver.get("allocatable") or {}).get("count")
    errors += rules.not_negative(child(path, "allocatable", "count"), count)
    if (name := driver.get("name") or "") in names_before:
        errors.append(field.duplicate(child(path, "name"), name))
    seen: set[str] = set()
    for key in driver.get("topologyKeys") or ():
        if not key:
            errors.append(field.required(path))
        if key in seen:
            errors.append(field.duplicate(path, key))
        seen.add(key)
        errors += rules.qualified_name(path, key)
    return errors


def create_node(obj: Object) -> ErrorList:
    """ValidateCSINode."""
    drivers = (obj.get("spec") or {}).get("drivers") or []
    known = [driver.get("name") or "" for driver in drivers]
    return [e for i, d in enumerate(drivers) for e in _node_driver(d, known[:i], index("spec.drivers", i))]


def update_node(obj: Object, old: Object) -> ErrorList:
    """A driver's entry is replaced as a whole or not at all; its count may change."""
    errors = create_node(obj)
    for old_driver in (old.get("spec") or {}).get("drivers") or ():
        for driver in (obj.get("spec") or {}).get("drivers") or ():
            if driver.get("name") == old_driver.get("name"):
                was, now = ({**d, "allocatable": None} for d in (old_driver, driver))
                errors += field.immutable("spec.drivers", now, was, lambda d: internal("CSINodeDriver", d))
    return errors


# --- CSIStorageCapacity ---


def create_capacity(obj: Object) -> ErrorList:
    """ValidateCSIStorageCapacity."""
    name = obj.get("storageClassName") or ""
    errors = label_selector(obj.get("nodeTopology"), "nodeTopology")
    errors += rules.dns_subdomain("storageClassName", name)
    if obj.get("capacity") is not None:
        number = rules.amount(obj["capacity"])
        if quantity.sign(number) < 0:
            errors.append(field.invalid("capacity", str(number), rules.NOT_NEGATIVE))
    return errors


def _selector_shown(selector: dict[str, Any]) -> dict[str, Any]:
    return {k: dict(sorted(v.items())) if isinstance(v, dict) else v for k, v in selector.items()}


def update_capacity(obj: Object, old: Object) -> ErrorList:
    """Topology and class stay."""
    return (
        create_capacity(obj)
        + field.immutable("nodeTopology", obj.get("nodeTopology"), old.get("nodeTopology"), _selector_shown)
        + field.immutable("storageClassName", obj.get("storageClassName", ""), old.get("storageClassName", ""))
    )


# --- VolumeAttachment ---


def _attach_error(problem: dict[str, Any] | None, path: str) -> ErrorList:
    problem = problem or {}
    errors: ErrorList = []
    if names.size(problem.get("message") or "") > _MAX_ATTACH_ERROR_BYTES:
        errors.append(field.too_long(child(path, "message"), _MAX_ATTACH_ERROR_BYTES))
    code = problem.get("errorCode")
    return errors if code is None else errors + rules.within(child(path, "errorCode"), code, 0, 2**31 - 1)


def _attachment_source(source: dict[str, Any], path: str) -> ErrorList:
    name, inline = source.get("persistentVolumeName"), source.get("inlineVolumeSpec")
    both = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if name is None and inline is None:
        return [field.required(path, both)]
    if name is not None and inline is not None:
        return [field.forbidden(path, both)]
    if inline is not None:
        return volume_spec(inline, child(path, "inlineVolumeSpec"), inline=True)
    if not name:
        return [field.required(child(path, "persistentVolumeName"), "must specify non empty persistentVolumeName")]
    return []


def create_attachment(obj: Object) -> ErrorList:
    """ValidateVolumeAttachment."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    errors = rules.csi_driver_name("spec.attacher", spec.get("attacher") or "")
    errors += _attachment_source(spec.get("source") or {}, "spec.source")
    errors += rules.dns_subdomain("spec.nodeName", spec.get("nodeName") or "")
    metadata = status.get("attachmentMetadata") or {}
    if sum(names.size(k) + names.size(v) for k, v in metadata.items()) > _MAX_ATTACHED_METADATA_BYTES:
        errors.append(field.too_long("status.attachmentMetadata", _MAX_ATTACHED_METADATA_BYTES))
    for part in ("attachError", "detachError"):
        errors += _attach_error(status.get(part), child("status", part))
    name = (spec.get("source") or {}).get("persistentVolumeName")
    return errors + (rules.dns_subdomain("spec.source.persistentVolumeName", name) if name is not None else [])


def update_attachment(obj: Object, old: Object) -> ErrorList:
    """The spec stays."""
    new, before = obj.get("spec") or {}, old.get("spec") or {}
    return create_attachment(obj) + field.immutable(
        "spec", new, before, lambda spec: internal("VolumeAttachmentSpec", spec)
    )


CLASS = Validation(create_class, update_class, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))
ATTRIBUTES_CLASS = Validation(
    create_attributes_class, update_attributes_class, names.name_is_dns_subdomain, update_metadata=("changed", "whole")
)
DRIVER = Validation(create_driver, update_driver, names.name_is_dns_subdomain)
NODE = Validation(create_node, update_node, names.name_is_dns_subdomain, update_metadata=("whole",))
CAPACITY = Validation(
    create_capacity, update_capacity, names.name_is_dns_subdomain, update_metadata=("changed", "whole")
)
ATTACHMENT = Validation(create_attachment, update_attachment, names.name_is_dns_subdomain, update_metadata=("whole",))
ATTACHMENT_STATUS = Validation(update=update_attachment)

"""APIServices (kube-aggregator/pkg/apis/apiregistration/validation)."""

from __future__ import annotations

from base64 import b64decode

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation

_MAX_GROUP_PRIORITY = 20000
_MAX_VERSION_PRIORITY = 1000


def create(obj: Object) -> ErrorList:
    """Named `version.group`, with priorities, and a service unless it is local."""
    spec, name = obj.get("spec") or {}, obj["metadata"].get("name") or ""
    group, version = spec.get("group") or "", spec.get("version") or ""
    errors: ErrorList = []
    if name and not names.path_segment(name) and name != f"{version}.{group}":
        shown = field.show(f"{version}.{group}")
        errors.append(field.invalid("metadata.name", name, f'must be `spec.version+"."+spec.group`: {shown}'))
    if not group and version != "v1":
        why = "only v1 may have an empty group and it better be legacy kube"
        errors.append(field.required("spec.group", why))
    errors += rules.each("spec.group", group, names.dns_subdomain(group)) if group else []
    errors += rules.each("spec.version", version, names.dns_1035_label(version))
    priority = spec.get("groupPriorityMinimum") or 0
    if not 0 < priority <= _MAX_GROUP_PRIORITY:
        why = f"must be positive and less than {_MAX_GROUP_PRIORITY}"
        errors.append(field.invalid("spec.groupPriorityMinimum", priority, why))
    priority = spec.get("versionPriority") or 0
    if not 0 < priority <= _MAX_VERSION_PRIORITY:
        why = f"must be positive and less than {_MAX_VERSION_PRIORITY}"
        errors.append(field.invalid("spec.versionPriority", priority, why))
    service, bundle, insecure = spec.get("service"), spec.get("caBundle"), spec.get("insecureSkipTLSVerify")
    if service is None:
        if bundle:
            shown = f"{len(b64decode(bundle))} bytes"
            errors.append(field.invalid("spec.caBundle", shown, "local APIServices may not have a caBundle"))
        if insecure:
            why = "local APIServices may not have insecureSkipTLSVerify"
            errors.append(field.invalid("spec.insecureSkipTLSVerify", True, why))
        return errors
    errors += [field.required(child("spec.service", n)) for n in ("namespace", "name") if not service.get(n)]
    if wrong := names.port_number(service.get("port", 443)):
        errors.append(field.invalid("spec.service.port", service["port"], "port is not valid: " + ", ".join(wrong)))
    if insecure and bundle:
        errors.append(field.invalid("spec.insecureSkipTLSVerify", True, "may not be true if caBundle is present"))
    return errors


def update_status(obj: Object, _old: Object) -> ErrorList:
    """ValidateAPIServiceStatus: conditions say True, False or Unknown."""
    errors: ErrorList = []
    for i, condition in enumerate((obj.get("status") or {}).get("conditions") or ()):
        status = condition.get("status")
        if status not in ("True", "False", "Unknown"):
            at = child(index("status.conditions", i), "status")
            errors.append(field.not_supported(at, status or "", ("True", "False", "Unknown")))
    return errors


VALIDATION = Validation(
    create,
    lambda obj, _old: create(obj),
    names.name_is_path_segment,
    update_metadata=("changed", "whole"),
    qualified_finalizers=False,
)
STATUS = Validation(update=update_status)

"""Events of both groups (core/validation/events.go). The stored form is core/v1's."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation

_MAX_REPORTER_BYTES = 128
_MAX_NOTE_BYTES = 1024
_TYPES = ("Normal", "Warning")


def _involved(obj: Object, ref_name: str) -> ErrorList:
    """legacyValidateEvent's namespace rule: the event lies with what it is about."""
    ref, namespace = obj.get(ref_name) or {}, obj["metadata"].get("namespace") or ""
    if not ref.get("namespace"):
        if namespace in ("", "default"):
            return []
        why = "does not match event.namespace"
        return [field.invalid("involvedObject.namespace", ref.get("namespace") or "", why)]
    if namespace != ref["namespace"]:
        return [field.invalid("involvedObject.namespace", ref["namespace"], "does not match event.namespace")]
    return []


def _new_style(obj: Object) -> bool:
    return bool(obj.get("reportingController") or obj.get("reportingComponent")) and obj.get("eventTime") is not None


def _reporter(controller: str, instance: str, action: str, path: str) -> ErrorList:
    errors: ErrorList = []
    if not controller:
        errors.append(field.required(path))
    errors += rules.each(path, controller, names.qualified_name(controller) if controller else [])
    if not instance:
        errors.append(field.required("reportingInstance"))
    if names.size(instance) > _MAX_REPORTER_BYTES:
        errors.append(field.invalid("reportingInstance", "", "can have at most 128 characters"))
    if not action:
        errors.append(field.required("action"))
    if names.size(action) > _MAX_REPORTER_BYTES:
        errors.append(field.invalid("action", "", "can have at most 128 characters"))
    return errors


def create_core(obj: Object) -> ErrorList:
    """core/v1: the old rule, and the new ones where eventTime is set."""
    errors = _involved(obj, "involvedObject")
    if obj.get("eventTime") is not None:
        controller, instance = obj.get("reportingComponent") or "", obj.get("reportingInstance") or ""
        errors += _reporter(controller, instance, obj.get("action") or "", "reportingController")
        errors += _texts(obj, "message", "message")
    return errors


def _texts(obj: Object, note: str, path: str) -> ErrorList:
    errors: ErrorList = []
    reason = obj.get("reason") or ""
    if not reason:
        errors.append(field.required("reason"))
    if names.size(reason) > _MAX_REPORTER_BYTES:
        errors.append(field.invalid("reason", "", "can have at most 128 characters"))
    if names.size(obj.get(note) or "") > _MAX_NOTE_BYTES:
        errors.append(field.invalid(path, "", "can have at most 1024 characters"))
    return errors


def create_events(obj: Object) -> ErrorList:
    """events.k8s.io/v1: who, what, when and why."""
    errors = _involved(obj, "regarding")
    if obj.get("eventTime") is None:
        errors.append(field.required("eventTime"))
    kind = obj.get("type") or ""
    if kind not in _TYPES:
        errors.append(field.invalid("type", "", "has invalid value: " + kind))
    source = obj.get("deprecatedSource") or {}
    for part, wrong in (
        ("deprecatedFirstTimestamp", obj.get("deprecatedFirstTimestamp") is not None),
        ("deprecatedLastTimestamp", obj.get("deprecatedLastTimestamp") is not None),
        ("deprecatedCount", bool(obj.get("deprecatedCount"))),
        ("deprecatedSource", bool(source)),
    ):
        if wrong:
            shown = {"Component": source.get("component", ""), "Host": source.get("host", "")}
            bad = shown if part == "deprecatedSource" else obj[part]
            errors.append(field.invalid(_CORE_NAMES[part], bad, "needs to be unset"))
    controller, instance = obj.get("reportingController") or "", obj.get("reportingInstance") or ""
    errors += _reporter(controller, instance, obj.get("action") or "", "reportingController")
    return errors + _texts(obj, "note", "message")


_CORE_NAMES = {
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "deprecatedSource": "source",
}


def update_events(obj: Object, old: Object) -> ErrorList:
    """Only the series changes."""
    errors = create_events(obj) if _new_style(obj) else _involved(obj, "regarding")
    for part, path in (
        ("regarding", "involvedObject"),
        ("reason", "reason"),
        ("note", "message"),
        ("type", "type"),
        ("eventTime", "eventTime"),
        ("action", "action"),
        ("related", "related"),
        ("reportingController", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ):
        errors += field.immutable(path, obj.get(part) or None, old.get(part) or None)
    return errors


def update_core(obj: Object, _old: Object) -> ErrorList:
    """As on create."""
    return create_core(obj)


CORE = Validation(create_core, update_core, names.name_is_dns_subdomain, generic_metadata=True, update_metadata=())
EVENTS = Validation(
    create_events, update_events, names.name_is_dns_subdomain, generic_metadata=True, update_metadata=()
)

"""Events of both groups (core/validation/events.go). The stored form is core/v1's, and so are the paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.internal import internal
from miniapi.validation.metadata import object_meta_update, qualified_finalizers, validate_object_meta

_MAX_WORD_BYTES = 128
_MAX_NOTE_BYTES = 1024
_TYPES = ("Normal", "Warning")
_ELSEWHERE = "does not match event.namespace"
_UNSET = "needs to be unset"


def _legacy(obj: Object, *, regards: str, controller: str, note: str, controller_path: str) -> ErrorList:
    """legacyValidateEvent: an event lies with what it is about, and a new one says who saw what."""
    namespace, about = obj["metadata"].get("namespace") or "", (obj.get(regards) or {}).get("namespace") or ""
    errors: ErrorList = []
    if obj.get("eventTime") is None:
        elsewhere = about != namespace if about else namespace not in ("", "default")
    else:
        elsewhere = not about and namespace not in ("default", "kube-system")
    if elsewhere:
        errors.append(field.invalid("involvedObject.namespace", about, _ELSEWHERE))
    if obj.get("eventTime") is not None:
        errors += _reporter(obj.get(controller) or "", controller_path)
        for name in ("reportingInstance", "action", "reason"):
            errors += _word(obj.get(name) or "", name)
        if names.size(obj.get(note) or "") > _MAX_NOTE_BYTES:
            errors.append(field.invalid("message", "", f"can have at most {_MAX_NOTE_BYTES} characters"))
    return errors + rules.dns_subdomain("namespace", namespace)


def _reporter(controller: str, path: str) -> ErrorList:
    errors = [] if controller else [field.required(path)]
    return errors + rules.qualified_name(path, controller)


def _word(value: str, path: str) -> ErrorList:
    if not value:
        return [field.required(path)]
    if names.size(value) <= _MAX_WORD_BYTES:
        return []
    return [field.invalid(path, "", f"can have at most {_MAX_WORD_BYTES} characters")]


def _legacy_core(obj: Object) -> ErrorList:
    return _legacy(
        obj,
        regards="involvedObject",
        controller="reportingComponent",
        note="message",
        controller_path="reportingComponent",
    )


def _legacy_events(obj: Object) -> ErrorList:
    return _legacy(
        obj,
        regards="regarding",
        controller="reportingController",
        note="note",
        controller_path="reportingController",
    )


def _series(obj: Object) -> ErrorList:
    series = obj.get("series")
    if series is None:
        return []
    errors: ErrorList = []
    if (series.get("count") or 0) < 2:
        errors.append(field.invalid("series.count", "", "should be at least 2"))
    if series.get("lastObservedTime") is None:
        errors.append(field.required("series.lastObservedTime"))
    return errors


def _create_events(obj: Object) -> ErrorList:
    """events.k8s.io/v1 is strict: the time, a type, and nothing of the old fields."""
    errors = _legacy_events(obj)
    errors += validate_object_meta(obj["metadata"], True, names.name_is_dns_subdomain, "metadata")
    errors += _series(obj)
    if obj.get("eventTime") is None:
        errors.append(field.required("eventTime"))
    kind = obj.get("type") or ""
    if kind not in _TYPES:
        errors.append(field.invalid("type", "", f"has invalid value: {kind}"))
    for name, path in _OLD:
        if obj.get(name):
            errors.append(field.invalid(path, "", _UNSET))
    return errors


_OLD = (
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
    ("deprecatedSource", "source"),
)
_KEPT = (
    ("regarding", "involvedObject"), ("reason", "reason"), ("note", "message"), ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"), ("reason", "reason"), ("type", "type"), ("eventTime", "eventTime"),
    ("action", "action"), ("related", "related"), ("reportingController", "reportingController"),
    ("reportingInstance", "reportingInstance"),
)  # fmt: skip
"""(field, path of the stored form), in the original's order, `reason` twice."""
_ZERO: Mapping[str, Any] = {
    "regarding": {}, "deprecatedSource": {}, "deprecatedCount": 0,
    **dict.fromkeys(("reason", "note", "type", "action", "reportingController", "reportingInstance"), ""),
}  # fmt: skip
"""What unset fields hold that are no pointers."""


def _shown(name: str) -> field.Show | None:
    if name in ("regarding", "related"):
        return lambda value: internal("ObjectReference", value)
    if name == "deprecatedSource":
        return lambda source: {"Component": source.get("component") or "", "Host": source.get("host") or ""}
    return None


def _update_events(obj: Object, old: Object) -> ErrorList:
    """Only the series changes."""
    errors = _legacy_events(obj)
    errors += object_meta_update(obj["metadata"], old["metadata"], "metadata")
    errors += qualified_finalizers(obj["metadata"], "metadata")
    if obj.get("series") != old.get("series"):
        errors += _series(obj)
    for name, path in _KEPT:
        new, before = obj.get(name, _ZERO.get(name)), old.get(name, _ZERO.get(name))
        errors += field.immutable(path, new, before, _shown(name))
    return errors


CORE = Validation(
    _legacy_core, lambda obj, _old: _legacy_core(obj), names.name_is_dns_subdomain, generic_metadata=True,
    update_metadata=(),
)  # fmt: skip
EVENTS = Validation(
    _create_events, _update_events, names.name_is_dns_subdomain, generic_metadata=True, update_metadata=()
)

"""Controller revisions: data that never changes, not even in how it is written."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.meta.raw import compact, text_of
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, FieldError
from miniapi.validation.interface import Validation


def _own(obj: Object) -> ErrorList:
    return rules.not_negative("revision", obj.get("revision") or 0)


def _create(obj: Object) -> ErrorList:
    errors, data = _own(obj), obj.get("data")
    if data is None:
        errors.append(field.required("data", "data is mandatory"))
    elif not isinstance(data, dict):
        errors.append(field.required("data", "data must be a valid JSON object"))
    return errors


def _update(obj: Object, old: Object) -> ErrorList:
    return _own(obj) + _same_text(obj.get("data"), old["data"])


def _same_text(data: object, old: Object) -> ErrorList:
    if not isinstance(data, dict):
        return field.immutable("data", data, old)
    text = text_of(data)
    if text == text_of(old):
        return []
    return [FieldError("FieldValueInvalid", "data", f"Invalid value: {compact(text)}: {field.IMMUTABLE}")]


CONTROLLER_REVISION = Validation(_create, _update, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))

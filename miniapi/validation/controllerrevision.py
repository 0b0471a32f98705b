"""Controller revisions: data that never changes."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation


def _create(obj: Object) -> ErrorList:
    errors = rules.not_negative("revision", obj.get("revision") or 0)
    if obj.get("data") is None:
        errors.append(field.required("data", "data is mandatory"))
    return errors


def _update(obj: Object, old: Object) -> ErrorList:
    return _create(obj) + field.immutable("data", obj.get("data"), old.get("data"))


CONTROLLER_REVISION = Validation(_create, _update, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))

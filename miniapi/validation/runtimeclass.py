"""RuntimeClasses (node/validation)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.internal import internal
from miniapi.validation.metadata import label_map
from miniapi.validation.scheduling import tolerations


def _scheduling(scheduling: dict[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    if scheduling.get("nodeSelector"):
        errors += label_map(scheduling["nodeSelector"], child(path, "nodeSelector"))
    found, at = scheduling.get("tolerations") or [], child(path, "tolerations")
    errors += tolerations(found, at)
    for i, toleration in enumerate(found):
        if toleration in found[:i]:
            errors.append(field.duplicate(index(at, i), internal("Toleration", toleration)))
    return errors


def create(obj: Object) -> ErrorList:
    """A handler, an overhead of amounts, scheduling."""
    errors = rules.required_dns_label("handler", obj.get("handler"))
    if obj.get("overhead") is not None:
        errors += rules.resources({"limits": obj["overhead"].get("podFixed") or {}}, "overhead", ())
    if obj.get("scheduling") is not None:
        errors += _scheduling(obj["scheduling"], "scheduling")
    return errors


def update(obj: Object, old: Object) -> ErrorList:
    """As create; the handler stays."""
    return create(obj) + field.immutable("handler", obj.get("handler", ""), old.get("handler", ""))


VALIDATION = Validation(
    create, update, names.name_is_dns_subdomain, update_metadata=("changed", "whole"), qualified_finalizers=False
)

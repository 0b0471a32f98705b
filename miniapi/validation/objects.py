"""All complaints about a whole object, metadata's and the kind's own (rest.BeforeCreate, rest.BeforeUpdate)."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.metadata import object_meta, object_meta_update, qualified_finalizers, validate_object_meta

_AT = "metadata"


def created(validation: Validation, obj: Object, *, namespaced: bool) -> ErrorList:
    """A new object's."""
    meta = obj["metadata"]
    if validation.generic_metadata:
        generic = object_meta(meta, _AT, namespaced=namespaced, name_check=names.name_is_path_segment)
        return validation.create(obj) or generic
    errors = _own(validation, obj, namespaced) + validation.create(obj)
    return errors + validation.rules(obj, None, errors)


def updated(validation: Validation, obj: Object, old: Object, *, namespaced: bool) -> ErrorList:
    """A changed object's. Metadata is judged for all kinds, and again by each kind in its way."""
    meta, old_meta = obj["metadata"], old["metadata"]
    changed = object_meta_update(meta, old_meta, _AT)
    generic = object_meta(meta, _AT, namespaced=namespaced, name_check=names.name_is_path_segment) + changed
    errors: ErrorList = []
    for part in validation.update_metadata:
        if part == "whole":
            errors += _own(validation, obj, namespaced)
            continue
        errors += changed
        if validation.qualified_finalizers:
            errors += qualified_finalizers(meta, _AT)
    errors += validation.update(obj, old)
    return generic + errors + validation.rules(obj, old, errors)


def _own(validation: Validation, obj: Object, namespaced: bool) -> ErrorList:
    qualified = validation.qualified_finalizers
    return validate_object_meta(obj["metadata"], namespaced, validation.name, _AT, finalizers_qualified=qualified)

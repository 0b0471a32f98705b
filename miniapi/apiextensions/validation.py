"""The rules of custom objects: identity, metadata, schema, embedded objects, lists, CEL
(apiextensions-apiserver/pkg/registry/customresource: strategy.go and validator.go).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from miniapi.apiextensions.nested import nested
from miniapi.errors import Cause
from miniapi.meta import names
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.schema.list_types import list_type_validator
from miniapi.schema.model import Schema
from miniapi.schema.validate import NO_OLD, Validate, validator
from miniapi.validation import field
from miniapi.validation.embedded import embedded_validator
from miniapi.validation.field import ErrorList, FieldError
from miniapi.validation.interface import Validation

Rules = Callable[[Object, Object | None], ErrorList]
"""The schema's CEL rules: (object, old object) -> what is wrong."""

_MAX_INT32 = 2**31 - 1
_BLOCKING = frozenset(
    {
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    }
)
_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


@dataclass(slots=True)
class CustomRules:
    """One version's checks, compiled."""

    gvk: GroupVersionKind
    schema: Validate
    status: Validate | None
    """Of the status alone, where the schema describes it."""
    embedded: Callable[[Object], ErrorList]
    lists: Callable[[Any], list[Cause]]
    scale: Mapping[str, Any] | None
    rules: Rules | None

    def create(self, obj: Object) -> ErrorList:
        """What is wrong with a new object."""
        if wrong := self._type(obj):
            return wrong
        errors = _errors(self.schema(obj, NO_OLD)) + self._scale(obj)
        return errors + self.embedded(obj) + _errors(self.lists(obj))

    def update(self, obj: Object, old: Object) -> ErrorList:
        """What is wrong with a changed one; what was wrong before in the same place is tolerated."""
        if wrong := self._type(obj):
            return wrong
        errors = _errors(self.schema(obj, old)) + self._scale(obj) + self.embedded(obj)
        if not self.lists(old):
            errors += _errors(self.lists(obj))
        return errors

    def update_status(self, obj: Object, old: Object) -> ErrorList:
        """What is wrong with a changed status (ValidateStatusUpdate)."""
        if wrong := self._type(obj):
            return wrong
        errors: ErrorList = []
        unchanged = obj.get("status") is None and old.get("status") is None
        if self.status is not None and "status" in obj and not unchanged:
            found = _errors(self.status(obj["status"], old.get("status", NO_OLD)))
            errors += [replace(e, path="status" if e.path == "<nil>" else field.child("status", e.path)) for e in found]
        errors += self._scale_status(obj)
        if not self.lists(old):
            errors += _errors(self.lists(obj))
        return errors

    def check_rules(self, obj: Object, old: Object | None, errors: ErrorList) -> ErrorList:
        """What the schema's rules say: they are not asked where what they rest on is wrong (hasBlockingErr)."""
        if self.rules is None:
            return []
        if any(e.type in _BLOCKING for e in errors):
            return [field.invalid("<nil>", None, _UNCHECKED)]
        return self.rules(obj, old)

    def _type(self, obj: Object) -> ErrorList:
        errors: ErrorList = []
        if obj.get("kind") != self.gvk.kind:
            errors.append(field.invalid("kind", obj.get("kind"), f"must be {self.gvk.kind}"))
        if obj.get("apiVersion") != self.gvk.api_version:
            errors.append(field.invalid("apiVersion", obj.get("apiVersion"), f"must be {self.gvk.api_version}"))
        return errors

    def _scale(self, obj: Object) -> ErrorList:
        if self.scale is None:
            return []
        return _replicas(obj, self.scale.get("specReplicasPath", "")) + self._scale_status(obj)

    def _scale_status(self, obj: Object) -> ErrorList:
        if self.scale is None:
            return []
        errors = _replicas(obj, self.scale.get("statusReplicasPath", ""))
        path = self.scale.get("labelSelectorPath")
        if path:
            value, problem = nested(obj, path, str, "string")
            if problem:
                errors.append(field.invalid(path, value or "", problem))
        return errors


def _errors(causes: list[Cause]) -> ErrorList:
    return [FieldError(c.reason, c.field, c.message) for c in causes]


def _replicas(obj: Object, path: str) -> ErrorList:
    value, problem = nested(obj, path, int, "int64")
    if problem:
        return [field.invalid(path, 0, problem)]
    if value is None:
        return []
    if value < 0:
        return [field.invalid(path, value, "should be a non-negative integer")]
    return [field.invalid(path, value, f"should be less than or equal to {_MAX_INT32}")] if value > _MAX_INT32 else []


def custom_rules(
    gvk: GroupVersionKind,
    openapi: Mapping[str, Any],
    schema: Schema,
    scale: Mapping[str, Any] | None,
    rules: Rules | None,
) -> CustomRules:
    """The checks of one version."""
    status = (openapi.get("properties") or {}).get("status")
    return CustomRules(
        gvk,
        validator(openapi),
        validator(status) if status is not None else None,
        embedded_validator(schema),
        list_type_validator(schema),
        scale,
        rules,
    )


def custom_validation(rules: CustomRules) -> Validation:
    """The validation of one version."""
    return Validation(
        rules.create,
        rules.update,
        names.name_is_dns_subdomain,
        qualified_finalizers=False,
        rules=rules.check_rules,
    )

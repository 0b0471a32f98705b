"""ConfigMaps (core ValidateConfigMap)."""

from __future__ import annotations

from base64 import b64decode

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.network import checked

MAX_SIZE_BYTES = 1 << 20
IMMUTABLE_SET = "field is immutable when `immutable` is set"


def data_size(data: dict[str, str]) -> int:
    """Bytes behind base64 values."""
    return sum(len(b64decode(value)) for value in data.values())


def frozen(obj: Object, old: Object, *fields: str) -> ErrorList:
    """What may not change once `immutable` is true."""
    if not old.get("immutable"):
        return []
    errors = [] if obj.get("immutable") else [field.forbidden("immutable", IMMUTABLE_SET)]
    changed = [name for name in fields if (obj.get(name) or {}) != (old.get(name) or {})]
    return errors + [field.forbidden(name, IMMUTABLE_SET) for name in changed]


def create(obj: Object) -> ErrorList:
    """Keys, no key twice, at most 1 MiB in all."""
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    errors: ErrorList = []
    for key in data:
        errors += checked(field.key("data", key), key, names.config_map_key)
        if key in binary:
            errors.append(field.invalid(field.key("data", key), key, "duplicate of key present in binaryData"))
    for key in binary:
        errors += checked(field.key("binaryData", key), key, names.config_map_key)
    if sum(map(names.size, data.values())) + data_size(binary) > MAX_SIZE_BYTES:
        errors.append(field.too_long("[]", MAX_SIZE_BYTES))
    return errors


def update(obj: Object, old: Object) -> ErrorList:
    """As create, and `immutable` holds."""
    return frozen(obj, old, "data", "binaryData") + create(obj)


VALIDATION = Validation(create, update, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))

"""Secrets (core ValidateSecret)."""

from __future__ import annotations

import json
from base64 import b64decode

from miniapi.meta import names
from miniapi.meta.go_json import json_complaint
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.configmap import MAX_SIZE_BYTES, data_size, frozen
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.network import checked

_SERVICE_ACCOUNT = "kubernetes.io/service-account.name"
_REQUIRED_KEYS = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def _json_problem(data: bytes) -> str:
    """What json.Unmarshal into a map says."""
    try:
        # Go minds no byte in a string; what the strings say does not matter here.
        value = json.loads(data.decode("latin-1"), parse_constant=_refuse)
    except ValueError:
        return json_complaint(data)
    if value is None or isinstance(value, dict):
        return ""
    kind = {list: "array", str: "string", bool: "bool"}.get(type(value), "number")
    return f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is Python's, not JSON's")


def create(obj: Object) -> ErrorList:
    """Keys, size, and what each well-known type asks for."""
    data, kind = obj.get("data") or {}, obj.get("type") or ""
    errors = [e for key in data for e in checked(field.key("data", key), key, names.config_map_key)]
    if data_size(data) > MAX_SIZE_BYTES:
        errors.append(field.too_long("data", MAX_SIZE_BYTES))
    if kind == "kubernetes.io/service-account-token":
        if not (obj["metadata"].get("annotations") or {}).get(_SERVICE_ACCOUNT):
            errors.append(field.required(field.key("metadata.annotations", _SERVICE_ACCOUNT)))
    elif kind == "kubernetes.io/basic-auth":
        if "username" not in data and "password" not in data:
            errors += [field.required("data[username]"), field.required("data[password]")]
    elif kind == "kubernetes.io/ssh-auth":
        if not data.get("ssh-privatekey"):
            errors.append(field.required("data[ssh-privatekey]"))
    for key in _REQUIRED_KEYS.get(kind, ()):
        at = field.key("data", key)
        if key not in data:
            errors.append(field.required(at))
        elif key.startswith(".") and (problem := _json_problem(b64decode(data[key]))):
            errors.append(field.invalid(at, "<secret contents redacted>", problem))
    return errors


def update(obj: Object, old: Object) -> ErrorList:
    """The type stays, `immutable` holds."""
    return field.immutable("type", obj.get("type"), old.get("type")) + frozen(obj, old, "data") + create(obj)


VALIDATION = Validation(create, update, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))

"""Projected volumes: several sources in one directory (validateProjectionSources)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miniapi.validation import field, rules
from miniapi.validation.downward import downward_api_file
from miniapi.validation.field import ErrorList
from miniapi.validation.selector import label_selector

_MIN_TOKEN_SECONDS = 600
_MAX_TOKEN_SECONDS = 1 << 32
_CLASH = "conflicting duplicate paths"


def key_to_path(item: Mapping[str, Any], path: str) -> ErrorList:
    """validateKeyToPath."""
    errors = rules.required_fields(item, path, "key", "path")
    errors += rules.non_reserved_path(field.child(path, "path"), item.get("path") or "")
    return errors + rules.file_mode(field.child(path, "mode"), item.get("mode"))


def projected(volume: Mapping[str, Any], path: str) -> ErrorList:
    """A mode and the sources, whose files may not share a path."""
    errors = rules.file_mode(field.child(path, "defaultMode"), volume.get("defaultMode"))
    taken: set[str] = set()
    for i, source in enumerate(volume.get("sources") or ()):
        at = field.index(field.child(path, "sources"), i)
        for key in ("secret", "configMap"):
            if source.get(key) is not None:
                errors += _keys(source[key], field.child(at, key), path, taken)
        if source.get("downwardAPI") is not None:
            errors += _downward(source["downwardAPI"], field.child(at, "downwardAPI"), path, taken)
        if source.get("serviceAccountToken") is not None:
            errors += _token(source["serviceAccountToken"], field.child(at, "serviceAccountToken"), path)
        if source.get("clusterTrustBundle") is not None:
            errors += _trust_bundle(source["clusterTrustBundle"], field.child(at, "clusterTrustBundle"), path, taken)
        if sum(value is not None for value in source.values()) > 1:
            errors.append(field.forbidden(at, "may not specify more than 1 volume type per source"))
    return errors


def _take(file: str, shown: str, path: str, taken: set[str]) -> ErrorList:
    if not file:
        return []
    if file in taken:
        return [field.invalid(path, shown, _CLASH)]
    taken.add(file)
    return []


def _keys(source: Mapping[str, Any], at: str, path: str, taken: set[str]) -> ErrorList:
    errors = rules.required_fields(source, at, "name")
    for i, item in enumerate(source.get("items") or ()):
        errors += key_to_path(item, field.index(field.child(at, "items"), i))
        errors += _take(item.get("path") or "", source.get("name") or "", path, taken)
    return errors


def _downward(source: Mapping[str, Any], at: str, path: str, taken: set[str]) -> ErrorList:
    errors: ErrorList = []
    for item in source.get("items") or ():
        file = item.get("path") or ""
        errors += downward_api_file(item, at) + _take(file, file, path, taken)
    return errors


def _token(source: Mapping[str, Any], at: str, path: str) -> ErrorList:
    seconds, when = source.get("expirationSeconds") or 0, field.child(at, "expirationSeconds")
    errors: ErrorList = []
    if seconds < _MIN_TOKEN_SECONDS:
        errors.append(field.invalid(when, seconds, "may not specify a duration less than 10 minutes"))
    if seconds > _MAX_TOKEN_SECONDS:
        errors.append(field.invalid(when, seconds, "may not specify a duration larger than 2^32 seconds"))
    where = field.child(path, "path")
    if not source.get("path"):
        return [*errors, field.required(where)]
    return errors + rules.non_reserved_path(where, source["path"])


def _trust_bundle(source: Mapping[str, Any], at: str, path: str, taken: set[str]) -> ErrorList:
    name, signer = source.get("name"), source.get("signerName")
    errors: ErrorList = []
    if name is not None and signer is not None:
        errors.append(field.invalid(at, dict(source), "only one of name and signerName may be used"))
    elif name is not None:
        where = field.child(at, "name")
        if not name:
            errors.append(field.required(where, "must be a valid object name"))
        bad = rules.dns_subdomain(where, name.rpartition(":")[2])
        errors += [field.invalid(where, name, "not a valid clustertrustbundlename: " + e.message) for e in bad]
        if source.get("labelSelector") is not None:
            why = "labelSelector must be unset if name is specified"
            errors.append(field.invalid(field.child(at, "labelSelector"), source["labelSelector"], why))
    elif signer is not None:
        if not signer:
            errors.append(field.required(field.child(at, "signerName"), "must be a valid signer name"))
        errors += label_selector(source.get("labelSelector"), field.child(at, "labelSelector"))
    else:
        errors.append(field.required(at, "either name or signerName must be specified"))
    file = source.get("path") or ""
    if not file:
        errors.append(field.required(field.child(at, "path")))
    return errors + rules.non_reserved_path(field.child(at, "path"), file) + _take(file, file, path, taken)

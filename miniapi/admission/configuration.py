"""--admission-control-config-file: AdmissionConfiguration, what each plugin is told in it or in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from miniapi.admission.plugins.event_rate_limit import CACHE_SIZE, TYPES, Limit
from miniapi.admission.podsecurity.policy import Exemptions, Policy, policy_of
from miniapi.admission.quota.check import LimitedResource
from miniapi.admission.tolerations import Toleration
from miniapi.meta.config_file import BadConfigFile, read_object

Document = Mapping[str, Any]
GROUP = "apiserver.config.k8s.io"
CONFIGURABLE = ("EventRateLimit", "PodNodeSelector", "PodSecurity", "PodTolerationRestriction", "ResourceQuota")
_KINDS = {
    "EventRateLimit": ("eventratelimit.admission.k8s.io/v1alpha1", "Configuration"),
    "PodSecurity": ("pod-security.admission.config.k8s.io/v1", "PodSecurityConfiguration"),
    "PodTolerationRestriction": ("podtolerationrestriction.admission.k8s.io/v1alpha1", "Configuration"),
    "ResourceQuota": ("apiserver.config.k8s.io/v1", "ResourceQuotaConfiguration"),
}
_MODES = ("enforce", "audit", "warn")
_PREFIX = "pod-security.kubernetes.io/"


class BadAdmission(Exception):
    """One line that names what is wrong with the configuration."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What plugins are told; the defaults where there is no file."""

    pod_security: Policy = field(default_factory=Policy)
    """Of namespaces without labels."""
    exemptions: Exemptions = field(default_factory=Exemptions)
    event_limits: tuple[Limit, ...] = ()
    node_selectors: Mapping[str, str] = field(default_factory=dict)
    default_tolerations: tuple[Toleration, ...] = ()
    toleration_whitelist: tuple[Toleration, ...] = ()
    limited_resources: tuple[LimitedResource, ...] = ()


def load(path: Path) -> Configuration:
    """Reads the file and those that it names. BadAdmission or OSError where it cannot be used."""
    return read(_document(path), path.parent)


def read(document: Document, directory: Path) -> Configuration:
    """An AdmissionConfiguration; paths in it are relative to `directory`. BadAdmission, OSError."""
    if document.get("kind") != "AdmissionConfiguration" or document.get("apiVersion") != f"{GROUP}/v1":
        raise BadAdmission(f"it must be of apiVersion {GROUP}/v1 and kind AdmissionConfiguration")
    parts: dict[str, Any] = {}
    for entry in document.get("plugins") or ():
        name, own, path = entry.get("name", ""), entry.get("configuration"), entry.get("path") or ""
        if own is not None and path:
            raise BadAdmission(f"{name}: give configuration or path, not both")
        if own is None and path:
            own = _document(directory / path, f"{directory / path}: ")
        if own is None:
            continue
        if name not in CONFIGURABLE:
            raise BadAdmission(
                f"{name or 'an entry without name'}: only {', '.join(CONFIGURABLE)} take a configuration"
            )
        parts |= _read_plugin(name, own)
    return Configuration(**parts)


def _document(path: Path, where: str = "") -> Document:
    try:
        return read_object(path)
    except BadConfigFile as problem:
        raise BadAdmission(f"{where}{problem}") from None


def _read_plugin(name: str, document: Document) -> dict[str, Any]:
    wanted = _KINDS.get(name)
    if wanted is not None and (document.get("apiVersion"), document.get("kind")) != wanted:
        raise BadAdmission(f"{name}: it must be of apiVersion {wanted[0]} and kind {wanted[1]}")
    if name == "PodSecurity":
        return _pod_security(document)
    if name == "EventRateLimit":
        return {"event_limits": _event_limits(document)}
    if name == "PodNodeSelector":
        return {"node_selectors": dict(document.get("podNodeSelectorPluginConfig") or {})}
    if name == "ResourceQuota":
        return {"limited_resources": tuple(_limited(r) for r in document.get("limitedResources") or ())}
    return {
        "default_tolerations": tuple(document.get("default") or ()),
        "toleration_whitelist": tuple(document.get("whitelist") or ()),
    }


def _pod_security(document: Document) -> dict[str, Any]:
    """Defaults are read as if they were the labels of a namespace."""
    given = document.get("defaults") or {}
    names = [key for mode in _MODES for key in (mode, f"{mode}-version")]
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise BadAdmission(f"PodSecurity: unknown defaults {', '.join(unknown)}")
    labels = {f"{_PREFIX}{mode}": "privileged" for mode in _MODES}
    labels |= {f"{_PREFIX}{key}": str(given[key]) for key in names if given.get(key)}
    policy, problems = policy_of(labels)
    if problems:
        raise BadAdmission("PodSecurity: " + "; ".join(f"{p.path}: {p.message}" for p in problems))
    exempt = document.get("exemptions") or {}
    sets = (frozenset(exempt.get(key) or ()) for key in ("namespaces", "usernames", "runtimeClasses"))
    return {"pod_security": policy, "exemptions": Exemptions(*sets)}


def _event_limits(document: Document) -> tuple[Limit, ...]:
    limits = document.get("limits") or ()
    problems = [] if limits else ["limits must not be empty"]
    found = []
    for i, entry in enumerate(limits):
        limit = Limit(
            str(entry.get("type") or ""),
            float(entry.get("qps") or 0),
            int(entry.get("burst") or 0),
            int(entry.get("cacheSize") or CACHE_SIZE),
        )
        if limit.type not in TYPES:
            problems.append(f"limits[{i}].type must be one of {', '.join(TYPES)}")
        problems += [f"limits[{i}].{n} must be positive" for n in ("burst", "qps") if getattr(limit, n) <= 0]
        if limit.cache_size < 0:
            problems.append(f"limits[{i}].cacheSize must not be negative")
        found.append(limit)
    if problems:
        raise BadAdmission("EventRateLimit: " + "; ".join(problems))
    return tuple(found)


def _limited(entry: Document) -> LimitedResource:
    return LimitedResource(
        entry.get("apiGroup") or "",
        entry.get("resource") or "",
        tuple(entry.get("matchContains") or ()),
        tuple(entry.get("matchScopes") or ()),
    )

"""--encryption-provider-config, read and judged (apiserver/validation, server/options/encryptionconfig)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

API_VERSION, KIND = "apiserver.config.k8s.io/v1", "EncryptionConfiguration"
PROVIDERS = {"kms": (), "aesgcm": (16, 24, 32), "aescbc": (16, 24, 32), "secretbox": (32,), "identity": ()}
"""Provider -> key sizes."""
NOT_STORED_BY_REST = ("apiserveripinfo", "serviceipallocations", "servicenodeportallocations")
DEFAULT_KMS_TIMEOUT_SECONDS = 3.0
GroupResource = tuple[str, str]

_KMSV1 = (
    "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  "
    "Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature."
)
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class ConfigError(Exception):
    """The configuration cannot be used; the message holds no secret."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry of `providers`."""

    kind: str
    keys: tuple[tuple[str, bytes], ...] = ()
    """Name and secret, the first of them for writing."""
    name: str = ""
    endpoint: str = ""
    timeout_seconds: float = DEFAULT_KMS_TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `resources`."""

    resources: tuple[GroupResource, ...]
    providers: tuple[Provider, ...]


def load(path: str, *, reload: bool) -> tuple[tuple[Rule, ...], bytes]:
    """The rules of a file, and its contents' hash; ConfigError in the original's words."""
    import hashlib

    try:
        data = Path(path).read_bytes()
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise ConfigError(
            f'error while loading file: error reading encryption provider configuration file "{path}":'
            f" open {path}: {reason}"
        ) from None
    if not data:
        raise ConfigError(f'error while loading file: encryption provider configuration file "{path}" is empty')
    return parse(data, path, reload=reload), hashlib.sha256(data).digest()


def parse(data: bytes, path: str, *, reload: bool) -> tuple[Rule, ...]:
    """The rules; ConfigError names every fault of theirs."""
    document = _document(data, path)
    problems = validate(document, reload=reload)
    if problems:
        raise ConfigError(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
    rules = []
    covered: set[GroupResource] = set()
    for entry in document["resources"]:
        resources = []
        for text in entry["resources"]:
            resource = group_resource(text)
            for mask in ((resource[0], "*"), ("*", "*")):
                if mask in covered:
                    raise ConfigError(f'resource "{_spoken(resource)}" is masked by earlier rule "{_spoken(mask)}"')
            covered.add(resource)
            resources.append(resource)
        rules.append(Rule(tuple(resources), tuple(_provider(p) for p in entry["providers"])))
    return tuple(rules)


def group_resource(text: str) -> GroupResource:
    """`secrets` -> ("", "secrets"), `deployments.apps` -> ("apps", "deployments"), `*.` -> ("", "*")."""
    resource, _, group = text.partition(".")
    return group, resource


def _spoken(resource: GroupResource) -> str:
    if resource == ("", "*"):
        return "*."
    return f"{resource[1]}.{resource[0]}" if resource[0] else resource[1]


def _document(data: bytes, path: str) -> dict[str, Any]:
    import yaml

    where = f'error decoding encryption provider configuration file "{path}"'
    try:
        document = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as problem:
        raise ConfigError(f"{where}: {problem}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{where}: couldn't get version/kind; json parse error: it is not an object")
    kind, version = document.get("kind", ""), document.get("apiVersion", "")
    if not kind:
        raise ConfigError(f"{where}: Object 'Kind' is missing in '{_shown(document)}'")
    if (kind, version) != (KIND, API_VERSION):
        raise ConfigError(f'{where}: no kind "{kind}" is registered for version "{version}"')
    return document


def _provider(entry: Mapping[str, Any]) -> Provider:
    kind = next(name for name in PROVIDERS if entry.get(name) is not None)
    body = entry[kind]
    if kind == "identity":
        return Provider(kind)
    if kind == "kms":
        if body.get("apiVersion", "v1") == "v1":
            raise ConfigError(_KMSV1)
        return Provider(kind, (), body["name"], body["endpoint"], _seconds(body.get("timeout")))
    return Provider(kind, tuple((key["name"], base64.b64decode(key["secret"])) for key in body["keys"]))


def validate(document: Mapping[str, Any], *, reload: bool) -> list[str]:
    """All faults of a decoded configuration, each with its path."""
    entries = document.get("resources") or []
    if not isinstance(entries, list):
        return ["resources: Invalid value: it is not a list"]
    if not entries:
        return ["resources: Required value: at least one resources is required"]
    problems: list[str] = []
    kms_names: set[str] = set()
    for i, entry in enumerate(entries):
        if not isinstance(entry, dict):
            problems.append(f"resources[{i}]: Invalid value: it is not an object")
            continue
        path = f"resources[{i}].resources"
        names = [str(name) for name in entry.get("resources") or []]
        if not names:
            problems.append(f"{path}: Required value: at least one {path} is required")
        problems += _overlaps(names, path)
        problems += [p for j, name in enumerate(names) for p in _resource_name(name, f"{path}[{j}]")]
        path = f"resources[{i}].providers"
        providers = entry.get("providers") or []
        if not providers:
            problems.append(f"{path}: Required value: at least one {path} is required")
        for j, provider in enumerate(providers):
            problems += _provider_problems(provider, f"{path}[{j}]", kms_names, reload)
    return problems


def _overlaps(names: Sequence[str], path: str) -> list[str]:
    pairs = list(permutations((group_resource(n) for n in names), 2))
    problems = []
    if any(one == other for one, other in pairs):
        problems.append(f"{path}: Invalid value: {_shown(names)}: the same resource cannot be specified multiple times")
    if any(one == ("*", "*") or (one[0] == other[0] and "*" in (one[1], other[1])) for one, other in pairs):
        problems.append(
            f"{path}: Invalid value: {_shown(names)}: using overlapping resources such as 'secrets' and '*.'"
            " in the same resource list is not allowed as they will be masked"
        )
    return problems


def _resource_name(name: str, path: str) -> list[str]:
    group, resource = group_resource(name)
    if name.lower() != name:
        detail = "resource name should not contain capital letters"
    elif name == "*":
        detail = "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
    elif name in NOT_STORED_BY_REST:
        detail = "resources which do not have REST API/s cannot be encrypted"
    elif group == "events.k8s.io":
        detail = (
            "'*.events.k8s.io' objects are stored using the 'events' API group in etcd."
            " Use 'events' instead in the config file"
        )
    elif group == "extensions":
        detail = "'extensions' group has been removed and cannot be used for encryption"
    elif group == "*" and resource != "*":
        detail = "encrypting the same resource across groups is not supported"
    else:
        return []
    return [f"{path}: Invalid value: {_shown(name)}: {detail}"]


def _provider_problems(provider: Any, path: str, kms_names: set[str], reload: bool) -> list[str]:
    found = [name for name in PROVIDERS if isinstance(provider, dict) and provider.get(name) is not None]
    problems = []
    if not found:
        return [
            f"{path}: Invalid value: {_redacted(provider)}: provider does not contain any of the expected providers:"
            " KMS, AESGCM, AESCBC, Secretbox, Identity"
        ]
    if len(found) > 1:
        problems.append(
            f"{path}: Invalid value: {_redacted(provider)}: more than one provider specified in a single element,"
            " should split into different list elements"
        )
    kind = found[0]
    body = provider[kind]
    if not isinstance(body, dict):
        return [*problems, f"{path}.{kind}: Invalid value: it is not an object"]
    if kind == "kms":
        problems += _kms_problems(body, f"{path}.kms", kms_names, reload)
        kms_names.add(str(body.get("name") or ""))
    elif kind != "identity":
        keys = body.get("keys") or []
        if not keys:
            problems.append(f"{path}.{kind}.keys: Required value: at least one keys is required")
        for i, key in enumerate(keys):
            problems += _key_problems(key if isinstance(key, dict) else {}, f"{path}.{kind}.keys[{i}]", PROVIDERS[kind])
    return problems


def _key_problems(key: Mapping[str, Any], path: str, sizes: Sequence[int]) -> list[str]:
    problems = []
    if not key.get("name"):
        problems.append(f"{path}.name: Required value: name is a mandatory field for a key")
    secret = key.get("secret")
    if not secret:
        return [*problems, f"{path}.secret: Required value: secret is a mandatory field for a key"]
    try:
        size = len(base64.b64decode(str(secret), validate=True))
    except (binascii.Error, ValueError):
        return [*problems, f'{path}.secret: Invalid value: "REDACTED": secrets must be base64 encoded']
    if size not in sizes:
        expected = " ".join(str(s) for s in sizes)
        problems.append(
            f'{path}.secret: Invalid value: "REDACTED": secret is not of the expected length, got {size},'
            f" expected one of [{expected}]"
        )
    return problems


def _kms_problems(body: Mapping[str, Any], path: str, names: set[str], reload: bool) -> list[str]:
    problems = []
    name, version = str(body.get("name") or ""), body.get("apiVersion") or "v1"
    if not name:
        problems.append(f"{path}.name: Required value: name is a mandatory field for a provider")
    if version != "v1" and ":" in name:
        problems.append(
            f"{path}.name: Invalid value: {_shown(name)}: invalid KMS provider name {name}, must not contain ':'"
        )
    if (reload or version != "v1") and name in names:
        problems.append(
            f"{path}.name: Invalid value: {_shown(name)}: duplicate KMS provider name {name}, names must be unique"
        )
    try:
        seconds = _seconds(body.get("timeout"))
    except ValueError:
        seconds = 0.0
    if seconds <= 0:
        problems.append(
            f"{path}.timeout: Invalid value: {_shown(body.get('timeout'))}: timeout should be a positive value"
        )
    endpoint = str(body.get("endpoint") or "")
    scheme = urlsplit(endpoint).scheme
    if not endpoint:
        problems.append(f'{path}.endpoint: Invalid value: "": endpoint is a mandatory field for a kms')
    elif scheme != "unix":
        problems.append(
            f'{path}.endpoint: Invalid value: {_shown(endpoint)}: unsupported scheme "{scheme}" for KMS provider,'
            " only unix is supported"
        )
    size = body.get("cachesize")
    if version != "v1" and size is not None:
        problems.append(f"{path}.cachesize: Invalid value: {size}: cachesize is not supported in v2")
    if version == "v1" and size == 0:
        problems.append(
            f"{path}.cachesize: Invalid value: 0: cachesize should be a positive value, or negative to disable"
        )
    if version not in ("v1", "v2"):
        problems.append(
            f"{path}.apiVersion: Invalid value: {_shown(version)}: unsupported apiVersion apiVersion for KMS provider,"
            " only v1 and v2 are supported"
        )
    return problems


def _seconds(text: Any) -> float:
    """A Go duration; the default for None."""
    if text is None:
        return DEFAULT_KMS_TIMEOUT_SECONDS
    spoken = str(text)
    sign = -1.0 if spoken.startswith("-") else 1.0
    parts = _DURATION.findall(spoken.lstrip("+-"))
    if spoken == "0":
        return 0.0
    if not parts or "".join(n + u for n, u in parts) != spoken.lstrip("+-"):
        raise ValueError(f"invalid duration {spoken}")
    return sign * sum(float(n) * _SECONDS[u] for n, u in parts)


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def _redacted(provider: Any) -> str:
    """A provider without its secrets."""
    return _shown(sorted(provider)) if isinstance(provider, dict) else _shown(None)

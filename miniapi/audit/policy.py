"""The audit policy: which requests are told, and how much of them (apiserver/pkg/audit/policy)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miniapi.audit.interface import LEVELS, STAGES, Level
from miniapi.meta.config_file import BadConfigFile, read_object
from miniapi.meta.request_info import RequestInfo
from miniapi.meta.user import UserInfo

API_VERSION, KIND = "audit.k8s.io/v1", "Policy"
RULE_FIELDS = frozenset(
    [
        "level",
        "users",
        "userGroups",
        "verbs",
        "resources",
        "namespaces",
        "nonResourceURLs",
        "omitStages",
        "omitManagedFields",
    ]
)
POLICY_FIELDS = frozenset(["apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"])


class BadPolicy(Exception):
    """All that is wrong with a policy, in one line."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one request is audited."""

    level: Level
    omit_stages: frozenset[str] = frozenset()
    omit_managed_fields: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; empty conditions match everything."""

    verdict: Verdict
    users: frozenset[str]
    groups: frozenset[str]
    verbs: frozenset[str]
    namespaces: frozenset[str]
    resources: tuple[tuple[str, tuple[str, ...], frozenset[str]], ...]
    """(group, resources, names)."""
    paths: tuple[str, ...]

    def matches(self, user: UserInfo | None, info: RequestInfo) -> bool:
        """Whether the rule speaks of the request."""
        if self.users and (user is None or user.name not in self.users):
            return False
        if self.groups and (user is None or self.groups.isdisjoint(user.groups)):
            return False
        if self.verbs and info.verb not in self.verbs:
            return False
        if self.namespaces or self.resources:
            return info.resource_request and self._matches_resource(info)
        if self.paths:
            return not info.resource_request and any(_path_matches(info.path, p) for p in self.paths)
        return True

    def _matches_resource(self, info: RequestInfo) -> bool:
        if self.namespaces and info.namespace not in self.namespaces:
            return False
        if not self.resources:
            return True
        return any(
            group == info.group
            and (
                not resources
                or ((not names or info.name in names) and any(_resource_matches(info, r) for r in resources))
            )
            for group, resources, names in self.resources
        )


def _path_matches(path: str, wanted: str) -> bool:
    return wanted in ("*", path) or (wanted.endswith("*") and path.startswith(wanted.rstrip("*")))


def _resource_matches(info: RequestInfo, wanted: str) -> bool:
    combined = f"{info.resource}/{info.subresource}" if info.subresource else info.resource
    if wanted in ("*", combined):
        return True
    if info.subresource and wanted == f"*/{info.subresource}":
        return True
    return wanted.endswith("/*") and wanted[:-2] == info.resource


@dataclass(frozen=True, slots=True)
class Policy:
    """The first rule that matches decides; none means no event."""

    rules: tuple[Rule, ...]

    def verdict(self, user: UserInfo | None, info: RequestInfo) -> Verdict:
        """How the request is audited."""
        for rule in self.rules:
            if rule.matches(user, info):
                return rule.verdict
        return _UNMATCHED


_UNMATCHED = Verdict(Level.NONE)


def load_policy(path: Path) -> Policy:
    """Reads a policy file. BadPolicy or OSError where it cannot be used."""
    try:
        document = read_object(path)
    except BadConfigFile as problem:
        raise BadPolicy(str(problem)) from None
    return read_policy(document)


def read_policy(document: Mapping[str, Any]) -> Policy:
    """A policy object. BadPolicy tells all that is wrong (apis/audit/validation)."""
    problems: list[str] = []
    if document.get("apiVersion") != API_VERSION or document.get("kind") != KIND:
        problems.append(f"it must be of apiVersion {API_VERSION} and kind {KIND}")
    problems += [f"unknown field {f}" for f in document if f not in POLICY_FIELDS]
    problems += _stage_problems(document.get("omitStages"), "omitStages")
    rules = document.get("rules") or []
    if not isinstance(rules, list) or not all(isinstance(r, dict) for r in rules):
        raise BadPolicy("rules must be a list of rules")
    if not rules:
        problems.append("it has no rules: nothing would be told; add one")
    for index, rule in enumerate(rules):
        problems += _rule_problems(rule, f"rules[{index}]")
    if problems:
        raise BadPolicy("; ".join(problems))
    everywhere = frozenset(document.get("omitStages") or ())
    return Policy(tuple(_rule(r, everywhere, bool(document.get("omitManagedFields"))) for r in rules))


def _rule(rule: Mapping[str, Any], omit_stages: frozenset[str], omit_managed_fields: bool) -> Rule:
    own = rule.get("omitManagedFields")
    return Rule(
        Verdict(
            LEVELS[rule["level"]],
            omit_stages | frozenset(rule.get("omitStages") or ()),
            omit_managed_fields if own is None else bool(own),
        ),
        frozenset(rule.get("users") or ()),
        frozenset(rule.get("userGroups") or ()),
        frozenset(rule.get("verbs") or ()),
        frozenset(rule.get("namespaces") or ()),
        tuple(
            (r.get("group", ""), tuple(r.get("resources") or ()), frozenset(r.get("resourceNames") or ()))
            for r in rule.get("resources") or ()
        ),
        tuple(rule.get("nonResourceURLs") or ()),
    )


def _rule_problems(rule: Mapping[str, Any], path: str) -> list[str]:
    problems = [f"{path}: unknown field {f}" for f in rule if f not in RULE_FIELDS]
    level = rule.get("level", "")
    if not level:
        problems.append(f"{path}.level: Required value")
    elif level not in LEVELS:
        supported = ", ".join(f'"{name}"' for name in LEVELS)
        problems.append(f'{path}.level: Unsupported value: "{level}": supported values: {supported}')
    if rule.get("nonResourceURLs") and (rule.get("resources") or rule.get("namespaces")):
        problems.append(
            f"{path}.nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs"
        )
    for index, url in enumerate(rule.get("nonResourceURLs") or ()):
        problems += _url_problems(str(url), f"{path}.nonResourceURLs[{index}]")
    for index, resource in enumerate(rule.get("resources") or ()):
        if resource.get("resourceNames") and not resource.get("resources"):
            where = f"{path}.resources[{index}].resourceNames"
            problems.append(f"{where}: Invalid value: using resourceNames requires at least one resource")
    return problems + _stage_problems(rule.get("omitStages"), f"{path}.omitStages")


def _url_problems(url: str, path: str) -> list[str]:
    if url == "*":
        return []
    if not url.startswith("/"):
        return [f"{path}: Invalid value: \"{url}\": non-resource URL rules must begin with a '/' character"]
    if "*" in url[:-1]:
        return [
            f"{path}: Invalid value: \"{url}\": non-resource URL wildcards '*' must be the final character of the rule"
        ]
    return []


def _stage_problems(stages: Sequence[str] | None, path: str) -> list[str]:
    allowed = ", ".join(STAGES)
    return [f'{path}: Invalid value: "{s}": allowed stages are {allowed}' for s in stages or () if s not in STAGES]

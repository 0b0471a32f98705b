"""The file of --authentication-config: OpenID issuers, and for which paths nobody need say who they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miniapi.authn.claims import Claim, Rule, compiled
from miniapi.authn.jose import ALGORITHMS
from miniapi.authn.oidc import Issuer
from miniapi.meta import config_file

API_VERSIONS = ("apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1")
KIND = "AuthenticationConfiguration"


class BadConfiguration(Exception):
    """One line that names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Whether requests without a credential are system:anonymous."""

    enabled: bool = True
    paths: frozenset[str] = frozenset()
    """Only for these; for all where empty."""


@dataclass(frozen=True, slots=True)
class AuthenticationConfiguration:
    """What the file says."""

    issuers: tuple[Issuer, ...] = ()
    anonymous: Anonymous | None = None
    """None where the file leaves it to --anonymous-auth."""


def read_configuration(path: str) -> AuthenticationConfiguration:
    """BadConfiguration where the file cannot be used."""

    def bad(why: str) -> BadConfiguration:
        return BadConfiguration(f"{path}: {why}")

    try:
        document = config_file.read_configuration(Path(path), KIND, API_VERSIONS)
    except config_file.BadConfigFile as problem:
        raise bad(str(problem)) from None
    unknown = sorted(document.keys() - {"apiVersion", "kind", "jwt", "anonymous"})
    if unknown:
        raise bad(f"unknown field {unknown[0]}")
    issuers = tuple(_issuer(entry, f"jwt[{i}]", bad) for i, entry in enumerate(document.get("jwt") or ()))
    if len({i.url for i in issuers}) < len(issuers):
        raise bad("jwt: an issuer is named twice; name it once")
    return AuthenticationConfiguration(issuers, _anonymous(document.get("anonymous"), bad))


def _anonymous(settings: Mapping[str, Any] | None, bad: Callable[[str], BadConfiguration]) -> Anonymous | None:
    if settings is None:
        return None
    paths = frozenset(str(c.get("path") or "") for c in settings.get("conditions") or ())
    if "" in paths:
        raise bad("anonymous.conditions: each needs a path")
    if paths and not settings.get("enabled"):
        raise bad("anonymous.conditions: enabled should be set to true when conditions are defined")
    return Anonymous(bool(settings.get("enabled")), paths)


def _issuer(entry: Mapping[str, Any], where: str, bad: Callable[[str], BadConfiguration]) -> Issuer:
    settings, mappings = entry.get("issuer") or {}, entry.get("claimMappings") or {}
    url, audiences = settings.get("url") or "", tuple(settings.get("audiences") or ())
    if not url.startswith("https://"):
        raise bad(f"{where}.issuer.url: it must be an https URL")
    if not audiences:
        raise bad(f"{where}.issuer.audiences: at least one is needed")
    try:
        username, groups, uid = (_claim(mappings.get(name) or {}) for name in ("username", "groups", "uid"))
        extra = tuple((e["key"], Claim(expression=compiled(e["valueExpression"], "claims"))) for e in _extra(mappings))
        claim_rules = _rules(entry.get("claimValidationRules"), "claims")
        user_rules = _rules(entry.get("userValidationRules"), "user")
    except (ValueError, KeyError) as problem:
        raise bad(f"{where}: {problem}") from None
    if not username.name and username.expression is None:
        raise bad(f"{where}.claimMappings.username: a claim or an expression is needed")
    required = {
        r["claim"]: r.get("requiredValue") or "" for r in entry.get("claimValidationRules") or () if "claim" in r
    }
    return Issuer(
        url,
        audiences,
        username,
        groups,
        uid,
        required,
        claim_rules,
        user_rules,
        extra,
        ALGORITHMS,
        settings.get("discoveryURL") or "",
        (settings.get("certificateAuthority") or "").encode(),
    )


def _claim(mapping: Mapping[str, Any]) -> Claim:
    text = mapping.get("expression")
    if text:
        return Claim(expression=compiled(text, "claims"))
    return Claim(mapping.get("claim") or "", mapping.get("prefix") or "")


def _extra(mappings: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return mappings.get("extra") or ()


def _rules(rules: Sequence[Mapping[str, Any]] | None, variable: str) -> tuple[Rule, ...]:
    written = (r for r in rules or () if r.get("expression"))
    return tuple(Rule(compiled(r["expression"], variable), r.get("message") or "") for r in written)

"""What a namespace's labels ask of its pods (k8s.io/pod-security-admission/api)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from miniapi.validation.field import ErrorList, FieldError, invalid

LEVELS = ("privileged", "baseline", "restricted")
"""From the least strict to the strictest."""
LATEST = 1_000_000
"""The minor version that `latest` stands for: above all others."""
PREFIX = "pod-security.kubernetes.io/"

_version = re.compile(r"v1\.([0-9]|[1-9][0-9]*)").fullmatch


@dataclass(frozen=True, slots=True)
class LevelVersion:
    """A level as it was defined in a minor version."""

    level: str = "privileged"
    minor: int = LATEST

    def __str__(self) -> str:
        return f"{self.level}:{'latest' if self.minor == LATEST else f'v1.{self.minor}'}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is enforced, noted in the audit log, and warned about."""

    enforce: LevelVersion = LevelVersion()
    audit: LevelVersion = LevelVersion()
    warn: LevelVersion = LevelVersion()

    @property
    def privileged(self) -> bool:
        """Whether pods may do everything in silence."""
        return self.enforce.level == self.audit.level == self.warn.level == "privileged"

    def __str__(self) -> str:
        modes = (("enforce", self.enforce), ("audit", self.audit), ("warn", self.warn))
        return ", ".join(f"{mode}={level}" for mode, level in modes if level.level != "privileged")


@dataclass(frozen=True, slots=True)
class Exemptions:
    """Whose pods are not judged."""

    namespaces: frozenset[str] = frozenset()
    usernames: frozenset[str] = frozenset()
    runtime_classes: frozenset[str] = frozenset()


DEFAULT = Policy()


def policy_of(labels: Mapping[str, str], default: Policy = DEFAULT) -> tuple[Policy, ErrorList]:
    """The policy, and what is wrong with the labels: a wrong level is enforced as restricted, and else ignored."""
    errors: ErrorList = []
    found: dict[str, LevelVersion] = {}
    for mode, fallback in (("enforce", default.enforce), ("audit", default.audit), ("warn", default.warn)):
        level, minor = labels.get(f"{PREFIX}{mode}", fallback.level), fallback.minor
        if level not in LEVELS:
            errors.append(_wrong(mode, level, "must be one of privileged, baseline, restricted"))
            level = "restricted" if mode == "enforce" else "privileged"
        version = labels.get(f"{PREFIX}{mode}-version")
        if version is not None:
            matched = _version(version)
            minor = int(matched[1]) if matched else LATEST
            if not matched and version != "latest":
                errors.append(_wrong(f"{mode}-version", version, 'must be "latest" or "v1.x"'))
        found[mode] = LevelVersion(level, minor)
    enforce, warn = found["enforce"], found["warn"]
    if f"{PREFIX}warn" not in labels and labels.get(f"{PREFIX}enforce") == enforce.level:
        if LEVELS.index(enforce.level) > LEVELS.index(warn.level):
            minor = warn.minor if f"{PREFIX}warn-version" in labels else enforce.minor
            found["warn"] = LevelVersion(enforce.level, minor)
    return Policy(**found), errors


def _wrong(label: str, value: str, why: str) -> FieldError:
    return invalid(f"metadata.labels[{PREFIX}{label}]", value, why)


def stricter(a: LevelVersion, b: LevelVersion) -> bool:
    """Whether `a` may refuse what `b` allows: not where it is privileged or as strict in the same version."""
    if a.level == "privileged" or a == b:
        return False
    return a.minor != b.minor or LEVELS.index(a.level) > LEVELS.index(b.level)

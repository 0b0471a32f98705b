"""The checks that the level restricted adds, and the evaluation of a pod at a level."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from miniapi.admission.podsecurity.baseline import BASELINE, PROFILES, proc_mount, seccomp_set_wrong
from miniapi.admission.podsecurity.checks import (
    Check,
    CheckPod,
    Fields,
    Finding,
    containers,
    context,
    in_user_namespace,
    is_windows,
    named,
    plural,
    quoted,
    setters,
)
from miniapi.admission.podsecurity.policy import LevelVersion

_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_KNOWN_VOLUMES = frozenset(
    [
        "hostPath",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "gitRepo",
        "nfs",
        "iscsi",
        "glusterfs",
        "rbd",
        "flexVolume",
        "cinder",
        "cephfs",
        "flocker",
        "fc",
        "azureFile",
        "vsphereVolume",
        "quobyte",
        "azureDisk",
        "photonPersistentDisk",
        "portworxVolume",
        "scaleIO",
        "storageos",
    ]
)


def _allow_privilege_escalation(_meta: Fields, spec: Fields) -> Finding:
    names = [c["name"] for c in containers(spec) if context(c).get("allowPrivilegeEscalation") is not False]
    if not names:
        return None
    return (
        "allowPrivilegeEscalation != false",
        f"{named(names)} must set securityContext.allowPrivilegeEscalation=false",
    )


def _capabilities(_meta: Fields, spec: Fields) -> Finding:
    keeping, adding, added = [], [], set()
    for container in containers(spec):
        capabilities = context(container).get("capabilities") or {}
        if "ALL" not in (capabilities.get("drop") or ()):
            keeping.append(container["name"])
        more = set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}
        if more:
            adding.append(container["name"])
            added |= more
    details = [f'{named(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    if adding:
        details.append(f"{named(adding)} must not include {quoted(sorted(added))} in securityContext.capabilities.add")
    return ("unrestricted capabilities", "; ".join(details)) if details else None


def _volumes(_meta: Fields, spec: Fields) -> Finding:
    names, types = [], set()
    for volume in spec.get("volumes") or ():
        sources = [field for field, value in volume.items() if field != "name" and value is not None]
        if not _VOLUMES.intersection(sources):
            names.append(volume["name"])
            types.add(next((s for s in sources if s in _KNOWN_VOLUMES), "unknown"))
    if not names:
        return None
    words = plural("volume", "volumes", len(names)), plural("uses", "use", len(names))
    kind = plural("restricted volume type", "restricted volume types", len(types))
    return "restricted volume types", f"{words[0]} {quoted(names)} {words[1]} {kind} {quoted(sorted(types))}"


def _run_as_non_root(_meta: Fields, spec: Fields) -> Finding:
    def chosen(of: Fields) -> bool | None:
        return context(of).get("runAsNonRoot")

    who = setters(chosen(spec) is False, [c["name"] for c in containers(spec) if chosen(c) is False])
    if who:
        return "runAsNonRoot != true", f"{who} must not set securityContext.runAsNonRoot=false"
    names = [] if chosen(spec) else [c["name"] for c in containers(spec) if chosen(c) is None]
    if not names:
        return None
    return "runAsNonRoot != true", f"pod or {named(names)} must set securityContext.runAsNonRoot=true"


def _run_as_user(_meta: Fields, spec: Fields) -> Finding:
    root = [c["name"] for c in containers(spec) if context(c).get("runAsUser") == 0]
    who = setters(context(spec).get("runAsUser") == 0, root)
    return ("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def _seccomp(meta: Fields, spec: Fields) -> Finding:
    wrong = seccomp_set_wrong(meta, spec)
    if wrong:
        return wrong
    if (context(spec).get("seccompProfile") or {}).get("type") in PROFILES:
        return None
    names = [c["name"] for c in containers(spec) if context(c).get("seccompProfile") is None]
    if not names:
        return None
    detail = f'pod or {named(names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return "seccompProfile", detail


def _unless(exempt: Callable[[Fields], bool], rule: CheckPod) -> CheckPod:
    def check(meta: Fields, spec: Fields) -> Finding:
        return None if exempt(spec) else rule(meta, spec)

    return check


RESTRICTED = (
    Check(
        "allowPrivilegeEscalation",
        ((8, _allow_privilege_escalation), (25, _unless(is_windows, _allow_privilege_escalation))),
    ),
    Check(
        "capabilities_restricted",
        ((22, _capabilities), (25, _unless(is_windows, _capabilities))),
        ("capabilities_baseline",),
    ),
    Check("procMount_restricted", ((35, proc_mount),), ("procMount",)),
    Check("restrictedVolumes", ((0, _volumes),), ("hostPathVolumes",)),
    Check("runAsNonRoot", ((0, _run_as_non_root), (35, _unless(in_user_namespace, _run_as_non_root)))),
    Check("runAsUser", ((23, _run_as_user), (35, _unless(in_user_namespace, _run_as_user)))),
    Check(
        "seccompProfile_restricted",
        ((19, _seccomp), (25, _unless(is_windows, _seccomp))),
        ("seccompProfile_baseline",),
    ),
)


@lru_cache(64)
def _rules(level: LevelVersion) -> tuple[CheckPod, ...]:
    if level.level == "privileged":
        return ()
    restricted = [(c, rule) for c in RESTRICTED if (rule := c.at(level.minor))] if level.level == "restricted" else []
    overridden = {name for check, _ in restricted for name in check.overrides}
    baseline = [rule for c in BASELINE if c.name not in overridden and (rule := c.at(level.minor))]
    return (*baseline, *(rule for _, rule in restricted))


def violations(level: LevelVersion, meta: Fields, spec: Fields) -> list[tuple[str, str]]:
    """(reason, detail) of each check of the level that the pod fails."""
    return [found for rule in _rules(level) if (found := rule(meta, spec))]


def reasons(found: list[tuple[str, str]]) -> str:
    """`privileged, hostPort`: for a list of pods."""
    return ", ".join(reason for reason, _ in found)


def details(found: list[tuple[str, str]]) -> str:
    """`privileged (container "a" ...), ...`: for one pod."""
    return ", ".join(f"{reason} ({detail})" if detail else reason for reason, detail in found)

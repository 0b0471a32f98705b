"""Security contexts of pods and containers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.internal import internal

Context = Mapping[str, Any]
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_NET_SYSCTLS = ("net.",)
_IPC_SYSCTLS = ("kernel.shm_rmid_forced", "kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")
_SYSCTL_FORM = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
_netbios = re.compile(r'^[^\\/:\*\?"<>|\.][^\\/:\*\?"<>|]{0,14}$').match
_dns = re.compile(
    r"^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
).match


def container_security(context: Context | None, path: str, *, host_users: bool) -> ErrorList:
    """ValidateSecurityContext, with privileged containers allowed."""
    if context is None:
        return []
    errors: ErrorList = []
    for name in ("runAsUser", "runAsGroup"):
        errors += rules.within(field.child(path, name), context.get(name), 0, rules.MAX_ID)
    if (mount := context.get("procMount")) is not None:
        at = field.child(path, "procMount")
        errors += rules.optional_choice(at, mount, ("Default", "Unmasked"))
        if host_users and mount == "Unmasked":
            errors.append(field.invalid(at, mount, "`hostUsers` must be false to use `Unmasked`"))
    errors += seccomp_profile(context.get("seccompProfile"), field.child(path, "seccompProfile"))
    if context.get("allowPrivilegeEscalation") is False:
        shown = internal("SecurityContext", context)
        start = "cannot set `allowPrivilegeEscalation` to false and "
        if context.get("privileged"):
            errors.append(field.invalid(path, shown, start + "`privileged` to true"))
        added = (context.get("capabilities") or {}).get("add") or ()
        why = start + "`capabilities.Add` CAP_SYS_ADMIN"
        errors += [field.invalid(path, shown, why) for c in added if c == "CAP_SYS_ADMIN"]
    errors += _windows_options(context.get("windowsOptions"), field.child(path, "windowsOptions"))
    return errors + _app_armor(context.get("appArmorProfile"), field.child(path, "appArmorProfile"))


def pod_security(spec: Context, path: str) -> ErrorList:
    """validatePodSpecSecurityContext; `path` is the context's."""
    context: Context = spec.get("securityContext") or {}
    errors: ErrorList = []
    for name in ("fsGroup", "runAsUser", "runAsGroup"):
        errors += rules.within(field.child(path, name), context.get(name), 0, rules.MAX_ID)
    for i, group in enumerate(context.get("supplementalGroups") or ()):
        errors += rules.within(field.index(field.child(path, "supplementalGroups"), i), group, 0, rules.MAX_ID)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        errors.append(field.invalid(field.child(path, "shareProcessNamespace"), True, why))
    errors += _sysctls(spec, context, field.child(path, "sysctls"))
    at = field.child(path, "fsGroupChangePolicy")
    errors += rules.optional_choice(at, context.get("fsGroupChangePolicy"), ("Always", "OnRootMismatch"))
    errors += seccomp_profile(context.get("seccompProfile"), field.child(path, "seccompProfile"))
    errors += _windows_options(context.get("windowsOptions"), field.child(path, "windowsOptions"))
    errors += _app_armor(context.get("appArmorProfile"), field.child(path, "appArmorProfile"))
    at = field.child(path, "supplementalGroupsPolicy")
    errors += rules.optional_choice(at, context.get("supplementalGroupsPolicy"), ("Merge", "Strict"))
    at = field.child(path, "seLinuxChangePolicy")
    return errors + rules.optional_choice(at, context.get("seLinuxChangePolicy"), ("Recursive",))


def _sysctls(spec: Context, context: Context, path: str) -> ErrorList:
    errors: ErrorList = []
    seen: set[str] = set()
    for i, sysctl in enumerate(context.get("sysctls") or ()):
        at, name = field.child(field.index(path, i), "name"), sysctl.get("name") or ""
        if not name:
            errors.append(field.required(at))
        elif not rules.is_sysctl_name(name):
            why = f"must have at most 253 characters and match regex {_SYSCTL_FORM}"
            errors.append(field.invalid(at, name, why))
        elif name in seen:
            errors.append(field.duplicate(at, name))
        dotted = name.replace("/", ".") if "/" in name and "." not in name.partition("/")[0] else name
        if spec.get("hostNetwork") and dotted.startswith(_NET_SYSCTLS):
            errors.append(field.invalid(at, name, "may not be specified when 'hostNetwork' is true"))
        elif spec.get("hostIPC") and dotted.startswith(_IPC_SYSCTLS):
            errors.append(field.invalid(at, name, "may not be specified when 'hostIPC' is true"))
        seen.add(name)
    return errors


def seccomp_profile(profile: Context | None, path: str) -> ErrorList:
    """validateSeccompProfileField."""
    if profile is None:
        return []
    kind, file, at = profile.get("type") or "", profile.get("localhostProfile"), field.child(path, "localhostProfile")
    errors: ErrorList = []
    if not kind:
        errors.append(field.required(field.child(path, "type"), "type is required when seccompProfile is set"))
    elif kind not in _PROFILES:
        errors.append(field.not_supported(field.child(path, "type"), kind, _PROFILES))
    if kind == "Localhost":
        if file is None:
            return [*errors, field.required(at, "must be set when seccomp type is Localhost")]
        return errors + rules.descending_path(at, file)
    if file is not None:
        shown = internal("SeccompProfile", profile)
        errors.append(field.invalid(at, shown, "can only be set when seccomp type is Localhost"))
    return errors


def _app_armor(profile: Context | None, path: str) -> ErrorList:
    if profile is None:
        return []
    kind, file, at = profile.get("type") or "", profile.get("localhostProfile"), field.child(path, "localhostProfile")
    if not kind:
        return [field.required(field.child(path, "type"), "type is required when appArmorProfile is set")]
    if kind not in _PROFILES:
        return [field.not_supported(field.child(path, "type"), kind, _PROFILES)]
    if kind != "Localhost":
        if file is None:
            return []
        return [field.invalid(at, file, "can only be set when AppArmor type is Localhost")]
    errors: ErrorList = []
    if not file:
        errors.append(field.required(at, "must be set when AppArmor type is Localhost"))
    elif file != file.strip():
        errors.append(field.invalid(at, file, "must not be padded with whitespace"))
    if names.size(file or "") > 4095:
        errors.append(field.too_long(at, 4095))
    return errors


def _windows_options(options: Context | None, path: str) -> ErrorList:
    if options is None:
        return []
    errors: ErrorList = []
    if (name := options.get("gmsaCredentialSpecName")) is not None:
        errors += rules.dns_subdomain(field.child(path, "gmsaCredentialSpecName"), name)
    if (credential := options.get("gmsaCredentialSpec")) is not None:
        at = field.child(path, "gmsaCredentialSpec")
        if not credential:
            errors.append(field.invalid(at, credential, "gmsaCredentialSpec cannot be an empty string"))
        elif names.size(credential) > 64 * 1024:
            errors.append(field.invalid(at, credential, "gmsaCredentialSpec size must be under 64 KiB"))
    if (user := options.get("runAsUserName")) is not None:
        at = field.child(path, "runAsUserName")
        errors += [field.invalid(at, user, m) for m in _windows_user(user)]
    return errors


def _windows_user(name: str) -> list[str]:
    if not name:
        return ["runAsUserName cannot be an empty string"]
    if any(ord(c) < 32 or ord(c) == 127 for c in name):
        return ["runAsUserName cannot contain control characters"]
    parts = name.split("\\")
    if len(parts) > 2:
        return ["runAsUserName cannot contain more than one backslash"]
    domain, user = (parts[0], parts[1]) if len(parts) == 2 else ("", parts[0])
    wrong: list[str] = []
    if names.size(domain) >= 256:
        wrong.append("runAsUserName's Domain length must be under 256 characters")
    if len(parts) == 2 and not _netbios(domain) and not _dns(domain):
        wrong.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
    if not user:
        wrong.append("runAsUserName's User cannot be empty")
    elif names.size(user) > 104:
        wrong.append("runAsUserName's User length must not be longer than 104 characters")
    if user and not user.strip(". "):
        wrong.append("runAsUserName's User cannot contain only periods or spaces")
    if any(c in '"/\\:;|=,+*?<>@[]' for c in user):
        wrong.append("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
    return wrong

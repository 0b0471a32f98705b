"""The checks of the level baseline (k8s.io/pod-security-admission/policy)."""

from __future__ import annotations

import json

from miniapi.admission.podsecurity.checks import (
    Check,
    CheckPod,
    Fields,
    Finding,
    containers,
    context,
    in_user_namespace,
    named,
    plural,
    quoted,
    setters,
)

_APP_ARMOR_PREFIX = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_PREFIX = "container.seccomp.security.alpha.kubernetes.io/"
PROFILES = ("RuntimeDefault", "Localhost")
_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    }
)
_SYSCTLS_27 = _SYSCTLS | {"net.ipv4.ip_local_reserved_ports"}
_SYSCTLS_29 = _SYSCTLS_27 | {
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
_SYSCTLS_32 = _SYSCTLS_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}


def _app_armor(meta: Fields, spec: Fields) -> Finding:
    def wrong(of: Fields) -> str:
        kind: str = (context(of).get("appArmorProfile") or {}).get("type") or ""
        return kind if "appArmorProfile" in context(of) and kind not in PROFILES else ""

    values = {kind for kind in (wrong(spec), *(wrong(c) for c in containers(spec))) if kind}
    who = setters(bool(wrong(spec)), [c["name"] for c in containers(spec) if wrong(c)])
    annotations = sorted(
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in (meta.get("annotations") or {}).items()
        if key.startswith(_APP_ARMOR_PREFIX)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    )
    if annotations:
        word = plural("annotation", "annotations", len(annotations))
        who = f"{who} and {word}" if who else word
    if not who:
        return None
    shown = sorted(values) + annotations
    reason = plural("forbidden AppArmor profile", "forbidden AppArmor profiles", len(shown))
    return reason, f"{who} must not set AppArmor profile type to {quoted(shown)}"


def _capabilities(_meta: Fields, spec: Fields) -> Finding:
    names, added = [], set()
    for container in containers(spec):
        more = set((context(container).get("capabilities") or {}).get("add") or ()) - _CAPABILITIES
        if more:
            names.append(container["name"])
            added |= more
    if not names:
        return None
    detail = f"{named(names)} must not include {quoted(sorted(added))} in securityContext.capabilities.add"
    return "non-default capabilities", detail


def _host_namespaces(_meta: Fields, spec: Fields) -> Finding:
    shared = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    return ("host namespaces", ", ".join(shared)) if shared else None


def _host_path_volumes(_meta: Fields, spec: Fields) -> Finding:
    names = [v["name"] for v in spec.get("volumes") or () if v.get("hostPath") is not None]
    return ("hostPath volumes", f"{plural('volume', 'volumes', len(names))} {quoted(names)}") if names else None


def _host_ports(_meta: Fields, spec: Fields) -> Finding:
    names, ports = [], set()
    for container in containers(spec):
        used = {str(p["hostPort"]) for p in container.get("ports") or () if p.get("hostPort")}
        if used:
            names.append(container["name"])
            ports |= used
    if not names:
        return None
    verb, word = plural("uses", "use", len(names)), plural("hostPort", "hostPorts", len(ports))
    return "hostPort", f"{named(names)} {verb} {word} {', '.join(sorted(ports))}"


def _host_probes(_meta: Fields, spec: Fields) -> Finding:
    names, hosts = set(), set()
    for container in containers(spec):
        lifecycle = container.get("lifecycle") or {}
        probes = [container.get(p) for p in ("livenessProbe", "readinessProbe", "startupProbe")]
        for action in (*probes, lifecycle.get("postStart"), lifecycle.get("preStop")):
            for how in ("httpGet", "tcpSocket"):
                host = ((action or {}).get(how) or {}).get("host")
                if host:
                    names.add(container["name"])
                    hosts.add(host)
    if not names:
        return None
    verb = plural("uses", "use", len(names))
    word = plural("probe or lifecycle host", "probe or lifecycle hosts", len(hosts))
    return "probe or lifecycle host", f"{named(sorted(names))} {verb} {word} {quoted(sorted(hosts))}"


def _privileged(_meta: Fields, spec: Fields) -> Finding:
    names = [c["name"] for c in containers(spec) if context(c).get("privileged")]
    return ("privileged", f"{named(names)} must not set securityContext.privileged=true") if names else None


def proc_mount(_meta: Fields, spec: Fields) -> Finding:
    """No container sees more of /proc than is usual."""
    names = [c["name"] for c in containers(spec) if context(c).get("procMount") not in (None, "Default")]
    if not names:
        return None
    kinds = {context(c)["procMount"] for c in containers(spec) if c["name"] in names}
    return "procMount", f"{named(names)} must not set securityContext.procMount to {quoted(sorted(kinds))}"


def _proc_mount_of_host_users(meta: Fields, spec: Fields) -> Finding:
    return None if in_user_namespace(spec) else proc_mount(meta, spec)


def _se_linux(allowed: frozenset[str]) -> CheckPod:
    def check(_meta: Fields, spec: Fields) -> Finding:
        types: set[str] = set()
        fields: set[str] = set()

        def wrong(of: Fields) -> bool:
            options = context(of).get("seLinuxOptions") or {}
            kind = options.get("type") or ""
            types.update({kind} - allowed)
            set_fields = {field for field in ("user", "role") if options.get(field)}
            fields.update(set_fields)
            return kind not in allowed or bool(set_fields)

        who = setters(wrong(spec), [c["name"] for c in containers(spec) if wrong(c)])
        if not who:
            return None
        what = [f"{plural('type', 'types', len(types))} {quoted(sorted(types))}"] if types else []
        what += [f"{field} may not be set" for field in ("user", "role") if field in fields]
        return "seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(what)}"

    return check


def _seccomp_annotations(meta: Fields, spec: Fields) -> Finding:
    annotations = meta.get("annotations") or {}
    keys = {_SECCOMP_POD, *(_SECCOMP_PREFIX + c["name"] for c in containers(spec))} & annotations.keys()
    wrong = sorted(
        f"{key}={json.dumps(annotations[key], ensure_ascii=False)}"
        for key in keys
        if annotations[key] not in ("runtime/default", "docker/default")
        and not annotations[key].startswith("localhost/")
    )
    if not wrong:
        return None
    return "seccompProfile", f"forbidden {plural('annotation', 'annotations', len(wrong))} {', '.join(wrong)}"


def seccomp_set_wrong(_meta: Fields, spec: Fields) -> Finding:
    """Nobody asks for a seccomp profile other than the two good ones."""
    types: set[str] = set()

    def wrong(of: Fields) -> bool:
        profile = context(of).get("seccompProfile")
        if profile is None or profile.get("type") in PROFILES:
            return False
        types.add(profile.get("type") or "")
        return True

    who = setters(wrong(spec), [c["name"] for c in containers(spec) if wrong(c)])
    if not who:
        return None
    return "seccompProfile", f"{who} must not set securityContext.seccompProfile.type to {quoted(sorted(types))}"


def _sysctls(allowed: frozenset[str]) -> CheckPod:
    def check(_meta: Fields, spec: Fields) -> Finding:
        names = [s["name"] for s in context(spec).get("sysctls") or () if s["name"] not in allowed]
        return ("forbidden sysctls", ", ".join(names)) if names else None

    return check


def _windows_host_process(_meta: Fields, spec: Fields) -> Finding:
    def wrong(of: Fields) -> bool:
        return bool((context(of).get("windowsOptions") or {}).get("hostProcess"))

    who = setters(wrong(spec), [c["name"] for c in containers(spec) if wrong(c)])
    return ("hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true") if who else None


BASELINE = (
    Check("appArmorProfile", ((0, _app_armor),)),
    Check("capabilities_baseline", ((0, _capabilities),)),
    Check("hostNamespaces", ((0, _host_namespaces),)),
    Check("hostPathVolumes", ((0, _host_path_volumes),)),
    Check("hostPorts", ((0, _host_ports),)),
    Check("hostProbesAndHostLifecycle", ((34, _host_probes),)),
    Check("privileged", ((0, _privileged),)),
    Check("procMount", ((0, proc_mount), (35, _proc_mount_of_host_users))),
    Check("seLinuxOptions", ((0, _se_linux(_SELINUX_TYPES)), (31, _se_linux(_SELINUX_TYPES | {"container_engine_t"})))),
    Check("seccompProfile_baseline", ((0, _seccomp_annotations), (19, seccomp_set_wrong))),
    Check(
        "sysctls",
        (
            (0, _sysctls(_SYSCTLS)),
            (27, _sysctls(_SYSCTLS_27)),
            (29, _sysctls(_SYSCTLS_29)),
            (32, _sysctls(_SYSCTLS_32)),
        ),
    ),
    Check("windowsHostProcess", ((0, _windows_host_process),)),
)
"""In the order in which their findings are told."""

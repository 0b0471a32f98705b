"""Generic and miscellaneous flags that say how the server as a whole behaves."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from miniapi.flag import flag
from miniapi.schema.published import RELEASES
from miniapi.server.version import DEFAULT_VERSION

HSTS_DIRECTIVES: Final = re.compile(r"max-age=\d+|includeSubDomains|preload")
RECONCILERS: Final = ("lease", "none")
EMULATED_BACK: Final = 3
"""How many minor releases kube-apiserver looks back."""


@dataclass
class GenericOptions:
    """Limits, timeouts, addresses. Durations are seconds."""

    advertise_address: str = flag(
        "advertise-address", "Address that others are told; --bind-address, or 127.0.0.1, if unset.", "ip"
    )
    external_hostname: str = flag("external-hostname", "Host name that the serving certificate covers too.")
    cors_allowed_origins: list[str] = flag(
        "cors-allowed-origins", "Regular expressions of origins that browsers may call from.", "strings", []
    )
    hsts_directives: list[str] = flag(
        "strict-transport-security-directives",
        "Of the header Strict-Transport-Security; none if unset.",
        "strings",
        [],
    )
    max_requests_inflight: int = flag("max-requests-inflight", "Reads that may run at once; 0: no limit.", "int", 400)
    max_mutating_requests_inflight: int = flag(
        "max-mutating-requests-inflight", "Writes that may run at once; 0: no limit.", "int", 200
    )
    request_timeout_seconds: float = flag(
        "request-timeout", "How long a request may take, watches aside.", "duration", 60.0
    )
    min_request_timeout_seconds: int = flag(
        "min-request-timeout", "Seconds that a watch lasts; it ends at random between this and twice this.", "int", 1800
    )
    storage_initialization_timeout_seconds: float = flag(
        "storage-initialization-timeout", "How long the start waits for the store.", "duration", 60.0
    )
    shutdown_delay_seconds: float = flag(
        "shutdown-delay-duration", "How long to go on serving, with /readyz false, once told to stop.", "duration", 0.0
    )
    shutdown_send_retry_after: bool = flag(
        "shutdown-send-retry-after",
        "While requests finish, answer new ones with 429 and Retry-After rather than take no connections.",
        "bool",
        False,
    )
    shutdown_watch_grace_seconds: float = flag(
        "shutdown-watch-termination-grace-period", "Over how long watches are ended; at once if 0.", "duration", 0.0
    )
    send_retry_after_while_not_ready_once: bool = flag(
        "send-retry-after-while-not-ready-once",
        "Answer 429 until ready for the first time; connections are taken only from then on, so that nobody sees it.",
        "bool",
        False,
    )
    livez_grace_seconds: float = flag(
        "livez-grace-period",
        "How long /livez overlooks start-up steps; they are over before connections are taken.",
        "duration",
        0.0,
    )
    event_ttl_seconds: float = flag("event-ttl", "How long events are kept.", "duration", 3600.0, section="Misc")
    service_cluster_ip_range: str = flag(
        "service-cluster-ip-range",
        "Network from which services get their cluster IPs; two, comma separated, for both families.",
        default="10.96.0.0/16",
        section="Misc",
    )
    service_node_port_range: str = flag(
        "service-node-port-range",
        "Ports for services of type NodePort, FIRST-LAST.",
        default="30000-32767",
        section="Misc",
    )
    allow_privileged: bool = flag(
        "allow-privileged", "Containers may ask to be privileged; only true is taken.", "bool", True, section="Misc"
    )
    endpoint_reconciler_type: str = flag(
        "endpoint-reconciler-type",
        "lease, or none to leave the endpoints of the service kubernetes alone.",
        default="lease",
        section="Misc",
    )
    runtime_config: dict[str, str] = flag(
        "runtime-config",
        "Versions and resources to serve: api/all=true|false, GROUP/VERSION[/RESOURCE]=true|false.",
        "map",
        {},
        section="API enablement",
    )
    kubernetes_version: str = flag(
        "kubernetes-version",
        "Release whose kinds, versions and fields are served, 1.25 to 1.37.",
        default=DEFAULT_VERSION,
        section="miniapi",
    )
    emulated_version: list[str] = flag(
        "emulated-version", "Older release whose kinds and versions are served: 1.35, or kube=1.35.", "strings", []
    )
    controllers: list[str] = flag(
        "controllers",
        "Built-in controllers to run: * for all, NAME, -NAME to leave one out, none.",
        "strings",
        ["*"],
        section="miniapi",
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        return [*self._networks(), *self._patterns(), *self._numbers(), *self._versions(), *self._privileged()]

    def _networks(self) -> list[str]:
        problems = []
        for part in self.service_cluster_ip_range.split(","):
            try:
                ipaddress.ip_network(part)
            except ValueError:
                problems.append(f'--service-cluster-ip-range: "{part}" is not a network; write it as 10.96.0.0/16')
        if not self.node_ports():
            given = self.service_node_port_range
            problems.append(f'--service-node-port-range: "{given}" is not FIRST-LAST with ports from 1 to 65535')
        return problems

    def emulation(self) -> str:
        """The release whose kinds are served."""
        return self.emulated_version[-1].removeprefix("kube=") if self.emulated_version else self.kubernetes_version

    def _versions(self) -> list[str]:
        if self.kubernetes_version not in RELEASES:
            first, last = RELEASES[0], RELEASES[-1]
            return [f'--kubernetes-version: "{self.kubernetes_version}" is none of the releases {first} to {last}']
        newest = RELEASES.index(self.kubernetes_version)
        allowed = RELEASES[max(0, newest - EMULATED_BACK) : newest + 1]
        if self.emulation() not in allowed:
            return [
                f'--emulated-version: "{self.emulation()}" is not between {allowed[0]} and {allowed[-1]}, what '
                f"{self.kubernetes_version} can stand in for; --kubernetes-version sets any release"
            ]
        return []

    def _patterns(self) -> list[str]:
        problems = []
        for pattern in self.cors_allowed_origins:
            try:
                re.compile(pattern)
            except re.error as problem:
                problems.append(f'--cors-allowed-origins: "{pattern}" is not a regular expression: {problem}')
        for directive in self.hsts_directives:
            if not HSTS_DIRECTIVES.fullmatch(directive):
                problems.append(
                    f'--strict-transport-security-directives: "{directive}" is none of max-age=SECONDS, '
                    "includeSubDomains, preload"
                )
        if self.endpoint_reconciler_type not in RECONCILERS:
            given = self.endpoint_reconciler_type
            problems.append(f"--endpoint-reconciler-type: {given} is not built; use {' or '.join(RECONCILERS)}")
        return problems

    def _privileged(self) -> list[str]:
        if self.allow_privileged:
            return []
        return ["--allow-privileged=false is known to kube-apiserver, not built yet; leave it out"]

    def _numbers(self) -> list[str]:
        problems = [
            f"--{name}: {count} is negative; use 0 or more"
            for name, count in (
                ("max-requests-inflight", self.max_requests_inflight),
                ("max-mutating-requests-inflight", self.max_mutating_requests_inflight),
                ("min-request-timeout", self.min_request_timeout_seconds),
                ("shutdown-delay-duration", self.shutdown_delay_seconds),
                ("shutdown-watch-termination-grace-period", self.shutdown_watch_grace_seconds),
                ("storage-initialization-timeout", self.storage_initialization_timeout_seconds),
                ("livez-grace-period", self.livez_grace_seconds),
                ("event-ttl", self.event_ttl_seconds),
            )
            if count < 0
        ]
        if self.request_timeout_seconds <= 0:
            problems.append("--request-timeout: it must be more than 0, as in 1m0s")
        return problems

    def node_ports(self) -> range:
        """The node ports; empty where the flag cannot be read."""
        first, _, last = self.service_node_port_range.partition("-")
        if not first.isdigit() or not last.isdigit() or not 0 < int(first) <= int(last) < 65536:
            return range(0)
        return range(int(first), int(last) + 1)

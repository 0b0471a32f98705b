"""Generic and miscellaneous flags that say how the server as a whole behaves."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field


@dataclass
class GenericOptions:
    """Limits, timeouts, addresses."""

    advertise_address: str = field(
        default="",
        metadata={
            "flag": "advertise-address",
            "kind": "ip",
            "help": "Address on which the server tells others to reach it; --bind-address, or 127.0.0.1, if unset.",
        },
    )
    external_hostname: str = field(
        default="",
        metadata={
            "flag": "external-hostname",
            "help": "Host name that the serving certificate covers besides the usual.",
        },
    )
    cors_allowed_origins: list[str] = field(
        default_factory=list,
        metadata={
            "flag": "cors-allowed-origins",
            "kind": "strings",
            "help": "Regular expressions of origins that browsers may call from.",
        },
    )
    max_requests_inflight: int = field(
        default=400,
        metadata={
            "flag": "max-requests-inflight",
            "kind": "int",
            "help": "Reads that may run at once, 0 for no limit.",
        },
    )
    max_mutating_requests_inflight: int = field(
        default=200,
        metadata={
            "flag": "max-mutating-requests-inflight",
            "kind": "int",
            "help": "Writes that may run at once, 0 for no limit.",
        },
    )
    request_timeout_seconds: float = field(
        default=60.0,
        metadata={"flag": "request-timeout", "kind": "duration", "help": "How long a request may take, watches aside."},
    )
    min_request_timeout_seconds: int = field(
        default=1800,
        metadata={
            "flag": "min-request-timeout",
            "kind": "int",
            "help": "Seconds that a watch lasts at least; it ends at random between this and twice this.",
        },
    )
    shutdown_delay_seconds: float = field(
        default=0.0,
        metadata={
            "flag": "shutdown-delay-duration",
            "kind": "duration",
            "help": "How long the server goes on serving, with /readyz false, after it was told to stop.",
        },
    )
    shutdown_watch_grace_seconds: float = field(
        default=0.0,
        metadata={
            "flag": "shutdown-watch-termination-grace-period",
            "kind": "duration",
            "help": "Over how long the watches are ended when the server stops; at once if 0.",
        },
    )
    event_ttl_seconds: float = field(
        default=3600.0, metadata={"flag": "event-ttl", "kind": "duration", "help": "How long events are kept."}
    )
    service_cluster_ip_range: str = field(
        default="10.96.0.0/16",
        metadata={"flag": "service-cluster-ip-range", "help": "Network from which services get their cluster IPs."},
    )
    service_node_port_range: str = field(
        default="30000-32767",
        metadata={"flag": "service-node-port-range", "help": "Ports for services of type NodePort, FIRST-LAST."},
    )
    runtime_config: dict[str, str] = field(
        default_factory=dict,
        metadata={
            "flag": "runtime-config",
            "kind": "map",
            "help": "Versions and resources to serve: api/all=true|false, GROUP/VERSION[/RESOURCE]=true|false.",
        },
    )
    allow_privileged: bool = field(
        default=True,
        metadata={"flag": "allow-privileged", "kind": "bool", "help": "Whether containers may ask to be privileged."},
    )
    controllers: list[str] = field(
        default_factory=lambda: ["*"],
        metadata={
            "flag": "controllers",
            "kind": "strings",
            "help": "Built-in controllers to run: * for all, NAME, -NAME to leave one out, none.",
        },
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        for part in self.service_cluster_ip_range.split(","):
            try:
                ipaddress.ip_network(part)
            except ValueError:
                problems.append(f'--service-cluster-ip-range: "{part}" is not a network; write it as 10.96.0.0/16')
        if self.node_ports() is None:
            given = self.service_node_port_range
            problems.append(f'--service-node-port-range: "{given}" is not FIRST-LAST with ports from 1 to 65535')
        for name, count in (
            ("max-requests-inflight", self.max_requests_inflight),
            ("max-mutating-requests-inflight", self.max_mutating_requests_inflight),
            ("min-request-timeout", self.min_request_timeout_seconds),
        ):
            if count < 0:
                problems.append(f"--{name}: {count} is negative; use 0 or more")
        if self.request_timeout_seconds <= 0:
            problems.append("--request-timeout: it must be more than 0")
        if self.shutdown_delay_seconds < 0:
            problems.append("--shutdown-delay-duration: it must not be negative")
        return problems

    def node_ports(self) -> tuple[int, int] | None:
        """First and last node port; None where the flag cannot be read."""
        first, _, last = self.service_node_port_range.partition("-")
        if not first.isdigit() or not last.isdigit() or not 0 < int(first) <= int(last) < 65536:
            return None
        return int(first), int(last)

"""All options of a server, composed; every problem of a command line at once."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from miniapi.admission.options import AdmissionOptions
from miniapi.aggregator.options import AggregatorOptions
from miniapi.audit.options import AuditOptions
from miniapi.authn.options import AuthenticationOptions
from miniapi.authz.options import AuthorizationOptions
from miniapi.features.options import FeatureOptions
from miniapi.flag import flag
from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.enablement import enabled
from miniapi.kube.kubelet_options import KubeletOptions
from miniapi.options.flags import Flag, fill, flags_of, text_of
from miniapi.schema.published import RELEASES
from miniapi.server.logs import LogsOptions
from miniapi.server.metrics import MetricsOptions
from miniapi.server.options import GenericOptions
from miniapi.server.serving_options import SecureServingOptions
from miniapi.storage.options import EtcdOptions


class ServerDefaults(enum.Enum):
    """Whose defaults hold where a flag is not given."""

    MINIAPI = "miniapi"
    KUBE_APISERVER = "kube-apiserver"


@dataclass
class LocalOptions:
    """What is miniapi's own: files for people."""

    config: str = flag("config", "YAML file with flag names and values; the command line wins.")
    write_kubeconfig: str = flag("write-kubeconfig", "Where to write the admin's kubeconfig; in --data-dir if unset.")
    merge_kubeconfig: bool = flag(
        "merge-kubeconfig", "Add the context miniapi to your own kubeconfig and make it current.", "bool", False
    )
    help: bool = flag("help", "Print the flags.", "bool", False)

    def validate(self) -> list[str]:
        """Nothing can be wrong."""
        return []


SECTIONS: Mapping[str, type[Any]] = {
    "miniapi": LocalOptions,
    "Generic": GenericOptions,
    "Etcd": EtcdOptions,
    "Secure serving": SecureServingOptions,
    "Auditing": AuditOptions,
    "Features": FeatureOptions,
    "Authentication": AuthenticationOptions,
    "Authorization": AuthorizationOptions,
    "Admission": AdmissionOptions,
    "Metrics": MetricsOptions,
    "Aggregator": AggregatorOptions,
    "Logs": LogsOptions,
    "Misc": KubeletOptions,
}
"""By the title under which --help lists them, in the order in which `Options` has them."""

KUBE_APISERVER_DEFAULTS: Mapping[str, Any] = {
    "authorization-mode": ["AlwaysAllow"],
    "bind-address": "0.0.0.0",
    "cert-dir": "/var/run/kubernetes",
    "controllers": [],
    "service-cluster-ip-range": "10.0.0.0/24",
    "storage-backend": "etcd3",
}
"""Where kube-apiserver's own defaults differ from miniapi's."""


@dataclass
class Options:
    """One server's settings."""

    defaults: ServerDefaults
    local: LocalOptions
    generic: GenericOptions
    storage: EtcdOptions
    serving: SecureServingOptions
    audit: AuditOptions
    features: FeatureOptions
    authentication: AuthenticationOptions
    authorization: AuthorizationOptions
    admission: AdmissionOptions
    metrics: MetricsOptions
    aggregator: AggregatorOptions
    logs: LogsOptions
    kubelet: KubeletOptions

    def data_dir(self) -> Path:
        """Where store and certificates lie."""
        return Path(self.storage.data_dir).expanduser() if self.storage.data_dir else default_data_dir()

    def advertise_address(self) -> str:
        """Where others are told to reach the server."""
        given = self.generic.advertise_address or self.serving.bind_address
        return "127.0.0.1" if given in ("0.0.0.0", "::") else given

    def cert_dir(self) -> Path:
        """Where certificates are made."""
        return Path(self.serving.cert_dir).expanduser() if self.serving.cert_dir else self.data_dir() / "pki"

    def kubeconfig_path(self) -> Path | None:
        """Where the admin's kubeconfig is written; None in kube-apiserver's place, which writes none."""
        given = self.local.write_kubeconfig
        if given:
            return Path(given).expanduser()
        return self.data_dir() / "kubeconfig" if self.defaults is ServerDefaults.MINIAPI else None

    def writes_kubeconfig(self) -> bool:
        """Whether anybody is given an admin's certificate."""
        return self.kubeconfig_path() is not None or self.local.merge_kubeconfig

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        parts = [getattr(self, part.name) for part in fields(self) if part.name != "defaults"]
        problems = [problem for part in parts for problem in part.validate()]
        if self.generic.runtime_config and self.generic.emulation() in RELEASES:
            problems += enabled(builtin_kinds(self.generic.emulation()), self.generic.runtime_config)[1]
        return problems


def default_data_dir() -> Path:
    """The user's state directory."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local/state") / "miniapi"


def all_flags() -> dict[str, Flag]:
    """Every flag by name."""
    return {f.name: f for section, options_type in SECTIONS.items() for f in flags_of(section, options_type)}


def shown(options: Options) -> dict[str, str]:
    """Every flag with its value, as the command line would have it."""
    parts = (getattr(options, part.name) for part in fields(options) if part.name != "defaults")
    return {f.name: text_of(getattr(part, f.attribute)) for part in parts for f in flags_of("", type(part))}


def compose(values: Mapping[str, Any], defaults: ServerDefaults) -> tuple[Options, list[str]]:
    """-> (options, all that is wrong with them)."""
    if defaults is ServerDefaults.KUBE_APISERVER:
        values = {**KUBE_APISERVER_DEFAULTS, **values}
    options = Options(defaults, *(fill(options_type, values) for options_type in SECTIONS.values()))
    return options, options.validate()

"""All options of a server, composed; every problem of a command line at once."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from miniapi.admission.options import AdmissionOptions
from miniapi.audit.options import AuditOptions
from miniapi.authn.options import AuthenticationOptions
from miniapi.authz.options import AuthorizationOptions
from miniapi.options.flags import Flag, fill, flags_of
from miniapi.server.options import GenericOptions
from miniapi.server.serving_options import SecureServingOptions
from miniapi.storage.options import EtcdOptions


class ServerDefaults(enum.Enum):
    """Whose defaults hold where a flag is not given."""

    MINIAPI = "miniapi"
    KUBE_APISERVER = "kube-apiserver"


@dataclass
class LocalOptions:
    """What is miniapi's own: files, output."""

    config: str = field(
        default="", metadata={"flag": "config", "help": "YAML file with flag names and values; the command line wins."}
    )
    write_kubeconfig: str = field(
        default="",
        metadata={"flag": "write-kubeconfig", "help": "Where to write the admin's kubeconfig; in --data-dir if unset."},
    )
    merge_kubeconfig: bool = field(
        default=False,
        metadata={
            "flag": "merge-kubeconfig",
            "kind": "bool",
            "help": "Add the context miniapi to your own kubeconfig and make it current.",
        },
    )
    quiet: bool = field(default=False, metadata={"flag": "quiet", "kind": "bool", "help": "Say nothing but problems."})
    verbosity: int = field(
        default=0, metadata={"flag": "v", "kind": "int", "help": "How much to log: 0 warnings, 2 requests, 4 all."}
    )
    help: bool = field(default=False, metadata={"flag": "help", "kind": "bool", "help": "Print the flags."})


SECTIONS: Mapping[str, type[Any]] = {
    "miniapi": LocalOptions,
    "Generic": GenericOptions,
    "Storage": EtcdOptions,
    "Secure serving": SecureServingOptions,
    "Authentication": AuthenticationOptions,
    "Authorization": AuthorizationOptions,
    "Auditing": AuditOptions,
    "Admission": AdmissionOptions,
}


@dataclass
class Options:
    """One server's settings."""

    local: LocalOptions
    generic: GenericOptions
    storage: EtcdOptions
    serving: SecureServingOptions
    authentication: AuthenticationOptions
    authorization: AuthorizationOptions
    audit: AuditOptions
    admission: AdmissionOptions

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

    def kubeconfig_path(self) -> Path:
        """Where the admin's kubeconfig is written."""
        given = self.local.write_kubeconfig
        return Path(given).expanduser() if given else self.data_dir() / "kubeconfig"


def default_data_dir() -> Path:
    """The user's state directory."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local/state") / "miniapi"


def all_flags() -> dict[str, Flag]:
    """Every flag by name."""
    return {f.name: f for section, options_type in SECTIONS.items() for f in flags_of(section, options_type)}


def compose(values: Mapping[str, Any], defaults: ServerDefaults) -> tuple[Options, list[str]]:
    """-> (options, all that is wrong with them)."""
    if defaults is ServerDefaults.KUBE_APISERVER:
        values = {"bind-address": "0.0.0.0", "cert-dir": "/var/run/kubernetes", **values}
    options = Options(*(fill(options_type, values) for options_type in SECTIONS.values()))
    problems: list[str] = []
    for part in (
        options.generic,
        options.storage,
        options.serving,
        options.authentication,
        options.authorization,
        options.audit,
        options.admission,
    ):
        problems += part.validate()
    return options, problems

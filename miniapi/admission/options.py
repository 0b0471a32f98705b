"""Flags of admission, and the plugins' names that they know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from miniapi.admission.configuration import BadAdmission, Configuration, load
from miniapi.flag import flag

ORDER: tuple[tuple[str, bool], ...] = (
    ("AlwaysAdmit", False),
    ("NamespaceAutoProvision", False),
    ("NamespaceLifecycle", True),
    ("NamespaceExists", False),
    ("LimitPodHardAntiAffinityTopology", False),
    ("LimitRanger", True),
    ("ServiceAccount", True),
    ("NodeRestriction", False),
    ("TaintNodesByCondition", True),
    ("AlwaysPullImages", False),
    ("ImagePolicyWebhook", False),
    ("PodSecurity", True),
    ("PodNodeSelector", False),
    ("Priority", True),
    ("DefaultTolerationSeconds", True),
    ("PodTolerationRestriction", False),
    ("EventRateLimit", False),
    ("ExtendedResourceToleration", False),
    ("DefaultStorageClass", True),
    ("StorageObjectInUseProtection", True),
    ("PodGroupProtection", True),
    ("OwnerReferencesPermissionEnforcement", False),
    ("PersistentVolumeClaimResize", True),
    ("RuntimeClass", True),
    ("CertificateApproval", True),
    ("CertificateSigning", True),
    ("ClusterTrustBundleAttest", True),
    ("CertificateSubjectRestriction", True),
    ("DefaultIngressClass", True),
    ("DenyServiceExternalIPs", False),
    ("PodTopologyLabels", True),
    ("PodGroupWorkloadExists", True),
    ("NodeDeclaredFeatureValidator", True),
    ("JobValidation", True),
    ("PodResizeValidator", True),
    ("MutatingAdmissionPolicy", True),
    ("MutatingAdmissionWebhook", True),
    ("ValidatingAdmissionPolicy", True),
    ("ValidatingAdmissionWebhook", True),
    ("ResourceQuota", True),
    ("AlwaysDeny", False),
)
"""(name, on by default), in the order in which they run."""

UNBUILT = frozenset({"ImagePolicyWebhook"})
"""Known names whose plugins miniapi does not have.

PodGroupProtection, PodGroupWorkloadExists, JobValidation and NodeDeclaredFeatureValidator act only behind feature
gates that are off: their names are taken, and stand for nothing.
"""

_KNOWN = frozenset(name for name, _ in ORDER)


@dataclass
class AdmissionOptions:
    """Which plugins run besides, or instead of, the default ones, and what they are told."""

    enable: list[str] = flag("enable-admission-plugins", "Plugins to run besides the default ones.", "strings", [])
    disable: list[str] = flag("disable-admission-plugins", "Default plugins to leave out.", "strings", [])
    only: list[str] | None = flag(
        "admission-control", "All plugins to run, none if empty; deprecated, use the flags above.", "strings", None
    )
    config_file: str = flag(
        "admission-control-config-file", "AdmissionConfiguration (apiserver.config.k8s.io/v1): what plugins are told."
    )
    not_ready_seconds: int = flag(
        "default-not-ready-toleration-seconds", "Seconds that pods stay on a node that is not ready.", "int", 300
    )
    unreachable_seconds: int = flag(
        "default-unreachable-toleration-seconds", "Seconds that pods stay on a node that is unreachable.", "int", 300
    )

    def enabled(self) -> frozenset[str]:
        """Names of the plugins that run."""
        if self.only is not None:
            return frozenset(self.only)
        return frozenset(
            name for name, default in ORDER if (default or name in self.enable) and name not in self.disable
        )

    def configuration(self) -> Configuration:
        """What the plugins are told. BadAdmission names the flag and its file."""
        if not self.config_file:
            return Configuration()
        try:
            return load(Path(self.config_file))
        except OSError as problem:
            why = f"{problem.filename}: {problem.strerror}"
        except BadAdmission as problem:
            why = str(problem)
        raise BadAdmission(f"--admission-control-config-file: {self.config_file}: {why}")

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = _unknown("enable-admission-plugins", self.enable)
        problems += _unknown("admission-control", self.only or ())
        if self.only is not None and (self.enable or self.disable):
            problems.append(
                "--admission-control and --enable-admission-plugins or --disable-admission-plugins exclude each other; "
                "leave --admission-control out"
            )
        problems += _unknown("disable-admission-plugins", self.disable)
        problems += [
            f"--{given}: miniapi does not have {name} yet; leave it out"
            for given, names in (("enable-admission-plugins", self.enable), ("admission-control", self.only or ()))
            for name in names
            if name in UNBUILT
        ]
        problems += [
            f"--enable-admission-plugins and --disable-admission-plugins both name {name}; keep one"
            for name in self.enable
            if name in self.disable
        ]
        return problems


def _unknown(given: str, names: Sequence[str]) -> list[str]:
    known = ", ".join(sorted(_KNOWN))
    return [f"--{given}: there is no plugin {name}; choose from {known}" for name in names if name not in _KNOWN]

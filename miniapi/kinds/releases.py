"""What releases other than the table's have, and the versions that are off unless --runtime-config turns them on.

data/resources.json is what release 1.36 serves by default. Here is from which minor release on its younger
parts exist, and every beta and alpha version whose objects look like those of the stable one (so that they
share their storage), or that has no stable one. Versions that look otherwise are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SINCE: Final = {
    "admissionregistration.k8s.io/v1/mutatingadmissionpolicies": 36,
    "admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings": 36,
    "admissionregistration.k8s.io/v1/validatingadmissionpolicies": 30,
    "admissionregistration.k8s.io/v1/validatingadmissionpolicybindings": 30,
    "authentication.k8s.io/v1/selfsubjectreviews": 28,
    "flowcontrol.apiserver.k8s.io/v1/flowschemas": 29,
    "flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations": 29,
    "networking.k8s.io/v1/ipaddresses": 33,
    "networking.k8s.io/v1/servicecidrs": 33,
    "resource.k8s.io/v1/deviceclasses": 34,
    "resource.k8s.io/v1/resourceclaims": 34,
    "resource.k8s.io/v1/resourceclaimtemplates": 34,
    "resource.k8s.io/v1/resourceslices": 34,
    "storage.k8s.io/v1/volumeattributesclasses": 34,
    "v1/pods/resize": 32,
}
"""Path of a resource or subresource -> the first minor release that has it, where 1.25 has not."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A resource in a version that data/resources.json does not have."""

    api_version: str
    plural: str
    first: int
    """Minor release, like `last`."""
    last: int
    kind: str = ""
    """Empty where the stable version says it, and all that follows."""
    namespaced: bool = False
    status: bool = False
    on: bool = False
    """Served without being asked for."""


_ADMISSION: Final = "admissionregistration.k8s.io"
_FLOW: Final = "flowcontrol.apiserver.k8s.io"

ADDITIONS: Final = (
    Addition("autoscaling/v2beta2", "horizontalpodautoscalers", 25, 25, on=True),
    Addition("certificates.k8s.io/v1", "clustertrustbundles", 37, 37, "ClusterTrustBundle", on=True),
    Addition("certificates.k8s.io/v1beta1", "clustertrustbundles", 33, 37, "ClusterTrustBundle"),
    Addition("certificates.k8s.io/v1alpha1", "clustertrustbundles", 27, 36, "ClusterTrustBundle"),
    Addition("certificates.k8s.io/v1", "podcertificaterequests", 37, 37, "PodCertificateRequest", True, True, on=True),
    Addition("certificates.k8s.io/v1beta1", "podcertificaterequests", 35, 37, "PodCertificateRequest", True, True),
    Addition("certificates.k8s.io/v1alpha1", "podcertificaterequests", 34, 34, "PodCertificateRequest", True, True),
    Addition("networking.k8s.io/v1beta1", "ipaddresses", 31, 36),
    Addition("networking.k8s.io/v1alpha1", "ipaddresses", 27, 30),
    Addition("networking.k8s.io/v1beta1", "servicecidrs", 31, 36),
    Addition("networking.k8s.io/v1alpha1", "servicecidrs", 29, 30),
    Addition("networking.k8s.io/v1alpha1", "clustercidrs", 25, 28, "ClusterCIDR"),
    Addition("storage.k8s.io/v1beta1", "csistoragecapacities", 25, 26, on=True),
    Addition("storage.k8s.io/v1beta1", "volumeattributesclasses", 31, 36),
    Addition("storage.k8s.io/v1alpha1", "volumeattributesclasses", 29, 34),
    Addition(f"{_ADMISSION}/v1beta1", "validatingadmissionpolicies", 28, 33),
    Addition(f"{_ADMISSION}/v1alpha1", "validatingadmissionpolicies", 26, 31),
    Addition(f"{_ADMISSION}/v1beta1", "validatingadmissionpolicybindings", 28, 33),
    Addition(f"{_ADMISSION}/v1alpha1", "validatingadmissionpolicybindings", 26, 31),
    Addition(f"{_ADMISSION}/v1beta1", "mutatingadmissionpolicies", 34, 37),
    Addition(f"{_ADMISSION}/v1alpha1", "mutatingadmissionpolicies", 32, 37),
    Addition(f"{_ADMISSION}/v1beta1", "mutatingadmissionpolicybindings", 34, 37),
    Addition(f"{_ADMISSION}/v1alpha1", "mutatingadmissionpolicybindings", 32, 37),
    Addition("authentication.k8s.io/v1beta1", "selfsubjectreviews", 27, 32),
    Addition("authentication.k8s.io/v1alpha1", "selfsubjectreviews", 26, 31),
    Addition("coordination.k8s.io/v1beta1", "leasecandidates", 33, 37, "LeaseCandidate", True),
    Addition("coordination.k8s.io/v1alpha2", "leasecandidates", 32, 37, "LeaseCandidate", True),
    Addition(f"{_FLOW}/v1beta3", "flowschemas", 26, 31, on=True),
    Addition(f"{_FLOW}/v1beta2", "flowschemas", 25, 28, on=True),
    Addition(f"{_FLOW}/v1beta3", "prioritylevelconfigurations", 26, 31, on=True),
    Addition(f"{_FLOW}/v1beta2", "prioritylevelconfigurations", 25, 28, on=True),
    Addition("internal.apiserver.k8s.io/v1alpha1", "storageversions", 25, 37, "StorageVersion", status=True),
    Addition("resource.k8s.io/v1", "devicetaintrules", 37, 37, "DeviceTaintRule", status=True, on=True),
    Addition("resource.k8s.io/v1beta2", "devicetaintrules", 36, 37, "DeviceTaintRule", status=True),
    Addition("resource.k8s.io/v1alpha3", "devicetaintrules", 33, 37, "DeviceTaintRule", status=True),
    Addition("resource.k8s.io/v1beta2", "deviceclasses", 33, 37),
    Addition("resource.k8s.io/v1beta2", "resourceclaims", 33, 37),
    Addition("resource.k8s.io/v1beta2", "resourceclaimtemplates", 33, 37),
    Addition("resource.k8s.io/v1beta2", "resourceslices", 33, 37),
    Addition("scheduling.k8s.io/v1beta1", "podgroups", 37, 37, "PodGroup", True, True),
    Addition("scheduling.k8s.io/v1alpha3", "podgroups", 37, 37, "PodGroup", True, True),
    Addition("scheduling.k8s.io/v1alpha2", "podgroups", 36, 36, "PodGroup", True, True),
    Addition("scheduling.k8s.io/v1beta1", "workloads", 37, 37, "Workload", True),
    Addition("scheduling.k8s.io/v1alpha3", "workloads", 37, 37, "Workload", True),
    Addition("scheduling.k8s.io/v1alpha2", "workloads", 36, 36, "Workload", True),
    Addition("scheduling.k8s.io/v1alpha1", "workloads", 35, 35, "Workload", True),
    Addition(
        "storagemigration.k8s.io/v1", "storageversionmigrations", 37, 37, "StorageVersionMigration", False, True, True
    ),
    Addition(
        "storagemigration.k8s.io/v1beta1", "storageversionmigrations", 35, 37, "StorageVersionMigration", False, True
    ),
    Addition(
        "storagemigration.k8s.io/v1alpha1", "storageversionmigrations", 30, 34, "StorageVersionMigration", False, True
    ),
)
"""Of one resource, the version that is stored comes first."""

ON: Final = frozenset(f"{a.api_version}/{a.plural}" for a in ADDITIONS if a.on)
"""Resources of beta versions that their releases serve without being asked (those made before 1.24)."""

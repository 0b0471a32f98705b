"""Group, version, kind and resource: the names of types."""

from __future__ import annotations

from typing import Final, NamedTuple

_INTERNAL_PACKAGES: Final = {
    "": "core",
    "events.k8s.io": "core",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "internal.apiserver.k8s.io": "apiserverinternal",
    "rbac.authorization.k8s.io": "rbac",
}
"""Go packages of internal types whose name is not the first part of their group."""


class GroupVersionKind(NamedTuple):
    """Names a kind; the core group is the empty string."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version


class GroupVersionResource(NamedTuple):
    """Names a resource collection by its plural."""

    group: str
    version: str
    resource: str

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version


def parse_api_version(api_version: str) -> tuple[str, str]:
    """`apps/v1` -> (apps, v1), `v1` -> ("", v1). ValueError as schema.ParseGroupVersion words it."""
    if not api_version or api_version == "/":
        return "", ""
    parts = api_version.split("/")
    if len(parts) == 1:
        return "", parts[0]
    if len(parts) == 2:
        return parts[0], parts[1]
    raise ValueError(f"unexpected GroupVersion string: {api_version}")


def internal_type(gvk: GroupVersionKind) -> str:
    """The Go type that a kind has inside the original, `core.Pod`."""
    return f"{_INTERNAL_PACKAGES.get(gvk.group, gvk.group.split('.')[0])}.{gvk.kind}"

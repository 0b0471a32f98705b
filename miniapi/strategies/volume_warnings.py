"""Warnings about the volumes of pods and templates, and about claims (pkg/api/pod, pkg/api/persistentvolumeclaim)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from miniapi.meta import quantity

Part = Mapping[str, Any]
Placed = tuple[str, str]
"""(path in the volume, what puts a file there)."""

_PLUGINS: Final[Mapping[str, tuple[str, str]]] = {
    "photonPersistentDisk": ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    "gitRepo": ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    "scaleIO": ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    "flocker": ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    "storageos": ("storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    "quobyte": ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    "glusterfs": ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    "cephfs": ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    "rbd": ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
}
"""Field -> (its name in warnings, what became of the plugin), in the original's order."""
_OF_PERSISTENT_VOLUMES: Final = ("cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd")


def volume_warnings(volumes: Sequence[Part], path: str) -> list[str]:
    """Of a pod's volumes: plugins that are gone, claims with fractions, files that share a path."""
    found: list[str] = []
    for i, volume in enumerate(volumes):
        at = f"{path}[{i}]"
        found += [f"{at}.{name}: {why}" for key, (name, why) in _PLUGINS.items() if volume.get(key) is not None]
        template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
        if template is not None:
            found += claim_warnings(template.get("spec") or {}, f"{at}.ephemeral.volumeClaimTemplate.spec")
    for volume in volumes:
        found += _shared_paths(volume)
    return found


def plugin_warnings(spec: Part, path: str) -> list[str]:
    """Of a persistent volume's source."""
    gone = [_PLUGINS[key] for key in _OF_PERSISTENT_VOLUMES if spec.get(key) is not None]
    return [f"{path}.{name}: {why}" for name, why in gone]


def claim_warnings(spec: Part, path: str) -> list[str]:
    """GetWarningsForPersistentVolumeClaimSpec."""
    resources = spec.get("resources") or {}
    parts = [(which, (resources.get(which) or {}).get("storage")) for which in ("requests", "limits")]
    return [w for which, v in parts if v is not None for w in fraction(f"{path}.resources.{which}[storage]", v)]


def fraction(path: str, value: Any) -> list[str]:
    """Bytes come in whole numbers."""
    amount = quantity.parse(str(value))
    if quantity.scaled_value(amount, -3) % 1000 == 0:
        return []
    return [f'{path}: fractional byte value "{amount}" is invalid, must be an integer']


def _shared_paths(volume: Part) -> Iterator[str]:
    """warningsForOverlappingVirtualPaths of one volume."""
    name = volume.get("name") or ""
    named = (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName"))
    for key, shown, name_field in named:
        if (source := volume.get(key)) is not None:
            yield from _overlaps(name, f'{shown} "{source.get(name_field) or ""}"', _items(source, ""))
    if (source := volume.get("downwardAPI")) is not None:
        yield from _overlaps(name, "DownwardAPI", _items(source, ""))
    if (projected := volume.get("projected")) is not None:
        placed: list[Placed] = []
        for source in projected.get("sources") or ():
            if not source:
                yield f'volume "{name}" (Projected) has no sources provided'
            placed += _projected(source)
        yield from _overlaps(name, "Projected", placed)


def _items(source: Part, shown: str) -> list[Placed]:
    return [(item.get("path") or "", shown) for item in source.get("items") or ()]


def _projected(source: Part) -> list[Placed]:
    for key, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
        if (part := source.get(key)) is not None and part.get("items"):
            return _items(part, f'{kind} "{part.get("name") or ""}"')
    if (part := source.get("downwardAPI")) is not None and part.get("items"):
        return _items(part, "DownwardAPI")
    if (part := source.get("serviceAccountToken")) is not None:
        return [(part.get("path") or "", "ServiceAccountToken")]
    if (part := source.get("clusterTrustBundle")) is not None:
        named = part.get("name") if part.get("name") is not None else part.get("signerName") or ""
        return [(part.get("path") or "", f'ClusterTrustBundle "{named}"')]
    if (part := source.get("podCertificate")) is not None:
        paths = (("certificateChainPath", "chain"), ("keyPath", "key"), ("credentialBundlePath", "credential bundle"))
        return [(part[key], f"PodCertificate {shown}") for key, shown in paths if part.get(key)]
    return []


def _overlaps(volume: str, shown: str, placed: Sequence[Placed]) -> Iterator[str]:
    earlier: list[Placed] = []
    for path, source in placed:
        new = (path.rstrip("/"), source)
        for old in earlier:
            if new[0] and old[0] and (_below(new[0], old[0]) or _below(old[0], new[0])):
                yield f'volume "{volume}" ({shown}): overlapping paths: {_show(new)} with {_show(old)}'
        earlier.append(new)


def _below(path: str, other: str) -> bool:
    return (path + "/").startswith(other + "/")


def _show(placed: Placed) -> str:
    path, source = placed
    return f'"{path}" ({source})' if source else f'"{path}"'

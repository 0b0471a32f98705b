"""Defaults of pod specs, in pods and in templates, and the kind PodTemplate (pkg/apis/core/v1/defaults.go)."""

from __future__ import annotations

import re
from typing import Any

from miniapi.meta import quantity
from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.pod_warnings import template_warnings

Fields = dict[str, Any]
FILE_MODE = 0o644
TOKEN_SECONDS = 3600

_image = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*"
    r"|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?"
    r"([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)"
    r"(:[\w][\w.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
).fullmatch
_MAX_REPOSITORY = 255
_SPEC_DEFAULTS = (
    ("dnsPolicy", "ClusterFirst"),
    ("restartPolicy", "Always"),
    ("terminationGracePeriodSeconds", 30),
    ("schedulerName", "default-scheduler"),
)
_PROBE_DEFAULTS = (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3))
_VOLUME_MODES = ("secret", "configMap", "downwardAPI", "projected")


def default_pull_policy(image: str) -> str:
    """Always for the tag `latest`, named or implied; IfNotPresent otherwise, also where the name is no image's."""
    parts = _image(image)
    if parts is None or len(parts[1]) + (0 if "/" in image else len("library/")) > _MAX_REPOSITORY:
        return "IfNotPresent"
    tag = parts[2] or ("" if parts[3] else ":latest")
    return "Always" if tag == ":latest" else "IfNotPresent"


def default_pod_spec(spec: Fields) -> None:
    """SetDefaults_PodSpec and those of all that it holds."""
    for name, value in _SPEC_DEFAULTS:
        if name not in spec:
            spec[name] = value
    spec.setdefault("securityContext", {})
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for container in spec.get("containers") or ():
        _default_container(container)
    for kind in ("initContainers", "ephemeralContainers"):
        if kind in spec:
            for container in spec[kind]:
                _default_container(container)
    if "volumes" in spec:
        for volume in spec["volumes"]:
            _default_volume(volume)
    for name in ("overhead", "resources"):
        if name in spec:
            _round_amounts(spec[name])


def _default_container(container: Fields) -> None:
    if "imagePullPolicy" not in container:
        container["imagePullPolicy"] = default_pull_policy(container.get("image") or "")
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for variable in container.get("env") or ():
        source = variable.get("valueFrom")
        if source:
            _default_source(source)
    if resources := container.get("resources"):
        _round_amounts(resources)
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if (probe := container.get(name)) is not None:
            _default_probe(probe)
    if lifecycle := container.get("lifecycle"):
        for handler in (lifecycle.get("postStart"), lifecycle.get("preStop")):
            _default_http_get(handler)


def _default_source(source: Fields) -> None:
    if (reference := source.get("fieldRef")) is not None:
        reference.setdefault("apiVersion", "v1")
    if (reference := source.get("fileKeyRef")) is not None:
        reference.setdefault("optional", False)


def _default_probe(probe: Fields) -> None:
    for name, value in _PROBE_DEFAULTS:
        if not probe.get(name):
            probe[name] = value
    _default_http_get(probe)
    if (grpc := probe.get("grpc")) is not None:
        grpc["service"] = grpc.get("service") or ""


def _default_http_get(handler: Fields | None) -> None:
    if handler and (get := handler.get("httpGet")) is not None:
        get.setdefault("path", "/")
        get.setdefault("scheme", "HTTP")


def _round_amounts(resources: Fields) -> None:
    """Amounts below a thousandth are rounded up (SetDefaults_ResourceList)."""
    for amounts in (resources, resources.get("limits"), resources.get("requests")):
        if not amounts:
            continue
        for name, value in amounts.items():
            if isinstance(value, str) and value[-1:] in ("n", "u"):
                rounded = quantity.scaled_value(quantity.parse(value), -3)
                amounts[name] = str(quantity.Quantity(rounded, -3))


def _default_volume(volume: Fields) -> None:
    if len(volume) == 1 and "name" in volume:
        volume["emptyDir"] = {}
        return
    for kind in _VOLUME_MODES:
        if (source := volume.get(kind)) is not None:
            source.setdefault("defaultMode", FILE_MODE)
    _default_downward(volume.get("downwardAPI"))
    for source in (volume.get("projected") or {}).get("sources") or ():
        if (token := source.get("serviceAccountToken")) is not None:
            token.setdefault("expirationSeconds", TOKEN_SECONDS)
        _default_downward(source.get("downwardAPI"))
    if (host := volume.get("hostPath")) is not None:
        host.setdefault("type", "")
    if (image := volume.get("image")) is not None:
        image.setdefault("pullPolicy", default_pull_policy(image.get("reference") or ""))
    template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if template is not None:
        template.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    for kind, values in _SOURCE_DEFAULTS.items():
        if (source := volume.get(kind)) is not None:
            for name, value in values.items():
                source.setdefault(name, value)


_SOURCE_DEFAULTS: dict[str, Fields] = {
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {"cachingMode": "ReadWrite", "fsType": "ext4", "kind": "Shared", "readOnly": False},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}


def _default_downward(source: Fields | None) -> None:
    for item in (source or {}).get("items") or ():
        if (reference := item.get("fieldRef")) is not None:
            reference.setdefault("apiVersion", "v1")


def default_template(template: Fields) -> None:
    """Defaults of a PodTemplateSpec."""
    template.setdefault("metadata", {})
    default_pod_spec(template.setdefault("spec", {}))


def _default(obj: Object) -> None:
    default_template(obj.setdefault("template", {}))


def _warn_create(obj: Object, _ctx: WriteContext) -> list[str]:
    return template_warnings(obj.get("template") or {}, "template")


def _warn_update(obj: Object, _old: Object, ctx: WriteContext) -> list[str]:
    return _warn_create(obj, ctx)


POD_TEMPLATE = Strategy(
    default=_default,
    warnings_create=_warn_create,
    warnings_update=_warn_update,
    tracks_generation=True,
    generation_of=lambda obj: obj.get("template"),
    deletes_to_status=False,
    reset_fields=frozenset(),
)

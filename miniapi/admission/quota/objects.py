"""How everything but pods counts: services, claims to volumes and devices, and any other kind by its number."""

from __future__ import annotations

from datetime import datetime

from miniapi.admission.interface import Operation
from miniapi.admission.quota.interface import ONE, Amounts, Evaluator, Scope, selects
from miniapi.errors import qualified
from miniapi.meta import quantity
from miniapi.meta.objects import Object
from miniapi.meta.quantity import ZERO, Quantity

BY_PLAIN_NAME = frozenset({"configmaps", "resourcequotas", "replicationcontrollers", "secrets"})
"""Core kinds that are also counted without `count/`."""
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
MAX_DEVICES = 32
"""How many devices a request for all of them counts as."""

_SERVICES = frozenset({"count/services", "services", "services.nodeports", "services.loadbalancers"})
_CLAIM, _STORAGE = "persistentvolumeclaims", "requests.storage"
_BY_CLASS = ".storageclass.storage.k8s.io/"
_CLAIMS = frozenset({f"count/{_CLAIM}", _CLAIM, _STORAGE})
_DEVICES = ".deviceclass.resource.k8s.io/devices"
_DEVICE_CLAIMS = "count/resourceclaims.resource.k8s.io"


def counted(group: str, plural: str) -> Evaluator:
    """Objects of one resource, each as one."""
    names = {f"count/{qualified(plural, group)}"}
    if not group and plural in BY_PLAIN_NAME:
        names.add(plural)
    used: Amounts = dict.fromkeys(sorted(names), ONE)
    return Evaluator(names.__contains__, lambda _obj, _now: dict(used))


def _create_or_update(operation: Operation, subresource: str) -> bool:
    return operation in ("CREATE", "UPDATE") and not subresource


def _service_usage(service: Object, _now: datetime) -> Amounts:
    spec = service.get("spec") or {}
    ports = spec.get("ports") or ()
    used: Amounts = {"count/services": ONE, "services": ONE}
    used |= {"services.nodeports": ZERO, "services.loadbalancers": ZERO}
    if spec.get("type") == "NodePort":
        used["services.nodeports"] = Quantity(len(ports), 0)
    elif spec.get("type") == "LoadBalancer":
        if spec.get("allocateLoadBalancerNodePorts") is False:
            ports = [p for p in ports if p.get("nodePort")]
        used |= {"services.nodeports": Quantity(len(ports), 0), "services.loadbalancers": ONE}
    return used


def _claim_matching(name: str) -> bool:
    return name in _CLAIMS or name.endswith((_BY_CLASS + _CLAIM, _BY_CLASS + _STORAGE))


def _claim_usage(claim: Object, _now: datetime) -> Amounts:
    spec = claim.get("spec") or {}
    annotated = ((claim.get("metadata") or {}).get("annotations") or {}).get(BETA_CLASS)
    of = annotated if annotated is not None else spec.get("storageClassName")
    used: Amounts = {_CLAIM: ONE, f"count/{_CLAIM}": ONE}
    if of:
        used[f"{of}{_BY_CLASS}{_CLAIM}"] = ONE
    asked = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if asked is not None:
        size = quantity.parse(str(asked))
        given = ((claim.get("status") or {}).get("allocatedResources") or {}).get("storage")
        if given is not None and quantity.compare(quantity.parse(str(given)), size) > 0:
            size = quantity.parse(str(given))
        if size.scale < 0:
            size = Quantity(quantity.scaled_value(size), 0, size.format)
        used[_STORAGE] = size
        if of:
            used[f"{of}{_BY_CLASS}{_STORAGE}"] = size
    return used


def _claim_in_scope(scope: Scope, claim: Object) -> bool:
    if scope["scopeName"] != "VolumeAttributesClass":
        return False
    status = claim.get("status") or {}
    named = (
        (claim.get("spec") or {}).get("volumeAttributesClassName"),
        status.get("currentVolumeAttributesClassName"),
        (status.get("modifyVolumeStatus") or {}).get("targetVolumeAttributesClassName"),
    )
    classes = [c for c in named if c]
    return bool(classes) if scope.get("operator") == "Exists" else selects(scope, classes)


def _claim_handles(operation: Operation, subresource: str) -> bool:
    return _create_or_update(operation, subresource) or (operation, subresource) == ("UPDATE", "status")


def _device_usage(claim: Object, _now: datetime) -> Amounts:
    used: dict[str, int] = {}
    for request in ((claim.get("spec") or {}).get("devices") or {}).get("requests") or ():
        exactly = request.get("exactly")
        most: dict[str, int] = {}
        for one in [exactly] if exactly is not None else request.get("firstAvailable") or ():
            name = f"{one.get('deviceClassName', '')}{_DEVICES}"
            count = MAX_DEVICES if one.get("allocationMode") == "All" else one.get("count") or 1
            most[name] = max(most.get(name, 0), count)
        for name, count in most.items():
            used[name] = used.get(name, 0) + count
    return {_DEVICE_CLAIMS: ONE, **{name: Quantity(count, 0) for name, count in used.items()}}


SERVICES = Evaluator(_SERVICES.__contains__, _service_usage, _create_or_update)
CLAIMS = Evaluator(_claim_matching, _claim_usage, _claim_handles, _claim_in_scope)
DEVICE_CLAIMS = Evaluator(
    lambda name: name == _DEVICE_CLAIMS or name.endswith(_DEVICES), _device_usage, _create_or_update
)

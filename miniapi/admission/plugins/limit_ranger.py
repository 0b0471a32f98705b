"""LimitRanger: containers get the defaults of their namespace's LimitRanges, and keep to their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.refusal import aggregate, forbidden
from miniapi.kinds.kind import Kind
from miniapi.meta import quantity
from miniapi.meta.objects import Object
from miniapi.meta.pods import Amounts, amounts, effective
from miniapi.meta.quantity import Quantity

ANNOTATION = "kubernetes.io/limit-ranger"
_CONTAINERS = (("containers", "container"), ("initContainers", "init container"))


class LimitRanger:
    """Sets requests and limits of new pods; judges pods, resized ones too, and claims."""

    name = "LimitRanger"

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        if kind.group_resource == "pods":
            return (operation, subresource) in (("CREATE", ""), ("UPDATE", "resize"))
        return kind.group_resource == "persistentvolumeclaims" and operation in ("CREATE", "UPDATE") and not subresource

    async def admit(self, attributes: Attributes) -> None:
        pod = attributes.obj
        if pod is None or attributes.kind.plural != "pods" or _deleted(attributes):
            return
        for limit_range in await self._ranges(attributes):
            _set_defaults(pod, limit_range)

    async def validate(self, attributes: Attributes) -> None:
        obj = attributes.obj
        if obj is None or _deleted(attributes):
            return
        problems_of = _pod_problems if attributes.kind.plural == "pods" else _claim_problems
        for limit_range in await self._ranges(attributes):
            problems = list(problems_of(limit_range["spec"].get("limits") or (), obj.get("spec") or {}))
            if problems:
                raise forbidden(attributes, aggregate(problems))

    async def _ranges(self, attributes: Attributes) -> Sequence[Object]:
        found = await self._lister.list("", "limitranges", attributes.namespace)
        return sorted(found, key=lambda r: str(r["metadata"]["name"])) if len(found) > 1 else found


def _deleted(attributes: Attributes) -> bool:
    old = attributes.old
    return old is not None and bool(old["metadata"].get("deletionTimestamp"))


def _set_defaults(pod: Object, limit_range: Object) -> None:
    """Fills what containers leave out, and says so in an annotation."""
    defaults: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
    for item in limit_range["spec"].get("limits") or ():
        if item.get("type") == "Container":
            defaults["requests"] |= item.get("defaultRequest") or {}
            defaults["limits"] |= item.get("default") or {}
    told: list[str] = []
    for field, title in _CONTAINERS:
        for container in pod["spec"].get(field) or ():
            for which, word in (("requests", "request"), ("limits", "limit")):
                resources = container.setdefault("resources", {})
                given = resources.get(which) or {}
                added = sorted(defaults[which].keys() - given.keys())
                if added:
                    resources[which] = {**given, **{name: defaults[which][name] for name in added}}
                    told.append(f"{', '.join(added)} {word} for {title} {container['name']}")
    if told:
        annotations = pod["metadata"].get("annotations") or {}
        pod["metadata"]["annotations"] = {**annotations, ANNOTATION: "LimitRanger plugin set: " + "; ".join(told)}


def _pod_problems(limits: Sequence[Mapping[str, Any]], spec: Mapping[str, Any]) -> Iterator[str]:
    for item in limits:
        if item.get("type") == "Container":
            for field, _ in _CONTAINERS:
                for container in spec.get(field) or ():
                    yield from _problems(item, amounts(container, "requests"), amounts(container, "limits"))
        elif item.get("type") == "Pod":
            requests, most = (effective(spec, which, overhead=False) for which in ("requests", "limits"))
            yield from _problems(item, requests, most)


def _claim_problems(limits: Sequence[Mapping[str, Any]], spec: Mapping[str, Any]) -> Iterator[str]:
    """Claims have requests alone."""
    requests = amounts(spec, "requests")
    for item in limits:
        if item.get("type") != "PersistentVolumeClaim":
            continue
        for name, least in _bounds(item, "min"):
            yield from _below(item["type"], name, least, requests, {})
        for name, most in _bounds(item, "max"):
            asked = requests.get(name)
            bound = f"maximum {name} usage per {item['type']} is {most}"
            if asked is None:
                yield f"{bound}.  No request is specified"
            elif quantity.compare(asked, most) > 0:
                yield f"{bound}, but request is {asked}"


def _bounds(item: Mapping[str, Any], which: str) -> Iterator[tuple[str, Quantity]]:
    for name, value in sorted((item.get(which) or {}).items()):
        yield name, quantity.parse(str(value))


def _problems(item: Mapping[str, Any], requests: Amounts, limits: Amounts) -> Iterator[str]:
    kind = item["type"]
    for name, least in _bounds(item, "min"):
        yield from _below(kind, name, least, requests, limits)
    for name, most in _bounds(item, "max"):
        yield from _above(kind, name, most, requests, limits)
    for name, ratio in _bounds(item, "maxLimitRequestRatio"):
        yield from _too_far(kind, name, ratio, requests, limits)


def _below(kind: str, name: str, least: Quantity, requests: Amounts, limits: Amounts) -> Iterator[str]:
    asked, limit = requests.get(name), limits.get(name)
    bound = f"minimum {name} usage per {kind} is {least}"
    if asked is None:
        yield f"{bound}.  No request is specified"
    elif quantity.compare(asked, least) < 0:
        yield f"{bound}, but request is {asked}"
    elif limit is not None and quantity.compare(limit, least) < 0:
        yield f"{bound}, but limit is {limit}"


def _above(kind: str, name: str, most: Quantity, requests: Amounts, limits: Amounts) -> Iterator[str]:
    asked, limit = requests.get(name), limits.get(name)
    bound = f"maximum {name} usage per {kind} is {most}"
    if limit is None:
        yield f"{bound}.  No limit is specified"
    elif quantity.compare(limit, most) > 0:
        yield f"{bound}, but limit is {limit}"
    elif asked is not None and quantity.compare(asked, most) > 0:
        yield f"{bound}, but request is {asked}"


def _too_far(kind: str, name: str, ratio: Quantity, requests: Amounts, limits: Amounts) -> Iterator[str]:
    asked, limit = requests.get(name), limits.get(name)
    bound = f"{name} max limit to request ratio per {kind} is {ratio}"
    if asked is None or not quantity.sign(asked):
        yield f"{bound}, but no request is specified or request is 0"
    elif limit is None or not quantity.sign(limit):
        yield f"{bound}, but no limit is specified or limit is 0"
    else:
        scale = min(asked.scale, limit.scale)
        low, high = (quantity.scaled_value(q, scale) for q in (asked, limit))
        if quantity.compare(Quantity(high, 0), Quantity(low * ratio.unscaled, ratio.scale)) > 0:
            yield f"{bound}, but provided ratio is {high / low:f}"

"""Compares writes with criteria (plugin/webhook/generic.ShouldCallHook, plugin/policy/matching)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from miniapi import errors
from miniapi.admission.interface import Attributes, Lister
from miniapi.admission.matching.criteria import Asked, Criteria
from miniapi.admission.matching.rules import matches
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object, labels_of
from miniapi.meta.selectors import LabelSelector

NAMESPACES = "namespaces"


class Equivalents(Protocol):
    """The other versions of a kind, and how to turn objects into them."""

    def of(self, kind: Kind) -> Sequence[Kind]: ...

    def convert(self, obj: Object, kind: Kind, to: Kind) -> Object: ...


class Matcher:
    """Asks rules, then selectors: the cheap questions first."""

    def __init__(self, lister: Lister, equivalents: Equivalents) -> None:
        self._lister, self._equivalents = lister, equivalents

    async def asked(self, criteria: Criteria, attributes: Attributes) -> Asked | None:
        """How the write is seen; None where it is not meant. 404 where the namespace is gone."""
        kind = self._matched(criteria, attributes)
        if kind is None or not await self._selected(criteria, attributes):
            return None
        a = attributes
        own = a.gvk if a.gvk.kind else a.kind.gvk
        if kind is a.kind:
            return Asked(own, a.resource, a.obj, a.old)
        convert = self._equivalents.convert
        obj = convert(a.obj, a.kind, kind) if a.obj is not None else None
        old = convert(a.old, a.kind, kind) if a.old is not None else None
        return Asked(kind.gvk if own == a.kind.gvk else own, kind.gvr, obj, old)

    def as_requested(self, obj: Object, attributes: Attributes, asked: Asked) -> Object:
        """What was made of `asked`, in the request's own version."""
        if asked.gvr == attributes.resource:
            return obj
        kind = next(k for k in self._equivalents.of(attributes.kind) if k.gvr == asked.gvr)
        return self._equivalents.convert(obj, kind, attributes.kind)

    async def namespace(self, attributes: Attributes) -> Object | None:
        """The namespace that the write lies in; 404 where it is gone, None for what lies in none."""
        if not attributes.namespace or _is_namespace(attributes):
            return None
        namespace = await self._lister.get("", NAMESPACES, "", attributes.namespace)
        if namespace is None:
            raise errors.not_found(NAMESPACES, "", attributes.namespace)
        return namespace

    def _matched(self, criteria: Criteria, a: Attributes) -> Kind | None:
        if self._one_of(criteria.excluded, criteria, a) is not None:
            return None
        return a.kind if criteria.any_resource else self._one_of(criteria.rules, criteria, a)

    def _one_of(self, rules: Sequence[Object], criteria: Criteria, a: Attributes) -> Kind | None:
        """The kind, or the equivalent one, that a rule means."""
        if not rules:
            return None
        namespaced = bool(a.namespace) and a.kind.plural != NAMESPACES
        kinds = (a.kind, *self._equivalents.of(a.kind)) if criteria.equivalent else (a.kind,)
        for kind in kinds:
            for rule in rules:
                named = rule.get("resourceNames")
                if named and a.name not in named:
                    continue
                if matches(rule, a.operation, kind.gvr, a.subresource, namespaced=namespaced):
                    return kind
        return None

    async def _selected(self, criteria: Criteria, a: Attributes) -> bool:
        if not criteria.namespaces.empty and not await self._in_namespace(criteria.namespaces, a):
            return False
        if criteria.objects.empty:
            return True
        return any(obj is not None and criteria.objects.matches(labels_of(obj)) for obj in (a.obj, a.old))

    async def _in_namespace(self, selector: LabelSelector, a: Attributes) -> bool:
        labels: Mapping[str, str]
        if _is_namespace(a) and not a.subresource:
            labels = labels_of(a.obj or a.old or {})
        else:
            namespace = await self.namespace(a)
            # What lies in no namespace is meant by every selector.
            if namespace is None:
                return True
            labels = labels_of(namespace)
        return selector.matches(labels)


def _is_namespace(a: Attributes) -> bool:
    return a.kind.plural == NAMESPACES and not a.kind.gvk.group

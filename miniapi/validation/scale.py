"""The Scale of a workload."""

from __future__ import annotations

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation


def _update(obj: Object, _old: Object) -> ErrorList:
    return rules.not_negative("spec.replicas", (obj.get("spec") or {}).get("replicas"))


SCALE = Validation(update=_update, name=names.name_is_dns_subdomain)

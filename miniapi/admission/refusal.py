"""How a plugin says no (k8s.io/apiserver/pkg/admission/errors.go)."""

from __future__ import annotations

from miniapi import errors
from miniapi.admission.interface import Attributes

UNKNOWN = "Unknown"


def forbidden(attributes: Attributes, why: str) -> errors.ApiError:
    """403 about the written object; one whose name is yet to be generated is called by its prefix."""
    name = attributes.name
    if not name:
        meta = (attributes.obj or {}).get("metadata") or {}
        name = meta.get("name") or meta.get("generateName") or UNKNOWN
    return errors.forbidden(attributes.kind.plural, attributes.kind.gvk.group, name, why)


def aggregate(problems: list[str]) -> str:
    """utilerrors.NewAggregate: one as it is, more in brackets, each once."""
    distinct = list(dict.fromkeys(problems))
    return distinct[0] if len(distinct) == 1 else "[" + ", ".join(distinct) + "]"

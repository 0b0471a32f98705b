"""The 403 of a request that nobody allows (apiserver/pkg/endpoints/handlers/responsewriters/errors.go)."""

from __future__ import annotations

from miniapi import errors
from miniapi.authz.interface import Attributes

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def denied(attributes: Attributes, reason: str = "") -> errors.ApiError:
    """`pods "x" is forbidden: User "alice" cannot get resource "pods" in API group "" ...: REASON`."""
    a = attributes
    suffix = f": {reason}" if reason else ""
    if not a.resource_request:
        text = f'User "{a.user.name}" cannot {a.verb} path "{a.path}"'.translate(_ESCAPES)
        return errors.forbidden("", "", "", text + suffix)
    resource = f"{a.resource}/{a.subresource}" if a.subresource else a.resource
    text = f'User "{a.user.name}" cannot {a.verb} resource "{resource}" in API group "{a.group}"'
    text += f' in the namespace "{a.namespace}"' if a.namespace else " at the cluster scope"
    return errors.forbidden(a.resource, a.group, a.name, text.translate(_ESCAPES) + suffix)

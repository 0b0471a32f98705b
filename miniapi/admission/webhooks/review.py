"""AdmissionReview, version v1 and v1beta1: the question, and the answer checked (webhook/request)."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from miniapi import errors
from miniapi.admission.interface import Attributes
from miniapi.admission.matching.criteria import Asked
from miniapi.meta.gvk import GroupVersionKind, GroupVersionResource
from miniapi.meta.objects import Object

GROUP = "admission.k8s.io"
VERSIONS = ("v1", "v1beta1")
"""Those that this server speaks; a webhook is asked in the first of its own that is among them."""


class InvalidAnswer(Exception):
    """The webhook's answer is not one; the message is the original's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook says."""

    allowed: bool
    patch: list[Any] | None = None
    """Operations of a JSON patch; None where it changes nothing."""
    status: Object | None = None
    warnings: tuple[str, ...] = ()
    audit_annotations: Mapping[str, str] = field(default_factory=dict)


def question(attributes: Attributes, asked: Asked, version: str) -> Object:
    """The review to send."""
    a = attributes
    request: Object = {
        "uid": str(uuid.uuid4()),
        "kind": _kind(asked.gvk),
        "resource": _resource(asked.gvr),
        "requestKind": _kind(a.gvk if a.gvk.kind else a.kind.gvk),
        "requestResource": _resource(a.resource),
        "operation": a.operation,
        "userInfo": a.user.as_dict(),
        "object": asked.obj,
        "oldObject": asked.old,
        "dryRun": a.dry_run,
        "options": a.options or None,
    }
    if a.subresource:
        request["subResource"] = request["requestSubResource"] = a.subresource
    if a.name:
        request["name"] = a.name
    if a.namespace:
        request["namespace"] = a.namespace
    return {"kind": "AdmissionReview", "apiVersion": f"{GROUP}/{version}", "request": request}


def answer(sent: Object, review: Object, *, mutating: bool) -> Answer:
    """The checked answer to `sent`. Raises InvalidAnswer."""
    wanted = sent["apiVersion"]
    response, strict = review.get("response"), wanted == f"{GROUP}/v1"
    if not isinstance(response, dict):
        raise InvalidAnswer("webhook response was absent")
    if strict and response.get("uid") != sent["request"]["uid"]:
        raise InvalidAnswer(f'expected response.uid="{sent["request"]["uid"]}", got "{response.get("uid", "")}"')
    if strict and (review.get("apiVersion"), review.get("kind")) != (wanted, "AdmissionReview"):
        got = f"{review.get('apiVersion', '')}, Kind={review.get('kind', '')}"
        raise InvalidAnswer(f"expected webhook response of {wanted}, Kind=AdmissionReview, got {got}")
    operations = None
    if mutating:
        operations = _patch(response, strict=strict)
    elif strict:
        for name in ("patch", "patchType"):
            if response.get(name):
                raise InvalidAnswer(f"validating webhook may not return response.{name}")
    return Answer(
        response.get("allowed") is True,
        operations,
        response.get("status"),
        tuple(response.get("warnings") or ()),
        response.get("auditAnnotations") or {},
    )


def refusal(name: str, status: Object | None) -> errors.ApiError:
    """What the client is told of a webhook's no (errors.ToStatusErr)."""
    denied_by = f'admission webhook "{name}" denied the request'
    said = status or {}
    if said.get("message"):
        message = f"{denied_by}: {said['message']}"
    elif said.get("reason"):
        message = f"{denied_by}: {said['reason']}"
    else:
        message = f"{denied_by} without explanation"
    details = said.get("details") or {}
    return errors.ApiError(
        max(said.get("code") or 0, 400),
        said.get("reason") or "",
        message,
        name=details.get("name", ""),
        group=details.get("group", ""),
        kind=details.get("kind", ""),
        uid=details.get("uid", ""),
        causes=[
            errors.Cause(c.get("reason", ""), c.get("message", ""), c.get("field", ""))
            for c in details.get("causes") or ()
        ],
        retry_after_seconds=details.get("retryAfterSeconds") or 0,
    )


def _patch(response: Object, *, strict: bool) -> list[Any] | None:
    encoded, patch_type = response.get("patch"), response.get("patchType")
    if strict and encoded and patch_type is None:
        raise InvalidAnswer("webhook returned response.patch but not response.patchType")
    if strict and not encoded and patch_type is not None:
        raise InvalidAnswer("webhook returned response.patchType but not response.patch")
    if patch_type not in (None, "JSONPatch"):
        raise InvalidAnswer(f'invalid response.patchType "{patch_type}"; expected "JSONPatch"')
    if not encoded:
        return None
    try:
        operations = orjson.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, TypeError) as problem:
        raise InvalidAnswer(f"the patch cannot be read: {problem}") from None
    if not isinstance(operations, list):
        raise InvalidAnswer("the patch is not a list of operations")
    return operations


def _kind(gvk: GroupVersionKind) -> Object:
    return {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}


def _resource(gvr: GroupVersionResource) -> Object:
    return {"group": gvr.group, "version": gvr.version, "resource": gvr.resource}

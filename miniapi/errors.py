"""The one error tree: what goes wrong in a request, as the Kubernetes `Status` that tells it.

Raise these anywhere; one filter renders them. Messages and reasons follow
k8s.io/apimachinery/pkg/api/errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of `status.details.causes`."""

    reason: str
    message: str
    field: str = ""


@dataclass(slots=True)
class ApiError(Exception):
    """An answer other than success: HTTP code, Status reason, message and details."""

    code: int
    reason: str
    message: str
    name: str = ""
    group: str = ""
    kind: str = ""
    """Resource plural (or kind, for Invalid) as `details.kind` shows it."""
    uid: str = ""
    causes: Sequence[Cause] = ()
    retry_after_seconds: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    always_details: bool = False
    """`details` is written even if there are none (NewGenericServerResponse)."""
    continue_token: str = ""
    """Where an expired list may go on (`metadata.continue`)."""

    def __str__(self) -> str:
        return self.message

    def status(self) -> dict[str, Any]:
        """The metav1.Status object."""
        details: dict[str, Any] = {}
        if self.name:
            details["name"] = self.name
        if self.group:
            details["group"] = self.group
        if self.kind:
            details["kind"] = self.kind
        if self.uid:
            details["uid"] = self.uid
        if self.causes:
            details["causes"] = [
                {k: v for k, v in (("reason", c.reason), ("message", c.message), ("field", c.field)) if v}
                for c in self.causes
            ]
        if self.retry_after_seconds:
            details["retryAfterSeconds"] = self.retry_after_seconds
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continue_token} if self.continue_token else {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if details or self.always_details or self.reason in _ALWAYS_DETAILS:
            status["details"] = details
        status["code"] = self.code
        return status


_ALWAYS_DETAILS = frozenset(
    {
        "NotFound",
        "AlreadyExists",
        "Forbidden",
        "Conflict",
        "Invalid",
        "MethodNotAllowed",
        "Timeout",
    }
)


def qualified(resource: str, group: str) -> str:
    """`deployments.apps`, or `pods` for the core group (schema.GroupResource.String)."""
    return f"{resource}.{group}" if group else resource


def not_found(resource: str, group: str, name: str) -> ApiError:
    """404 for an object that is not there."""
    return ApiError(
        404, "NotFound", f'{qualified(resource, group)} "{name}" not found', name=name, group=group, kind=resource
    )


def page_not_found() -> ApiError:
    """404 for a path that no API serves, as a Status."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(resource: str, group: str, name: str) -> ApiError:
    """409 on create."""
    return ApiError(
        409,
        "AlreadyExists",
        f'{qualified(resource, group)} "{name}" already exists',
        name=name,
        group=group,
        kind=resource,
    )


OBJECT_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(resource: str, group: str, name: str, why: str = OBJECT_MODIFIED) -> ApiError:
    """409: the operation could not be fulfilled, the cause at the end of the message."""
    return ApiError(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {qualified(resource, group)} "{name}": {why}',
        name=name,
        group=group,
        kind=resource,
    )


def apply_conflict(causes: Sequence[Cause], message: str) -> ApiError:
    """409 of server-side apply: one cause (FieldManagerConflict) per field."""
    return ApiError(409, "Conflict", message, causes=causes)


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """422: `causes` in the order found; the message joins them as field.ErrorList.ToAggregate does."""
    seen: list[str] = []
    for cause in causes:
        text = f"{cause.field}: {cause.message}" if cause.field else cause.message
        if text not in seen:
            seen.append(text)
    joined = seen[0] if len(seen) == 1 else "[" + ", ".join(seen) + "]"
    message = f'{qualified(kind, group)} "{name}" is invalid' + (f": {joined}" if seen else "")
    return ApiError(422, "Invalid", message, name=name, group=group, kind=kind, causes=causes)


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def unauthorized(message: str = "Unauthorized") -> ApiError:
    """401."""
    return ApiError(401, "Unauthorized", message)


def forbidden(resource: str, group: str, name: str, why: str) -> ApiError:
    """403: `pods "x" is forbidden: WHY`; without a resource `forbidden: WHY`."""
    if resource and name:
        message = f'{qualified(resource, group)} "{name}" is forbidden: {why}'
    elif resource:
        message = f"{qualified(resource, group)} is forbidden: {why}"
    else:
        message = f"forbidden: {why}"
    return ApiError(403, "Forbidden", message, name=name, group=group, kind=resource)


def method_not_supported(resource: str, group: str, action: str) -> ApiError:
    """405 for a resource that lacks the verb."""
    return ApiError(
        405,
        "MethodNotAllowed",
        f'{action} is not supported on resources of kind "{qualified(resource, group)}"',
        group=group,
        kind=resource,
    )


def method_not_allowed() -> ApiError:
    """405 for a path that lacks the method."""
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def generic(code: int, reason: str, message: str) -> ApiError:
    """An answer that says no more than its code (NewGenericServerResponse)."""
    return ApiError(code, reason, message, always_details=True)


def not_acceptable(accepted: Sequence[str]) -> ApiError:
    """406: lists the media types the server can answer with."""
    return ApiError(
        406,
        "NotAcceptable",
        "only the following media types are accepted: " + ", ".join(accepted),
    )


def not_acceptable_as(why: str) -> ApiError:
    """406 for a transformation that the answer does not allow."""
    return ApiError(406, "NotAcceptable", why)


def unsupported_media_type(accepted: Sequence[str]) -> ApiError:
    """415: lists the media types the server can read."""
    return ApiError(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted),
    )


def expired(message: str) -> ApiError:
    """410 for a resource version or continue token that is too old."""
    return ApiError(410, "Expired", message)


def too_large_resource_version(requested: int, current: int) -> ApiError:
    """504: the caller asks for a version that the server has not seen within its wait."""
    return ApiError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {requested}, current: {current}",
        causes=[Cause("ResourceVersionTooLarge", "Too large resource version")],
        retry_after_seconds=1,
    )


def too_large_body(limit_bytes: int) -> ApiError:
    """413."""
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit_bytes}")


def too_many_requests(message: str, retry_after_seconds: int) -> ApiError:
    """429."""
    return ApiError(429, "TooManyRequests", message, retry_after_seconds=retry_after_seconds)


def internal(message: str) -> ApiError:
    """500: `Internal error occurred: ...`, the cause repeated as the original does."""
    return ApiError(500, "InternalError", f"Internal error occurred: {message}", causes=[Cause("", message)])


def unavailable(message: str) -> ApiError:
    """503."""
    return ApiError(503, "ServiceUnavailable", message)


def timeout(message: str, retry_after_seconds: int = 0) -> ApiError:
    """504."""
    return ApiError(504, "Timeout", message, retry_after_seconds=retry_after_seconds)


def server_error(message: str) -> ApiError:
    """500 for an error that carries no Status of its own (responsewriters.ErrorToAPIStatus)."""
    return ApiError(500, "", message)

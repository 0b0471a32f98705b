"""What one request carries through the filters to the verb."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from miniapi.meta.request_info import RequestInfo
from miniapi.meta.user import UserInfo
from miniapi.wire import Reply, Request


@dataclass(slots=True)
class Context:
    """Filled by the filters in their order."""

    request: Request
    received: datetime
    info: RequestInfo
    user: UserInfo | None = None
    """Set by authentication; a verb never sees None."""
    impersonator: UserInfo | None = None
    """The real user behind an impersonated one."""
    warnings: list[str] = field(default_factory=list)
    """Texts of Warning headers, in order, without repetition."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """What filters add to the answer's headers, whatever the answer is."""
    audit_id: str = ""
    """The request's id in the audit log and in the Audit-Id header."""
    audit: AuditSink | None = None
    """Where the request leaves what an audit policy asks for; None where it is not audited."""
    audit_annotations: dict[str, str] = field(default_factory=dict)
    cbor: bool = False
    """Whether CBOR is spoken (feature gate CBORServingAndStorage)."""

    def warn(self, text: str) -> None:
        """Adds a Warning header once."""
        if text not in self.warnings:
            self.warnings.append(text)


class AuditSink:
    """What an audit event wants of a request's bodies and object reference."""

    __slots__ = ("request_object", "response_object", "wants_request", "wants_response")

    def __init__(self, wants_request: bool, wants_response: bool) -> None:
        self.wants_request = wants_request
        self.wants_response = wants_response
        self.request_object: object | None = None
        self.response_object: object | None = None


Handler = Callable[[Context], Awaitable[Reply]]
Filter = Callable[[Handler], Handler]

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
    impersonation_constraint: str = ""
    """The narrow right that allowed it, e.g. `impersonate:user-info`."""
    warnings: list[str] = field(default_factory=list)
    """Texts of Warning headers, in order, without repetition."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """What filters add to the answer's headers, whatever the answer is."""
    audit_id: str = ""
    """The request's id in the audit log and in the Audit-Id header."""
    audited: bool = False
    """Whether the audit policy tells of the request: what is only for the audit log may be left out otherwise."""
    audit_annotations: dict[str, str] = field(default_factory=dict)
    cbor: bool = False
    """Whether CBOR is spoken (feature gate CBORServingAndStorage)."""

    def warn(self, text: str) -> None:
        """Adds a Warning header once."""
        if text not in self.warnings:
            self.warnings.append(text)


Handler = Callable[[Context], Awaitable[Reply]]
Filter = Callable[[Handler], Handler]

"""Authorization: may this user do this?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from miniapi.meta.user import UserInfo


@dataclass(frozen=True, slots=True)
class Attributes:
    """authorizer.Attributes. A resource request has `resource`, any other request `path`."""

    user: UserInfo
    verb: str
    path: str = ""
    resource_request: bool = True
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """`no_opinion` passes the question on to the next authorizer."""

    verdict: Literal["allow", "deny", "no_opinion"]
    reason: str = ""
    error: str = ""
    """Evaluation error, e.g. a binding to a role that is missing; shown in reviews and messages."""


class Authorizer(Protocol):
    """One mode of --authorization-mode."""

    async def authorize(self, attributes: Attributes) -> Decision: ...


class RuleResolver(Protocol):
    """Lists what a user may do, for SelfSubjectRulesReview."""

    async def rules_for(
        self, user: UserInfo, namespace: str
    ) -> tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]], bool, str]:
        """(resource rules, non-resource rules, incomplete, evaluation error)."""
        ...

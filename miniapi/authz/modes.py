"""The modes that need no data, the privileged group, and the union of all modes."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.authz.interface import Attributes, Authorizer, Decision
from miniapi.meta.user import MASTERS_GROUP


class AlwaysAllow:
    """Allows everything."""

    async def authorize(self, attributes: Attributes) -> Decision:
        del attributes
        return Decision("allow")


class AlwaysDeny:
    """Has no opinion that helps anybody."""

    async def authorize(self, attributes: Attributes) -> Decision:
        del attributes
        return Decision("no_opinion", "Everything is forbidden.")


class Node:
    """No opinion so far: nodes are judged by what follows."""

    async def authorize(self, attributes: Attributes) -> Decision:
        del attributes
        return Decision("no_opinion")


class Union:
    """system:masters may do everything; then the first authorizer with an opinion decides."""

    def __init__(self, authorizers: Sequence[Authorizer]) -> None:
        self._authorizers = tuple(authorizers)

    async def authorize(self, attributes: Attributes) -> Decision:
        if MASTERS_GROUP in attributes.user.groups:
            return Decision("allow")
        reasons, found_errors = [], []
        for authorizer in self._authorizers:
            decision = await authorizer.authorize(attributes)
            if decision.verdict != "no_opinion":
                return decision
            if decision.reason:
                reasons.append(decision.reason)
            if decision.error:
                found_errors.append(decision.error)
        return Decision("no_opinion", "\n".join(reasons), ", ".join(found_errors))

"""Counts who proved who they are, and who was let through (apiserver/pkg/endpoints/filters/metrics.go)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from miniapi.metrics.family import Distribution, Family

SECONDS: Final = tuple(0.001 * 2**n for n in range(15))
_NAMED: Final = frozenset(
    {"admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default"}
)  # fmt: skip
"""Users that are counted by name; any other is one of many."""


class _Results:
    """How often and how fast something ended in which way."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.seconds: dict[str, Distribution] = {}

    def record(self, result: str, seconds: float) -> None:
        self.counts[result] = self.counts.get(result, 0) + 1
        found = self.seconds.get(result)
        if found is None:
            found = self.seconds[result] = Distribution(SECONDS)
        found.observe(seconds)

    def families(self, counter: Family, histogram: Family) -> list[Family]:
        for result, count in self.counts.items():
            counter.count((result,), count)
            histogram.merge((result,), self.seconds[result])
        return [counter, histogram]


class IdentityMetrics:
    """What the filters of authentication and authorization tell."""

    def __init__(self) -> None:
        self._authentication, self._authorization = _Results(), _Results()
        self._users: dict[str, int] = {}

    def authenticated(self, result: str, seconds: float, username: str) -> None:
        """`result` is success, failure (nobody) or error (a wrong credential)."""
        self._authentication.record(result, seconds)
        if username:
            name = username if username in _NAMED else "email_id" if "@" in username else "other"
            self._users[name] = self._users.get(name, 0) + 1

    def authorized(self, result: str, seconds: float) -> None:
        """`result` is allowed, denied, no-opinion or error."""
        self._authorization.record(result, seconds)

    async def families(self) -> Iterable[Family]:
        """For a scrape."""
        # Counters all, but prometheus-client would add _total to the names of the first two.
        users = Family(
            "authenticated_user_requests",
            "gauge",
            "Counter of authenticated requests broken out by username.",
            ("username",),
            {(name,): count for name, count in self._users.items()},
        )
        return [
            users,
            *self._authentication.families(
                Family("authentication_attempts", "gauge", "Counter of authenticated attempts.", ("result",)),
                Family(
                    "authentication_duration_seconds",
                    "histogram",
                    "Authentication duration in seconds broken out by result.",
                    ("result",),
                ),
            ),
            *self._authorization.families(
                Family(
                    "authorization_attempts_total",
                    "counter",
                    "Counter of authorization attempts broken down by result. "
                    "It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
                    ("result",),
                ),
                Family(
                    "authorization_duration_seconds",
                    "histogram",
                    "Authorization duration in seconds broken out by result.",
                    ("result",),
                ),
            ),
        ]

"""Time as an argument: the wall clock and the forms in which Kubernetes writes time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """metav1.Time: whole seconds, `2026-01-02T03:04:05Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(moment: datetime) -> str:
    """metav1.MicroTime: six decimals, `2026-01-02T03:04:05.000006Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

"""Time as an argument: the wall clock and the forms in which Kubernetes writes time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """metav1.Time: whole seconds, `2026-01-02T03:04:05Z`."""
    return f"{moment.isoformat(timespec='seconds')[:19]}Z"


def rfc3339_micro(moment: datetime) -> str:
    """metav1.MicroTime: six decimals, `2026-01-02T03:04:05.000006Z`."""
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"


def process_age_seconds() -> float:
    """How long ago this process began, to a hundredth; where the system does not tell, the processor's time it took."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[19])  # starttime of proc(5), counted from the boot
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return time.process_time()

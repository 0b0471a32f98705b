"""What log and webhook have in common: the mode, the batches, the longest event."""

from __future__ import annotations

from dataclasses import dataclass

from miniapi.audit.interface import Sink
from miniapi.audit.sinks import (
    BATCH,
    BLOCKING_STRICT,
    MODES,
    Backend,
    BatchSink,
    BlockingSink,
    Encoder,
    Throttle,
)


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """Of the flags `--audit-NAME-*`."""

    name: str
    mode: str
    batch: tuple[int, int, float]
    """(events that may wait, events of a batch, seconds that a batch waits for more)."""
    throttle: tuple[float, int] | None
    """(batches a second, at once)."""
    cut: tuple[int, int] | None
    """(bytes of the longest event, of the longest batch)."""

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        prefix = f"--audit-{self.name}"
        problems = []
        if self.mode not in MODES:
            problems.append(f"{prefix}-mode: {self.mode} is not a mode; use {', '.join(MODES)}")
        if self.mode == BATCH:
            problems += self._batch_problems(prefix)
        if self.cut is not None and not 0 < self.cut[0] <= self.cut[1]:
            problems.append(
                f"{prefix}-truncate-max-event-size: it must be at least 1 and at most {prefix}-truncate-max-batch-size"
            )
        return problems

    def _batch_problems(self, prefix: str) -> list[str]:
        buffer_size, max_size, max_wait_seconds = self.batch
        problems = []
        if buffer_size <= 0:
            problems.append(f"{prefix}-batch-buffer-size: {buffer_size} is too small; use 1 or more")
        if not 0 < max_size <= max(buffer_size, 1):
            problems.append(f"{prefix}-batch-max-size: it must be at least 1 and at most {prefix}-batch-buffer-size")
        if max_wait_seconds < 0:
            problems.append(f"{prefix}-batch-max-wait: it must not be negative; use 0 or more")
        if self.throttle is not None and (self.throttle[0] <= 0 or self.throttle[1] <= 0):
            problems.append(f"{prefix}-batch-throttle-qps and -burst: both must be more than 0")
        return problems

    def sink(self, backend: Backend) -> Sink:
        """The sink in front of the backend."""
        encode = Encoder(self.cut[0] if self.cut else 0)
        if self.mode != BATCH:
            return BlockingSink(backend, encode, strict=self.mode == BLOCKING_STRICT)
        buffer_size, max_size, max_wait_seconds = self.batch
        return BatchSink(
            backend,
            encode,
            buffer_size=buffer_size,
            max_size=max_size,
            max_wait_seconds=max_wait_seconds,
            throttle=Throttle(*self.throttle) if self.throttle else None,
        )

"""From events to lines to a backend: at once (blocking) or in batches.

Modes as the original's: `blocking` answers requests only when their events are written, `blocking-strict`
fails a request whose first event cannot be; `batch` collects events and loses them when its buffer is full.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import orjson

from miniapi.audit.event import truncated
from miniapi.audit.interface import REQUEST_RECEIVED, Event, Sink

log = logging.getLogger("miniapi.audit")

BLOCKING, BLOCKING_STRICT, BATCH = "blocking", "blocking-strict", "batch"
MODES = (BATCH, BLOCKING, BLOCKING_STRICT)


class Backend(Protocol):
    """Takes whole lines, one event each; raises OSError where they are lost."""

    async def write(self, lines: Sequence[bytes]) -> None: ...

    async def close(self) -> None: ...


class Sinks:
    """Every event goes to each of several sinks."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)

    async def process(self, event: Event) -> bool:
        """False where one of them says so."""
        kept = [await sink.process(event) for sink in self._sinks]
        return all(kept)

    async def close(self) -> None:
        """Closes all."""
        for sink in self._sinks:
            await sink.close()


class Throttle:
    """So many batches a second, a burst of them at once (client-go's token bucket)."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, float(burst), clock
        self._tokens, self._at = float(burst), clock()

    async def wait(self) -> None:
        """Returns when the next batch may go."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second) - 1
        self._at = now
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / self._per_second)


class Encoder:
    """One event to one line; without its objects where it would be longer than `max_event_bytes` (0: any length)."""

    def __init__(self, max_event_bytes: int = 0) -> None:
        self._max_event_bytes = max_event_bytes

    def __call__(self, event: Event) -> bytes:
        """The line, its end included; empty for an event that is too long even without its objects."""
        line = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
        if not self._max_event_bytes or len(line) <= self._max_event_bytes:
            return line
        line = orjson.dumps(truncated(event), option=orjson.OPT_APPEND_NEWLINE)
        if len(line) <= self._max_event_bytes:
            return line
        log.warning("audit event %s is too long and was left out", event.get("auditID"))
        return b""


class BlockingSink:
    """Every event is written before its request goes on."""

    def __init__(self, backend: Backend, encode: Encoder, *, strict: bool = False) -> None:
        self._backend, self._encode, self._strict = backend, encode, strict

    async def process(self, event: Event) -> bool:
        """False only where the mode is strict and the event is a request's first."""
        try:
            await self._backend.write([self._encode(event)])
        except OSError as problem:
            log.error("audit event %s was lost: %s", event.get("auditID"), problem)
            return not (self._strict and event["stage"] == REQUEST_RECEIVED)
        return True

    async def close(self) -> None:
        """Ends the backend."""
        await self._backend.close()


class BatchSink:
    """Events wait in a buffer until a batch is full or the oldest has waited long enough."""

    def __init__(
        self,
        backend: Backend,
        encode: Encoder,
        *,
        buffer_size: int,
        max_size: int,
        max_wait_seconds: float,
        throttle: Throttle | None = None,
    ) -> None:
        self._backend, self._encode, self._throttle = backend, encode, throttle
        self._max_size, self._max_wait_seconds = max_size, max_wait_seconds
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(buffer_size)
        self._writer: asyncio.Task[None] | None = None

    async def process(self, event: Event) -> bool:
        """Never waits; an event that finds the buffer full is lost, and said to be."""
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())
        try:
            self._waiting.put_nowait(self._encode(event))
        except asyncio.QueueFull:
            log.error("audit event %s was lost: the buffer is full", event.get("auditID"))
        return True

    async def close(self) -> None:
        """Writes what waits, then ends the backend."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        rest = []
        while not self._waiting.empty():
            rest.append(self._waiting.get_nowait())
        await self._put(rest)
        await self._backend.close()

    async def _write(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            try:
                async with asyncio.timeout(self._max_wait_seconds or None):
                    while len(batch) < self._max_size:
                        batch.append(await self._waiting.get())
                if self._throttle is not None:
                    await self._throttle.wait()
            except TimeoutError:
                pass  # the batch goes out as it is
            finally:
                await asyncio.shield(self._put(batch))

    async def _put(self, lines: list[bytes]) -> None:
        if not lines:
            return
        try:
            await self._backend.write(lines)
        except OSError as problem:
            log.error("%d audit events were lost: %s", len(lines), problem)

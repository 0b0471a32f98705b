"""Writes events as JSON lines, in its own thread: the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol


class Output(Protocol):
    """Takes whole lines; may wait for the disk."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class LogBackend:
    """One thread, so that lines keep their order."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit")

    async def write(self, lines: Sequence[bytes]) -> None:
        """OSError where they cannot be written."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._output.write, b"".join(lines))

    async def close(self) -> None:
        """Closes the output and ends the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._output.close)
        self._thread.shutdown(wait=False)

"""From start to ready to stopped: post-start hooks by name, readiness, the order of shutting down."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from miniapi.server.health import CheckFailed, HealthCheck


@dataclass(slots=True)
class PostStartHook:
    """Runs once the server listens; /readyz shows it by name until it is done."""

    name: str
    run: Callable[[], Awaitable[None]]
    done: bool = False

    def check(self) -> HealthCheck:
        """`poststarthook/NAME`."""

        async def finished() -> None:
            if not self.done:
                raise CheckFailed("not finished")

        return HealthCheck(f"poststarthook/{self.name}", finished)


@dataclass(slots=True)
class Lifecycle:
    """Signals that the parts of the server wait for."""

    hooks: list[PostStartHook] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def run_hooks(self) -> None:
        """In their order; the first that fails ends the start."""
        for hook in self.hooks:
            await hook.run()
            hook.done = True

    def stop_on_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """SIGTERM and SIGINT begin the end; a second one is the end."""

        def stop(number: int) -> None:
            if self.stopping.is_set():
                os._exit(128 + number)
            self.stopping.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number)

    def shutdown_check(self) -> HealthCheck:
        """/readyz's `shutdown`: false from the first signal on."""

        async def serving() -> None:
            if self.stopping.is_set():
                raise CheckFailed("process is shutting down")

        return HealthCheck("shutdown", serving)

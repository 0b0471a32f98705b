"""From start to ready to stopped: post-start hooks by name, readiness, the order of shutting down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from miniapi.server.health import CheckFailed, HealthCheck

log = logging.getLogger("miniapi.server")


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

    async def start(self) -> None:
        """Runs the hooks in order; the first that fails ends the start."""
        for hook in self.hooks:
            await hook.run()
            hook.done = True
        self.ready.set()

    def shutdown_check(self) -> HealthCheck:
        """/readyz's `shutdown`: false from the first signal on."""

        async def serving() -> None:
            if self.stopping.is_set():
                raise CheckFailed("process is shutting down")

        return HealthCheck("shutdown", serving)

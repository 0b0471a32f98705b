"""A server: its resources, its paths, and whom it asks about everything else (server.GenericAPIServer)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from miniapi.endpoints import dispatch
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.wire import Reply

PathHandler = Callable[[Context], Awaitable[Reply | None]]
"""None: not mine after all."""


class Scopes(Protocol):
    """Finds the scope of a resource request, None where this server has no such resource."""

    def find(self, group: str, version: str, resource: str, subresource: str) -> Scope | None: ...


class NoScopes:
    """Of a server without resources."""

    def find(self, group: str, version: str, resource: str, subresource: str) -> None:
        """Never has one."""
        del group, version, resource, subresource


class Delegate(Protocol):
    """Whom a server asks about what it does not serve itself."""

    async def serve(self, context: Context) -> Reply | None: ...


@dataclass(slots=True)
class GenericServer:
    """One of the chain aggregator -> kube -> apiextensions."""

    name: str
    scopes: Scopes
    paths: dict[str, PathHandler] = field(default_factory=dict)
    """Exact paths."""
    prefixes: dict[str, PathHandler] = field(default_factory=dict)
    """Path prefixes, each ending with a slash; the longest wins."""
    delegate: Delegate | None = None

    def __post_init__(self) -> None:
        self.prefixes = dict(sorted(self.prefixes.items(), key=lambda item: len(item[0]), reverse=True))

    async def serve(self, context: Context) -> Reply | None:
        """The answer, or None where no server of the chain has one."""
        info = context.info
        if info.resource_request:
            scope = self.scopes.find(info.group, info.version, info.resource, info.subresource)
            if scope is not None and (len(info.parts) <= 3 or scope.handler is not None):
                return await dispatch.serve(context, scope)
        handler = self.paths.get(info.path)
        if handler is None:
            handler = next((found for prefix, found in self.prefixes.items() if info.path.startswith(prefix)), None)
        if handler is not None:
            reply = await handler(context)
            if reply is not None:
                return reply
        return await self.delegate.serve(context) if self.delegate else None

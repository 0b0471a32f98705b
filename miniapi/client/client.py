"""Requests to an API server as objects in, objects out, over any transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
from multidict import CIMultiDict

from miniapi.client import content
from miniapi.client.interface import Transport
from miniapi.meta.objects import Object
from miniapi.wire import JSON, Held, HeldObject, Reply, Request, fixed_body, no_body

USER_AGENT = "miniapi/loopback"
MOST_RETRIES = 10
"""As client-go: a server that asks to be asked again is, this often."""
CONNECTION_RETRIES = 3
FIRST_PAUSE_SECONDS = 0.05

Item = TypeVar("Item")

STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


def resource_path(
    group: str, version: str, plural: str, namespace: str = "", name: str = "", subresource: str = ""
) -> str:
    """`/api/v1/namespaces/a/pods/b/status` and its kin."""
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    if namespace:
        path += f"/namespaces/{namespace}"
    path += f"/{plural}"
    if name:
        path += f"/{name}"
    return f"{path}/{subresource}" if subresource else path


class Client:
    """Failures are ApiErrors; OSError where the server cannot be reached.

    Sent again: whatever the server answers with Retry-After (429, 503, ...), and reads whose connection broke.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        content_type: str = JSON,
        accept: str = JSON,
        user_agent: str = USER_AGENT,
    ) -> None:
        self._transport = transport
        self._content_type = content_type
        self._headers = {"Accept": accept, "User-Agent": user_agent}

    async def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "",
        *,
        handover: bool = False,
    ) -> Reply:
        """Any request; a reply below 400."""
        headers = CIMultiDict(self._headers)
        read: Callable[[int], Awaitable[bytes]] = no_body
        if body is not None:
            data, headers["Content-Type"] = (
                (orjson.dumps(body), content_type) if content_type else content.encode(body, self._content_type)
            )
            read = fixed_body(data)
        request = Request(method, path, urlencode(query) if query else "", headers, read, handover=handover)
        tries = 0
        while True:
            tries += 1
            try:
                reply = await self._transport.send(request)
            except OSError:
                if method != "GET" or tries > CONNECTION_RETRIES:
                    raise
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**tries)
                continue
            if reply.status < 400:
                return reply
            pause = next((v for k, v in reply.headers if k.lower() == "retry-after"), "")
            if not pause.isdigit() or tries > MOST_RETRIES or reply.status < 429:
                raise content.problem(reply)
            await asyncio.sleep(int(pause))

    async def get(
        self, group: str, version: str, plural: str, namespace: str, name: str, subresource: str = ""
    ) -> Object:
        """One object; ApiError 404 where there is none."""
        return _object(await self.send("GET", resource_path(group, version, plural, namespace, name, subresource)))

    async def list(self, group: str, version: str, plural: str, namespace: str = "", **query: str) -> Object:
        """The list object; its items carry their kind and version."""
        listed = _object(await self.send("GET", resource_path(group, version, plural, namespace), query))
        listed["items"] = content.with_types(listed)
        return listed

    async def create(
        self, group: str, version: str, plural: str, namespace: str, obj: Object, name: str = "", subresource: str = ""
    ) -> Object:
        """The object as created; with a name and subresource, what an eviction, binding or token request gives."""
        path = resource_path(group, version, plural, namespace, name, subresource)
        return _object(await self.send("POST", path, None, obj))

    async def update(
        self, group: str, version: str, plural: str, namespace: str, obj: Object, subresource: str = ""
    ) -> Object:
        """The object as updated."""
        path = resource_path(group, version, plural, namespace, obj["metadata"]["name"], subresource)
        return _object(await self.send("PUT", path, None, obj))

    async def patch(
        self,
        group: str,
        version: str,
        plural: str,
        namespace: str,
        name: str,
        patch: Any,
        media_type: str = MERGE,
        subresource: str = "",
        **query: str,
    ) -> Object:
        """The object as patched; `media_type` is MERGE, STRATEGIC, JSON_PATCH or APPLY."""
        path = resource_path(group, version, plural, namespace, name, subresource)
        return _object(await self.send("PATCH", path, query, patch, media_type))

    async def delete(
        self, group: str, version: str, plural: str, namespace: str, name: str, options: Object | None = None
    ) -> Object:
        """Deletes or marks; the object or the Status that the server answers."""
        return _object(await self.send("DELETE", resource_path(group, version, plural, namespace, name), None, options))

    async def delete_collection(
        self, group: str, version: str, plural: str, namespace: str, options: Object | None = None, **query: str
    ) -> None:
        """Deletes or marks all that the query selects."""
        await self.send("DELETE", resource_path(group, version, plural, namespace), query, options)

    async def watch(
        self, group: str, version: str, plural: str, namespace: str = "", **query: str
    ) -> AsyncIterator[tuple[str, Object]]:
        """(type, object) as they come; ends with the server's timeout."""
        reply = await self.send("GET", resource_path(group, version, plural, namespace), {"watch": "true", **query})
        if reply.stream is None:
            return
        async with aclosing_any(reply.stream) as stream:
            async for event in content.events(stream, reply.content_type):
                yield event

    async def follow(
        self, group: str, version: str, plural: str, namespace: str = "", **query: str
    ) -> AsyncIterator[tuple[str, Held]]:
        """As `watch`; within the process the objects stay where they are held until somebody looks at them."""
        path = resource_path(group, version, plural, namespace)
        reply = await self.send("GET", path, {"watch": "true", **query}, handover=True)
        if reply.events is not None:
            async with aclosing_any(reply.events) as batches:
                async for batch in batches:
                    for held_event in batch:
                        yield held_event
        elif reply.stream is not None:
            async with aclosing_any(reply.stream) as stream:
                async for event, obj in content.events(stream, reply.content_type):
                    yield event, HeldObject(obj)


@asynccontextmanager
async def aclosing_any(stream: AsyncIterator[Item]) -> AsyncIterator[AsyncIterator[Item]]:
    """contextlib.aclosing, also for iterators that have nothing to close."""
    try:
        yield stream
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


def _object(reply: Reply) -> Object:
    return content.decode(reply.body, reply.content_type)

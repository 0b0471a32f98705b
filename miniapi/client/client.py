"""A small typed-by-row client over a transport: what informers, controllers and admission use inside the server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from multidict import CIMultiDict

from miniapi.client.interface import Transport
from miniapi.errors import ApiError, Cause
from miniapi.meta.objects import Object
from miniapi.wire import Reply, Request, fixed_body, no_body

USER_AGENT = "miniapi/loopback"


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
    """Requests as objects in, objects out; failures are ApiErrors."""

    def __init__(self, transport: Transport, headers: Mapping[str, str] | None = None) -> None:
        self._transport = transport
        self._headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **(headers or {})}

    async def _send(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, content_type: str = ""
    ) -> Reply:
        headers = CIMultiDict(self._headers)
        read: Callable[[int], Awaitable[bytes]] = no_body
        if body is not None:
            headers["Content-Type"] = content_type or "application/json"
            read = fixed_body(orjson.dumps(body))
        request = Request(method, path, urlencode(query) if query else "", headers, read)
        reply = await self._transport.send(request)
        if reply.status >= 400:
            raise _problem(reply)
        return reply

    async def get(self, group: str, version: str, plural: str, namespace: str, name: str) -> Object:
        """One object; ApiError 404 where there is none."""
        reply = await self._send("GET", resource_path(group, version, plural, namespace, name))
        return _object(reply)

    async def list(self, group: str, version: str, plural: str, namespace: str = "", **query: str) -> Object:
        """The list object."""
        return _object(await self._send("GET", resource_path(group, version, plural, namespace), query))

    async def create(self, group: str, version: str, plural: str, namespace: str, obj: Object) -> Object:
        """The object as created."""
        return _object(await self._send("POST", resource_path(group, version, plural, namespace), None, obj))

    async def update(
        self, group: str, version: str, plural: str, namespace: str, obj: Object, subresource: str = ""
    ) -> Object:
        """The object as updated."""
        path = resource_path(group, version, plural, namespace, obj["metadata"]["name"], subresource)
        return _object(await self._send("PUT", path, None, obj))

    async def delete(
        self, group: str, version: str, plural: str, namespace: str, name: str, options: Object | None = None
    ) -> None:
        """Deletes or marks."""
        await self._send("DELETE", resource_path(group, version, plural, namespace, name), None, options)

    async def delete_collection(self, group: str, version: str, plural: str, namespace: str) -> None:
        """Deletes or marks all of a namespace."""
        await self._send("DELETE", resource_path(group, version, plural, namespace))

    async def watch(
        self, group: str, version: str, plural: str, namespace: str = "", **query: str
    ) -> AsyncIterator[tuple[str, Object]]:
        """(type, object) as they come; ends with the server's timeout."""
        reply = await self._send("GET", resource_path(group, version, plural, namespace), {"watch": "true", **query})
        stream = reply.stream
        if stream is None:
            return
        rest = b""
        try:
            async for chunk in stream:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line:
                        event = orjson.loads(line)
                        yield event["type"], event["object"]
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()


def _object(reply: Reply) -> Object:
    decoded: Object = orjson.loads(reply.body)
    return decoded


def _problem(reply: Reply) -> ApiError:
    status = orjson.loads(reply.body) if reply.body[:1] == b"{" else {}
    details = status.get("details") or {}
    return ApiError(
        reply.status,
        status.get("reason", ""),
        status.get("message", reply.body.decode("utf-8", "replace")),
        name=details.get("name", ""),
        group=details.get("group", ""),
        kind=details.get("kind", ""),
        causes=[
            Cause(c.get("reason", ""), c.get("message", ""), c.get("field", "")) for c in details.get("causes", [])
        ],
    )

"""Every resource by group, version and name, inside the server and against any Kubernetes endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any

from miniapi.client.client import APPLY, MERGE, Client
from miniapi.client.config import ClientConfig
from miniapi.client.outbound import HttpsTransport
from miniapi.meta.gvk import parse_api_version
from miniapi.meta.objects import Object


class ResourceClient:
    """One resource, of one namespace, of all namespaces or of the cluster (client-go's typed and dynamic clients)."""

    def __init__(self, client: Client, group: str, version: str, plural: str, namespace: str = "") -> None:
        self._client = client
        self._group, self._version, self._plural, self._namespace = group, version, plural, namespace

    def namespace(self, name: str) -> ResourceClient:
        """The same resource in one namespace."""
        return ResourceClient(self._client, self._group, self._version, self._plural, name)

    async def get(self, name: str, subresource: str = "") -> Object:
        """ApiError 404 where there is none."""
        return await self._client.get(self._group, self._version, self._plural, self._namespace, name, subresource)

    async def list(self, **query: str) -> Object:
        """`labelSelector=`, `fieldSelector=`, `limit=`, `resourceVersion=` and the API's other parameters."""
        return await self._client.list(self._group, self._version, self._plural, self._namespace, **query)

    async def pages(self, limit: int = 500, **query: str) -> AsyncIterator[Object]:
        """Each object, read `limit` at a time at one revision."""
        token = ""
        while True:
            more = {"continue": token} if token else {}
            page = await self._client.list(
                self._group, self._version, self._plural, self._namespace, limit=str(limit), **query, **more
            )
            for item in page["items"]:
                yield item
            token = page["metadata"].get("continue", "")
            if not token:
                return

    def watch(self, **query: str) -> AsyncIterator[tuple[str, Object]]:
        """(ADDED, MODIFIED, DELETED, BOOKMARK or ERROR; object) until the server ends it."""
        return self._client.watch(self._group, self._version, self._plural, self._namespace, **query)

    async def create(self, obj: Object) -> Object:
        """The object as created."""
        return await self._client.create(self._group, self._version, self._plural, self._namespace, obj)

    async def create_below(self, name: str, subresource: str, obj: Object) -> Object:
        """POST to a subresource: eviction, binding, token."""
        return await self._client.create(
            self._group, self._version, self._plural, self._namespace, obj, name, subresource
        )

    async def update(self, obj: Object, subresource: str = "") -> Object:
        """PUT; ApiError 409 where the object has changed since it was read."""
        return await self._client.update(self._group, self._version, self._plural, self._namespace, obj, subresource)

    async def update_status(self, obj: Object) -> Object:
        """PUT of the status."""
        return await self.update(obj, "status")

    async def patch(
        self, name: str, patch: Any, media_type: str = MERGE, subresource: str = "", **query: str
    ) -> Object:
        """`media_type` is one of client.MERGE, STRATEGIC, JSON_PATCH."""
        return await self._client.patch(
            self._group, self._version, self._plural, self._namespace, name, patch, media_type, subresource, **query
        )

    async def apply(self, obj: Object, manager: str, *, force: bool = False, subresource: str = "") -> Object:
        """Server-side apply; ApiError 409 with the conflicts as causes."""
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        return await self._client.patch(
            self._group,
            self._version,
            self._plural,
            self._namespace,
            obj["metadata"]["name"],
            obj,
            APPLY,
            subresource,
            **query,
        )

    async def delete(self, name: str, options: Object | None = None) -> Object:
        """The object or Status that the server answers."""
        return await self._client.delete(self._group, self._version, self._plural, self._namespace, name, options)

    async def delete_collection(self, options: Object | None = None, **query: str) -> None:
        """All that the query selects."""
        await self._client.delete_collection(
            self._group, self._version, self._plural, self._namespace, options, **query
        )


class Clientset:
    """Hands out resource clients; `async with` closes the connections."""

    def __init__(self, config: ClientConfig) -> None:
        config.check()
        self._transport = HttpsTransport(config)
        self.config = config
        self.client = Client(
            self._transport, content_type=config.content_type, accept=config.accept, user_agent=config.user_agent
        )

    def resource(self, api_version: str, plural: str, namespace: str = "") -> ResourceClient:
        """`resource("apps/v1", "deployments", "default")`; no namespace: all of them, or the cluster."""
        group, version = parse_api_version(api_version)
        return ResourceClient(self.client, group, version, plural, namespace)

    async def __aenter__(self) -> Clientset:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

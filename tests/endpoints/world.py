"""The built-in kinds over a store in memory, asked as the server chain is: no sockets, no filters but the error one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from multidict import CIMultiDict

from miniapi.admission.chain import AdmissionChain
from miniapi.clock import utc_now
from miniapi.endpoints.context import Context
from miniapi.endpoints.filters.panic_recovery import panic_recovery
from miniapi.endpoints.table import Printer
from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.catalog import Catalog
from miniapi.kube.scopes import KubeScopes
from miniapi.meta.request_info import parse
from miniapi.meta.user import UserInfo
from miniapi.registry.encoding import StoredForm
from miniapi.registry.resource import Resource
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.server.generic import GenericServer
from miniapi.storage.memory import MemoryStore
from miniapi.wire import JSON, Reply, Request, fixed_body

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
CONFIG_MAPS = "/api/v1/namespaces/ns/configmaps"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class World:
    """A server of its own for each test."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        resources: dict[str, Resource] = {}

        def resource(kind):
            if kind.storage_prefix not in resources:
                form = StoredForm(JSON, raw_members=kind.strategy.raw_members)
                resources[kind.storage_prefix] = Resource(
                    self.store, kind.storage_prefix, form, namespaced=kind.namespaced
                )
            return resources[kind.storage_prefix]

        def printer(kind):
            return Printer([{"name": "Name"}], lambda obj, now: [obj["metadata"].get("name")], lambda: NOW)

        catalog = Catalog(builtin_kinds())
        self.scopes = KubeScopes(catalog, BuiltinSchemas(), resource, printer, AdmissionChain(), utc_now, 1800)
        self._server = GenericServer("kube", self.scopes)
        self._handle = panic_recovery()(self._served)

    async def _served(self, context: Context) -> Reply:
        return await self._server.serve(context) or Reply(404, b'{"kind":"Nothing"}')

    async def ask(self, method: str, path: str, body: Any = None, content_type: str = "", **headers: str) -> Reply:
        """The reply as it goes out."""
        data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        given = {"User-Agent": "test/1", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if body is not None:
            given |= {"Content-Type": content_type or "application/json", "Content-Length": str(len(data))}
        path, _, query = path.partition("?")
        request = Request(method, path, query, CIMultiDict(given), fixed_body(data))
        return await self._handle(Context(request, NOW, parse(method, path, query), UserInfo("admin")))

    async def told(self, *asked: Any, **headers: str) -> tuple[int, Any]:
        """(status, body)."""
        reply = await self.ask(*asked, **headers)
        return reply.status, orjson.loads(reply.body) if reply.body else None


def config_map(name: str = "a", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **fields}

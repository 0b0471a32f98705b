"""Paths that are not resources: the root, health, version, OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from miniapi import errors
from miniapi.endpoints import routing
from miniapi.endpoints.context import Context
from miniapi.kube.discovery import Discovery
from miniapi.kube.openapi import OpenApi
from miniapi.server.generic import PathHandler
from miniapi.server.health import Health
from miniapi.server.zpages import ZPages
from miniapi.wire import JSON, Reply

_OWN = ("/openapi/v2", "/openapi/v3", "/openapi/v3/", "/version", "/apis/")


def nonresource_paths(
    health: Health,
    discovery: Discovery,
    openapi: OpenApi,
    version: dict[str, Any],
    more: Mapping[str, PathHandler],
    zpages: ZPages,
) -> dict[str, PathHandler]:
    """Exact path -> handler; `more` are listed as they are."""
    version_body = orjson.dumps(version, option=orjson.OPT_INDENT_2)
    only_json = (JSON,)

    def listed() -> list[str]:
        return sorted({*discovery.paths(), *health.paths(), *more, *pages, *_OWN})

    pages = zpages.paths(listed)

    async def root(context: Context) -> Reply:
        del context
        return Reply(200, orjson.dumps({"paths": listed()}, option=orjson.OPT_INDENT_2), JSON)

    async def tell_version(context: Context) -> Reply:
        if context.request.method != "GET":
            raise errors.method_not_allowed()
        routing.check_types(context.request, only_json, only_json)
        return Reply(200, version_body, JSON)

    paths: dict[str, PathHandler] = {
        "/": root,
        "/index.html": root,
        "/version": tell_version,
        "/version/": tell_version,
        "/api": discovery.serve,
        "/apis": discovery.serve,
        "/openapi/v2": openapi.serve_v2,
        "/openapi/v3": openapi.serve_v3,
        **more,
        **pages,
    }
    for endpoint in ("/healthz", "/livez", "/readyz"):
        paths[endpoint] = health.serve
    return paths

"""Calls to webhooks: a client config, a review out, a review back (apiserver/pkg/util/webhook)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import orjson
from multidict import CIMultiDict

from miniapi.client.outbound import ProxyTransport, Trust
from miniapi.client.services import ServiceResolver, ServiceUnavailable
from miniapi.meta.objects import Object
from miniapi.wire import Request, fixed_body

DEFAULT_PORT = 443
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MOST_SHOWN_BYTES = 2048


class WebhookFailed(Exception):
    """The call gave no review; the message is the original's."""


class WebhookCaller:
    """Posts reviews to what a `clientConfig` names: a URL, or a Service in the cluster."""

    def __init__(self, transport: ProxyTransport, services: ServiceResolver) -> None:
        self._transport, self._services = transport, services

    async def call(self, client_config: Object, review: Object, timeout_seconds: float) -> Object:
        """The answered review. Raises WebhookFailed."""
        query = f"timeout={timeout_seconds:g}s"
        url, shown, trust = await self._where(client_config, query)
        headers = CIMultiDict({"Content-Type": "application/json", "Accept": "application/json"})
        request = Request("POST", url, query, headers, fixed_body(orjson.dumps(review)))
        try:
            async with asyncio.timeout(timeout_seconds):
                reply = await self._transport.send(request, trust)
                body = await _whole(reply.stream)
        except TimeoutError:
            raise WebhookFailed(f'Post "{shown}?{query}": context deadline exceeded') from None
        except ConnectionError as problem:
            raise WebhookFailed(f'Post "{shown}?{query}": {problem}') from None
        if not 200 <= reply.status < 300:
            raise WebhookFailed(_refusal(reply.status, reply.content_type, body))
        if not body:
            raise WebhookFailed(
                f"0-length response with status code: {reply.status} and content type: {reply.content_type}"
            )
        try:
            answer: Any = orjson.loads(body)
        except ValueError as problem:
            raise WebhookFailed(f"couldn't get version/kind; json parse error: {problem}") from None
        if not isinstance(answer, dict):
            raise WebhookFailed("couldn't get version/kind; json parse error: the answer is not an object")
        return answer

    async def _where(self, client_config: Object, query: str) -> tuple[str, str, Trust]:
        """-> (URL to call, URL to show, how TLS is checked)."""
        ca = base64.b64decode(client_config.get("caBundle") or "")
        service = client_config.get("service")
        if not service:
            url: str = client_config["url"]
            # A URL without a path is called at its root, and shown so.
            return (url, url, Trust(ca)) if urlsplit(url).path else (url + "/", url, Trust(ca))
        port = service.get("port") or DEFAULT_PORT
        name = f"{service['name']}.{service['namespace']}.svc"
        path = service.get("path") or "/"
        shown = f"https://{name}:{port}{path}"
        try:
            address = await self._services.resolve(service["namespace"], service["name"], port)
        except ServiceUnavailable as problem:
            told = {
                "ServiceNotFound": f'service "{service["name"]}" not found',
                "ServicePortError": f'no service port {port} found for service "{service["name"]}"',
            }.get(problem.reason, str(problem))
            raise WebhookFailed(f'Post "{shown}?{query}": {told}') from None
        return f"https://{address}{path}", shown, Trust(ca, server_name=name)


def _refusal(status: int, content_type: str, body: bytes) -> str:
    """A Status tells itself; anything else is told as client-go tells it."""
    try:
        told = orjson.loads(body)
    except ValueError:
        told = None
    if isinstance(told, dict) and told.get("kind") == "Status" and told.get("message"):
        return str(told["message"])
    if status == 404:
        return "the server could not find the requested resource"
    # What is said to be no text is not shown.
    is_text = not content_type or content_type.startswith("text/")
    text = body[:MOST_SHOWN_BYTES].decode("utf-8", "replace").strip() if is_text else "unknown"
    return f"an error on the server ({orjson.dumps(text).decode()}) has prevented the request from succeeding"


async def _whole(stream: AsyncIterator[bytes] | None) -> bytes:
    parts: list[bytes] = []
    size = 0
    if stream is None:
        return b""
    async for chunk in stream:
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise WebhookFailed(f"the answer is larger than {MAX_ANSWER_BYTES} bytes")
        parts.append(chunk)
    return b"".join(parts)

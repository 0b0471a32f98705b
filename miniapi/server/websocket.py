"""A watch's events as WebSocket messages (apiserver/pkg/endpoints/handlers/watch.go, HandleWS)."""

from __future__ import annotations

from collections.abc import Iterator

from miniapi.wire import JSON, Headers

LENGTH_BYTES = 4


def wants_websocket(headers: Headers) -> bool:
    """Whether the request asks to go on as a WebSocket (httpstream/wsstream.IsWebSocketRequest)."""
    return headers.get("Upgrade", "").lower() == "websocket" and "upgrade" in headers.get("Connection", "").lower()


def messages_of(chunk: bytes, content_type: str) -> Iterator[str | bytes]:
    """The events of a chunk of whole events: text where they are JSON, else bytes without their length."""
    if content_type.startswith(JSON):
        for line in chunk.splitlines(keepends=True):
            yield line.decode()
        return
    position = 0
    while position < len(chunk):
        start = position + LENGTH_BYTES
        position = start + int.from_bytes(chunk[position:start], "big")
        yield chunk[start:position]

"""Bodies, answers and watch frames of a client, by media type."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from miniapi.codec.interface import DecodeError, EncodeError
from miniapi.errors import ApiError, Cause
from miniapi.meta.objects import Object
from miniapi.wire import JSON, PROTOBUF, Reply

LENGTH_BYTES = 4


def encode(body: Any, media_type: str) -> tuple[bytes, str]:
    """-> (bytes, their media type): what has no protobuf form (patches, custom resources) goes as JSON."""
    if media_type == PROTOBUF and isinstance(body, dict) and body.get("kind"):
        from miniapi.codec.builtin import codec_for

        try:
            return codec_for(PROTOBUF).encode(body), PROTOBUF
        except EncodeError:
            pass
    return orjson.dumps(body), JSON


def decode(data: bytes, content_type: str) -> Object:
    """The object of an answer. ApiError 500 where the bytes are not what they say."""
    try:
        if content_type.startswith(PROTOBUF):
            from miniapi.codec.builtin import codec_for

            return codec_for(PROTOBUF).decode(data, None).obj
        obj: Object = orjson.loads(data)
    except (DecodeError, ValueError) as problem:
        raise ApiError(500, "InternalError", f"the server's answer cannot be read: {problem}") from None
    return obj


def problem(reply: Reply) -> ApiError:
    """The error that a Status tells, or one made of what came instead."""
    status: Object = {}
    if reply.body[:1] == b"{" or reply.content_type.startswith(PROTOBUF):
        status = decode(reply.body, reply.content_type)
    details = status.get("details") or {}
    return ApiError(
        reply.status,
        status.get("reason", ""),
        status.get("message", reply.body.decode("utf-8", "replace").strip()),
        name=details.get("name", ""),
        group=details.get("group", ""),
        kind=details.get("kind", ""),
        uid=details.get("uid", ""),
        causes=[
            Cause(c.get("reason", ""), c.get("message", ""), c.get("field", "")) for c in details.get("causes") or []
        ],
        retry_after_seconds=details.get("retryAfterSeconds", 0),
    )


def with_types(listed: Object) -> list[Object]:
    """The items of a list, each with the kind and version that lists of built-in kinds leave out."""
    kind, api_version = listed.get("kind", "").removesuffix("List"), listed.get("apiVersion", "")
    items: list[Object] = listed.get("items") or []
    for item in items:
        item.setdefault("kind", kind)
        item.setdefault("apiVersion", api_version)
    return items


async def events(stream: AsyncIterator[bytes], content_type: str) -> AsyncIterator[tuple[str, Object]]:
    """(type, object) of a watch as they come."""
    frames = _lengths(stream) if content_type.startswith(PROTOBUF) else _lines(stream)
    async for event in frames:
        yield event


async def _lines(stream: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, Object]]:
    rest = b""
    async for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                event = decode(line, JSON)
                yield event["type"], event["object"]


async def _lengths(stream: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, Object]]:
    from miniapi.codec.protobuf_wire import fields

    rest = b""
    async for chunk in stream:
        rest += chunk
        while len(rest) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(rest[:LENGTH_BYTES], "big")
            if len(rest) < end:
                break
            frame, rest = rest[LENGTH_BYTES:end], rest[end:]
            event_type, raw = "", b""
            for number, value in fields(frame):
                if isinstance(value, int):
                    continue
                if number == 1:
                    event_type = bytes(value).decode()
                elif number == 2:
                    # runtime.RawExtension: the encoded object is its field 1.
                    raw = next(bytes(v) for n, v in fields(value) if n == 1 and not isinstance(v, int))
            yield event_type, decode(raw, PROTOBUF if raw[:4] == b"k8s\x00" else JSON)

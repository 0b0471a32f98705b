"""A request and its answer, as every layer above the socket sees them.

`server/serving.py` makes a `Request` from aiohttp's, the loopback client makes one in process;
neither knows what the other side is.
"""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from multidict import CIMultiDict, CIMultiDictProxy

Upgrade = Callable[[StreamReader, StreamWriter], Awaitable[None]]
"""(from the client, to the client)."""
Headers = CIMultiDict[str] | CIMultiDictProxy[str]

JSON = "application/json"
YAML = "application/yaml"
CBOR = "application/cbor"
PROTOBUF = "application/vnd.kubernetes.protobuf"


@dataclass(slots=True)
class Peer:
    """Who is at the other end of the connection."""

    address: str = ""
    """IP address; empty in process."""
    certificate: bytes | None = None
    """The verified client certificate in DER form."""
    loopback: bool = False
    """True for calls that never left the process."""


@dataclass(slots=True)
class Request:
    """One HTTP request, its body not yet read."""

    method: str
    path: str
    """Percent-decoded path."""
    query: str
    """Raw query string, without the question mark."""
    headers: Headers
    read: Callable[[int], Awaitable[bytes]]
    """Reads the whole body; raises `errors.ApiError` (413) above the given number of bytes."""
    peer: Peer = field(default_factory=Peer)
    handover: bool = False
    """Within the process: objects may be handed over as they are held, instead of encoded."""


class Held(Protocol):
    """One object version, however whoever has it keeps it."""

    @property
    def key(self) -> tuple[str, str]:
        """(namespace, name); the namespace of cluster-scoped objects is empty."""

    @property
    def resource_version(self) -> str: ...

    def object(self) -> dict[str, Any]:
        """The object, shared: read, never change."""

    def may_have(self, fields: Sequence[bytes]) -> bool:
        """False where none of these fields, each as JSON names it (`"a":`), is anywhere in the object."""


class HeldObject:
    """An object that came over a wire, or was made for the occasion: kept as the dict it is."""

    __slots__ = ("_object",)

    def __init__(self, obj: dict[str, Any]) -> None:
        self._object = obj

    @property
    def key(self) -> tuple[str, str]:
        """The object's own."""
        meta = self._object["metadata"]
        return meta.get("namespace", ""), meta["name"]

    @property
    def resource_version(self) -> str:
        """The object's own."""
        version: str = self._object["metadata"]["resourceVersion"]
        return version

    def object(self) -> dict[str, Any]:
        """The object itself."""
        return self._object

    def may_have(self, fields: Sequence[bytes]) -> bool:
        """To look would cost as much as to read it."""
        return True


@dataclass(slots=True)
class Reply:
    """One HTTP answer: either `body`, or `stream` of chunks until it ends."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    """Empty where the answer has none."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    stream: AsyncIterator[bytes] | None = None
    """Must be closed (`aclose`) by whoever consumes it."""
    messages: bool = False
    """The stream is one of events: each is a message of its own to a client that speaks WebSocket."""
    events: AsyncIterator[Sequence[tuple[str, Held]]] | None = None
    """In place of `stream`, for a request with `handover`: a watch's events as the store holds them."""
    upgrade: Upgrade | None = None
    """Takes the connection over once status (101) and headers are sent; it is closed when this returns."""


def plain_text(status: int, text: str) -> Reply:
    """A line for people, as Go's http.Error writes it."""
    headers = [("X-Content-Type-Options", "nosniff")]
    return Reply(status, f"{text}\n".encode(), "text/plain; charset=utf-8", headers)


async def no_body(_limit: int) -> bytes:
    """`Request.read` for a request without a body."""
    return b""


def fixed_body(data: bytes) -> Callable[[int], Awaitable[bytes]]:
    """`Request.read` for a body already in memory."""

    async def read(_limit: int) -> bytes:
        return data

    return read

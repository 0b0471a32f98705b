"""A watch on one gRPC stream: events once each, in order, over any number of reconnects.

The stream's flow control is the back-pressure: what a slow reader has not taken stays with etcd. After a lost
connection the watch resumes at the revision after the last one delivered. Etcd may cut a response inside a revision
(`fragment`), so the last revision of a fragment is held back until the next response shows that it is complete.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import grpc

from miniapi.storage.etcd_client import Code, EtcdCluster, Member
from miniapi.storage.etcd_compat import kv_pb2, rpc_pb2
from miniapi.storage.interface import Event, Progress, RevisionCompacted, Stored, StoreUnavailable

ENTER_SECONDS = 5.0
"""How long entering waits for etcd to confirm the watch."""
RECONNECT_SECONDS = (0.05, 2.0)
"""First and longest pause before a lost watch is opened again."""
HASTEN_SECONDS = 0.1
"""Pause before a request for progress is repeated while it is awaited (as the original's progress requester)."""

_FATAL = frozenset((Code.PERMISSION_DENIED, Code.UNAUTHENTICATED, Code.INVALID_ARGUMENT, Code.UNIMPLEMENTED))

Decode = Callable[[Sequence[Any]], Awaitable[list[Stored]]]
"""mvccpb.KeyValue messages -> Stored."""
Prove = Callable[[str, int, int], Awaitable[bool]]
"""(prefix, since, until) -> whether the keys are at `until` what they were at `since`."""


class _Lost(Exception):
    """The stream ended; open another one."""


class EtcdWatch:
    """The context manager and the iterator of one `Store.watch`."""

    def __init__(
        self, cluster: EtcdCluster, root: str, prefix: str, after: int, decode: Decode, prove: Prove | None
    ) -> None:
        self.prefix = prefix
        self._cluster = cluster
        self._key = (root + prefix).encode()
        self._after = after
        self._next = after + 1 if after else 0
        self._decode = decode
        self._prove = prove
        self._call: Any = None
        self._member: Member | None = None
        self._held: list[Any] = []
        self._told = 0
        self._wanted = 0
        self._asking: asyncio.Task[None] | None = None
        self._ask_now = asyncio.Event()
        self._closed = False
        self.reconnects = 0

    async def __aenter__(self) -> EtcdWatch:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ENTER_SECONDS
        while True:
            try:
                await self._open(deadline)
                return self
            except _Lost as problem:
                if loop.time() + 0.1 >= deadline:
                    raise StoreUnavailable(f"etcd watch: {problem}") from None
                await asyncio.sleep(0.1)

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the iteration with StoreUnavailable."""
        self._closed = True
        if self._asking is not None:
            self._asking.cancel()
        if self._call is not None:
            self._call.cancel()

    def __aiter__(self) -> EtcdWatch:
        return self

    async def __anext__(self) -> Sequence[Event] | Progress:
        while True:
            try:
                if self._call is None:
                    await self._reopen()
                found = await self._take(await self._read())
                if found is not None:
                    return found
            except _Lost:
                self._drop()

    async def _open(self, deadline: float) -> None:
        """One attempt: returns when etcd has confirmed the watch."""
        member = self._member = await self._cluster.member(deadline)
        # hasleader: a member cut off from the others ends the watch instead of staying silent.
        self._call = member.watch(metadata=(("hasleader", "true"),))
        create = rpc_pb2.WatchCreateRequest(
            key=self._key,
            range_end=range_end(self._key),
            start_revision=self._next,
            prev_kv=True,
            progress_notify=True,
            fragment=True,
        )
        try:
            async with asyncio.timeout(max(deadline - asyncio.get_running_loop().time(), 0.001)):
                await self._write(rpc_pb2.WatchRequest(create_request=create))
                response = await self._read()
        except TimeoutError:
            member.suspect()
            self._drop()
            raise _Lost("etcd did not confirm the watch in time") from None
        except _Lost:
            self._drop()
            raise
        self._refuse(response)
        if not self._next:
            self._next = response.header.revision + 1

    async def _reopen(self) -> None:
        pause, longest = RECONNECT_SECONDS
        while True:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            self.reconnects += 1
            try:
                return await self._open(asyncio.get_running_loop().time() + ENTER_SECONDS)
            except (_Lost, StoreUnavailable):
                if self._closed or self._cluster.closed:
                    raise StoreUnavailable("the store is closed") from None
            await asyncio.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2, longest)

    async def _write(self, request: Any) -> None:
        try:
            await self._call.write(request)
        except grpc.aio.AioRpcError as problem:
            raise self._judged(problem) from None
        except asyncio.InvalidStateError:
            raise _Lost("the stream is closed") from None

    async def _read(self) -> Any:
        try:
            response = await self._call.read()
        except grpc.aio.AioRpcError as problem:
            raise self._judged(problem) from None
        except asyncio.CancelledError:
            # grpc.aio tells of a call or channel closed under the reader as a cancellation: not our task's own.
            task = asyncio.current_task()
            if task is None or task.cancelling() or not self._call.done():
                raise
            if self._closed or self._cluster.closed:
                raise StoreUnavailable("the store is closed") from None
            raise _Lost("the stream was cancelled") from None
        if response is grpc.aio.EOF:
            raise _Lost("etcd ended the stream")
        return response

    def _judged(self, problem: grpc.aio.AioRpcError) -> Exception:
        if self._closed or self._cluster.closed:
            return StoreUnavailable("the store is closed")
        if problem.code() in _FATAL:
            return StoreUnavailable(f"etcd watch: {problem.details()}")
        if self._member is not None:
            self._member.suspect()
        return _Lost(problem.details())

    def _refuse(self, response: Any) -> None:
        if response.compact_revision:
            raise RevisionCompacted(max(self._next - 1, self._after), response.compact_revision)
        if response.canceled:
            if "leader" in response.cancel_reason or not response.cancel_reason:
                if self._member is not None:
                    self._member.suspect()
                raise _Lost(response.cancel_reason)
            raise StoreUnavailable(f"etcd watch: {response.cancel_reason}")

    def _drop(self) -> None:
        self._held = []
        call, self._call = self._call, None
        if call is not None:
            call.cancel()

    async def _take(self, response: Any) -> Sequence[Event] | Progress | None:
        self._refuse(response)
        if response.created:
            return None
        if not response.events:
            return await self._progress(response.header.revision, asked=response.watch_id == -1)
        events = [*self._held, *response.events] if self._held else response.events
        self._held = []
        if response.fragment:
            last = events[-1].kv.mod_revision
            cut = len(events)
            while cut and events[cut - 1].kv.mod_revision == last:
                cut -= 1
            self._held = list(events[cut:])
            events = events[:cut]
            if not events:
                return None
        batch = await self._events(events)
        self._next = batch[-1].revision + 1
        return batch

    async def _events(self, messages: Sequence[Any]) -> list[Event]:
        put = kv_pb2.Event.PUT
        current = iter(await self._decode([m.kv for m in messages if m.type == put]))
        previous = iter(await self._decode([m.prev_kv for m in messages if m.prev_kv.mod_revision]))
        batch = []
        for message in messages:
            now = next(current) if message.type == put else None
            before = next(previous) if message.prev_kv.mod_revision else None
            key = now.key if now else before.key if before else message.kv.key.decode()
            batch.append(Event(message.kv.mod_revision, key, now, before))
        return batch

    async def _progress(self, revision: int, *, asked: bool) -> Progress | None:
        if self._held or revision <= self._told or revision < self._next - 1:
            return None
        if asked and self._prove is not None:
            # This etcd may answer ahead of its events. What it says is believed only if the keys show that
            # nothing has changed since; the point of resumption stays where it was.
            if not await self._prove(self.prefix, self._next - 1, revision):
                return None
        else:
            self._next = max(self._next, revision + 1)
        self._told = revision
        return Progress(revision)

    def hasten(self, revision: int) -> None:
        """Asks etcd for progress until the revision has been told."""
        if self._closed or self._reached() >= revision:
            return
        self._wanted = max(self._wanted, revision)
        self._ask_now.set()
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())

    def _reached(self) -> int:
        return max(self._next - 1, self._told)

    async def _ask(self) -> None:
        request = rpc_pb2.WatchRequest(progress_request=rpc_pb2.WatchProgressRequest())
        try:
            while self._reached() < self._wanted and not self._closed:
                self._ask_now.clear()
                if self._call is not None:
                    # What fails here fails for the reader of the stream too, which acts on it.
                    with suppress(_Lost, StoreUnavailable):
                        await self._write(request)
                with suppress(TimeoutError):
                    async with asyncio.timeout(HASTEN_SECONDS):
                        await self._ask_now.wait()
        finally:
            self._asking = None


def range_end(prefix: bytes) -> bytes:
    """The first key after all that have the prefix."""
    return prefix[:-1] + bytes((prefix[-1] + 1,))

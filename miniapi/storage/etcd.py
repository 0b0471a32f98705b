"""`Store` over etcd v3: the contract in etcd's own terms, errors included.

Reads are linearizable and repeated on another member until their deadline. Writes are conditional transactions that are
sent once: where the answer is lost the key is read again, and the write reported as done only if it is seen to be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

from miniapi.storage.etcd_client import Credentials, EtcdCluster, OutOfRange, WriteUnknown
from miniapi.storage.etcd_compat import rpc_pb2
from miniapi.storage.etcd_lease import LeasePool
from miniapi.storage.etcd_watch import EtcdWatch, range_end
from miniapi.storage.interface import (
    Event,
    KeyConflict,
    Page,
    Progress,
    RevisionCompacted,
    RevisionInFuture,
    Stored,
    StoreUnavailable,
)
from miniapi.storage.keys import root

TIMEOUT_SECONDS = 5.0
"""A call's deadline; etcd itself gives up on a write after 7 s."""
PAGE_KEYS = 2_000
"""Keys read at once where a whole range is asked for."""

_MOD = rpc_pb2.Compare.MOD
_EQUAL = rpc_pb2.Compare.EQUAL


class EtcdStore:
    """Keys are given without `prefix`, and lie in etcd with it. Use it inside one event loop."""

    def __init__(
        self,
        endpoints: Sequence[str],
        *,
        prefix: str = "/registry",
        credentials: Credentials = Credentials(),  # noqa: B008  a frozen value
        timeout_seconds: float = TIMEOUT_SECONDS,
        ready_timeout_seconds: float = 1.8,
        lease_reuse_seconds: float = 60.0,
    ) -> None:
        self.cluster = EtcdCluster(endpoints, credentials, timeout_seconds)
        self._ready_timeout_seconds = ready_timeout_seconds
        self._root = root(prefix)
        self._cut = len(self._root.encode())
        self._leases = LeasePool(self.cluster, lease_reuse_seconds)
        self._watches: set[EtcdWatch] = set()
        self._progress_is_true: bool | None = None

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        """`Store.get`."""
        response = await self._range(rpc_pb2.RangeRequest(key=self._key(key), revision=revision))
        found = await self._stored(response.kvs)
        return found[0] if found else None

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """`Store.scan`."""
        start = self._key(after) + b"\0" if after and after >= prefix else self._key(prefix)
        end = range_end(self._key(prefix))
        items: list[Stored] = []
        while True:
            request = rpc_pb2.RangeRequest(key=start, range_end=end, limit=limit or PAGE_KEYS, revision=revision)
            response = await self._range(request)
            revision = revision or response.header.revision
            items += await self._stored(response.kvs)
            if limit or not response.more:
                return Page(items, revision, response.more, response.count - len(response.kvs))
            start = response.kvs[-1].key + b"\0"

    async def count(self, prefix: str) -> int:
        """`Store.count`."""
        key = self._key(prefix)
        response = await self._range(rpc_pb2.RangeRequest(key=key, range_end=range_end(key), count_only=True))
        return int(response.count)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        """`Store.put`."""
        name = self._key(key)
        lease = await self._leases.lease(lease_seconds) if lease_seconds else 0
        put = rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=name, value=value, lease=lease))
        try:
            response = await self.cluster.write("txn", _conditional(name, expected, put))
        except WriteUnknown as problem:
            return await self._settle(key, value, expected, problem)
        except StoreUnavailable as problem:
            if not lease or "lease not found" not in str(problem):
                raise
            self._leases.forget(lease_seconds)  # revoked by hand, or lost with a restored snapshot
            return await self.put(key, value, expected=expected, lease_seconds=lease_seconds)
        if response.succeeded:
            return int(response.header.revision)
        raise await self._conflict(key, response)

    async def delete(self, key: str, *, expected: int) -> int:
        """`Store.delete`."""
        name = self._key(key)
        delete = rpc_pb2.RequestOp(request_delete_range=rpc_pb2.DeleteRangeRequest(key=name))
        response = await self.cluster.write("txn", _conditional(name, expected, delete))
        if not response.succeeded:
            raise await self._conflict(key, response)
        if not response.responses[0].response_delete_range.deleted:
            raise KeyConflict(key, None)
        return int(response.header.revision)

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """`Store.watch`."""
        return _Watching(self, prefix, after)

    async def revision(self) -> int:
        """`Store.revision`."""
        response = await self._range(rpc_pb2.RangeRequest(key=self._key("health"), count_only=True))
        return int(response.header.revision)

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        """`Store.hasten`."""
        revision = revision or await self.revision()
        for watch in self._watches:
            if watch.prefix == prefix:
                watch.hasten(revision)

    async def compact(self, revision: int) -> None:
        """`Store.compact`."""
        try:
            await self.cluster.write("compact", rpc_pb2.CompactionRequest(revision=revision))
        except OutOfRange as problem:
            if not problem.compacted:
                raise RevisionInFuture(revision, await self.revision()) from None

    async def ready(self) -> None:
        """`Store.ready`."""
        request = rpc_pb2.RangeRequest(key=self._key("health"))
        await self.cluster.read("range", request, self._ready_timeout_seconds)

    async def size_bytes(self) -> dict[str, int]:
        """Database size by endpoint, of the members that answer."""
        return {endpoint: status.dbSize for endpoint, status in (await self.cluster.statuses()).items()}

    async def close(self) -> None:
        """`Store.close`."""
        for watch in list(self._watches):
            watch.close()
        await self.cluster.close()

    def _key(self, key: str) -> bytes:
        return (self._root + key).encode()

    async def _range(self, request: Any) -> Any:
        try:
            return await self.cluster.read("range", request)
        except OutOfRange as problem:
            if problem.compacted:
                raise RevisionCompacted(request.revision, await self._oldest()) from None
            raise RevisionInFuture(request.revision, await self.revision()) from None

    async def _oldest(self) -> int:
        """The revision of the last compaction: etcd tells it only to a watch that starts before it."""
        watch = EtcdWatch(self.cluster, self._root, "health", 1, self._stored, None)
        try:
            async with asyncio.timeout(1.0), watch:
                await anext(watch)
        except RevisionCompacted as problem:
            return problem.oldest
        except (TimeoutError, StoreUnavailable):
            pass  # it is a number in a message; what matters, that it was compacted, is known
        return 0

    async def _stored(self, messages: Sequence[Any]) -> list[Stored]:
        cut, seconds = self._cut, self._leases.seconds
        for message in messages:
            if message.lease and message.lease not in seconds:
                with suppress(StoreUnavailable):
                    await self._leases.learn(message.lease)
        return [
            Stored(
                m.key[cut:].decode(),
                m.value,
                m.mod_revision,
                m.create_revision,
                m.version,
                seconds.get(m.lease, 0) if m.lease else 0,
            )
            for m in messages
        ]

    async def _conflict(self, key: str, response: Any) -> KeyConflict:
        found = await self._stored(response.responses[0].response_range.kvs)
        return KeyConflict(key, found[0] if found else None)

    async def _settle(self, key: str, value: bytes, expected: int, problem: WriteUnknown) -> int:
        """After a lost answer: the revision of the write if it is there, else the problem again.

        A write that is not there yet may still be applied, so neither success nor conflict can be told.
        """
        try:
            current = await self.get(key)
        except StoreUnavailable:
            raise problem from None
        if current is not None and current.mod_revision > expected and current.value == value:
            if bool(expected) or current.version == 1:
                return current.mod_revision
        raise StoreUnavailable(f"{problem}; the write may or may not have happened") from None

    async def _open_watch(self, prefix: str, after: int) -> EtcdWatch:
        if self._progress_is_true is None:
            statuses = (await self.cluster.statuses()).values()
            if statuses:
                self._progress_is_true = all(progress_is_true(s.version) for s in statuses)
        prove = None if self._progress_is_true else self._unchanged
        return EtcdWatch(self.cluster, self._root, prefix, after, self._stored, prove)

    async def _unchanged(self, prefix: str, since: int, until: int) -> bool:
        """No key was changed after `since`, and as many are there: then none was deleted either."""
        key = self._key(prefix)
        end = range_end(key)
        try:
            newer = await self._range(
                rpc_pb2.RangeRequest(
                    key=key, range_end=end, revision=until, min_mod_revision=since + 1, keys_only=True, limit=1
                )
            )
            if newer.kvs:
                return False
            counts = [
                (await self._range(rpc_pb2.RangeRequest(key=key, range_end=end, revision=r, count_only=True))).count
                for r in (since, until)
            ]
        except (RevisionCompacted, RevisionInFuture, StoreUnavailable):
            return False
        return bool(counts[0] == counts[1])


class _Watching:
    """Keeps the store's set of open watches around one of them."""

    def __init__(self, store: EtcdStore, prefix: str, after: int) -> None:
        self._store, self._prefix, self._after = store, prefix, after
        self._watch: EtcdWatch | None = None

    async def __aenter__(self) -> AsyncIterator[Sequence[Event] | Progress]:
        watch = await self._store._open_watch(self._prefix, self._after)
        await watch.__aenter__()
        self._watch = watch
        self._store._watches.add(watch)
        return watch

    async def __aexit__(self, *_: object) -> None:
        if self._watch is not None:
            self._store._watches.discard(self._watch)
            self._watch.close()


def progress_is_true(version: str) -> bool:
    """Whether this etcd answers a request for progress only after the events before it (3.4.31, 3.5.13, 3.6)."""
    parts = [int(p) for p in version.split("-")[0].split(".")[:3] if p.isdigit()]
    if len(parts) < 3:
        return False
    return tuple(parts) >= {(3, 4): (3, 4, 31), (3, 5): (3, 5, 13)}.get((parts[0], parts[1]), (3, 6, 0))


def _conditional(key: bytes, expected: int, change: Any) -> Any:
    return rpc_pb2.TxnRequest(
        compare=[rpc_pb2.Compare(key=key, target=_MOD, result=_EQUAL, mod_revision=expected)],
        success=[change],
        failure=[rpc_pb2.RequestOp(request_range=rpc_pb2.RangeRequest(key=key))],
    )

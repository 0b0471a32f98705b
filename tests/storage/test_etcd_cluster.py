"""EtcdStore over connections and members that fail: nothing acknowledged is lost, no watch misses an event."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from miniapi.storage.etcd import EtcdStore
from miniapi.storage.etcd_compat import rpc_pb2
from miniapi.storage.interface import Progress, StoreUnavailable

pytestmark = [pytest.mark.etcd, pytest.mark.slow]


class Traffic:
    """Writers and watchers that go on through failures, and remember what they were told."""

    def __init__(self, store: EtcdStore, watchers: int = 2, writers: int = 3) -> None:
        self.store = store
        self.acknowledged: dict[str, int] = {}
        self.problems: list[StoreUnavailable] = []
        self.seen: list[list[tuple[int, str]]] = [[] for _ in range(watchers)]
        self._writers = writers
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        revision = await self.store.revision()
        self._tasks = [asyncio.create_task(self._watch(seen, revision)) for seen in self.seen]
        self._tasks += [asyncio.create_task(self._write(n)) for n in range(self._writers)]

    async def _write(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            key = f"t/{number}-{count}"
            count += 1
            try:
                self.acknowledged[key] = await self.store.put(key, key.encode(), expected=0)
            except StoreUnavailable as problem:
                self.problems.append(problem)
            await asyncio.sleep(0.002)

    async def _watch(self, seen: list[tuple[int, str]], after: int) -> None:
        async with self.store.watch("t/", after=after) as watch:
            async for batch in watch:
                if not isinstance(batch, Progress):
                    seen += [(e.revision, e.key) for e in batch]

    async def first_write_after(self, seconds: float) -> None:
        """Waits until a write started from now on is acknowledged."""
        before = len(self.acknowledged)
        async with asyncio.timeout(seconds):
            while len(self.acknowledged) < before + self._writers + 1:
                await asyncio.sleep(0.02)

    async def finish(self) -> None:
        """Stops, and checks what was acknowledged and seen against what is stored."""
        self._stop.set()
        await asyncio.gather(*self._tasks[len(self.seen) :])
        page = await self.store.scan("t/")
        stored = sorted((s.mod_revision, s.key) for s in page.items)
        assert {(r, k) for k, r in self.acknowledged.items()} <= set(stored)
        async with asyncio.timeout(10):
            while any(len(seen) < len(stored) for seen in self.seen):
                await asyncio.sleep(0.02)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        assert all(seen == stored for seen in self.seen)


async def leader_of(store: EtcdStore) -> str:
    for endpoint, status in (await store.cluster.statuses()).items():
        if status.leader == status.header.member_id:
            return endpoint
    raise AssertionError("no leader")


async def test_three_members_killed_and_frozen_in_turn_lose_nothing(start_etcd: Any) -> None:
    members = start_etcd(3)
    store = EtcdStore([m.url for m in members], timeout_seconds=3.0)
    traffic = Traffic(store)
    await traffic.start()
    await traffic.first_write_after(5)

    url = await leader_of(store)
    follower = next(m for m in members if m.url != url)
    follower.kill()
    await traffic.first_write_after(5)
    follower.launch()

    await asyncio.sleep(1.0)
    url = await leader_of(store)
    leader = next(m for m in members if m.url == url)
    leader.kill()
    await traffic.first_write_after(6)
    assert (await store.scan("t/", limit=1)).items
    leader.launch()

    await asyncio.sleep(1.5)
    url = await leader_of(store)
    leader = next(m for m in members if m.url == url)
    leader.kill(signal.SIGSTOP)
    await traffic.first_write_after(8)
    leader.kill(signal.SIGCONT)

    for member in members:
        member.kill()
    with pytest.raises(StoreUnavailable, match="etcd"):
        async with asyncio.timeout(5):
            await store.ready()
    for member in members:
        member.launch()
    await traffic.first_write_after(10)
    await traffic.finish()
    assert len(traffic.acknowledged) > 100
    await store.close()


class Relay:
    """A TCP relay to etcd whose connections can be cut."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._writers: set[asyncio.StreamWriter] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers |= {writer, back_writer}

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            sink.close()

        await asyncio.gather(pump(reader, back_writer), pump(back_reader, writer))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
        self.cut()
        await asyncio.sleep(0.05)

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


async def test_a_watch_cut_within_its_history_goes_on_where_it_was(start_etcd: Any) -> None:
    """Transactions of many keys, larger than a message: cuts fall inside of revisions too."""
    server = start_etcd(1)[0]
    writer = EtcdStore([server.url])
    start = await writer.revision()
    for i in range(40):
        puts = [
            rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=f"/registry/w/{i}-{j}".encode(), value=bytes(20_000)))
            for j in range(50)
        ]
        await writer.cluster.write("txn", rpc_pb2.TxnRequest(success=puts))
    relay = Relay(server.url)
    async with relay.running() as url:
        store = EtcdStore([url])
        seen: list[tuple[int, str]] = []
        batches = 0
        async with store.watch("w/", after=start) as watch, asyncio.timeout(20):
            while len(seen) < 2000:
                batch = await anext(watch)
                if not isinstance(batch, Progress):
                    seen += [(e.revision, e.key) for e in batch]
                    batches += 1
                    if batches % 3 == 0:
                        relay.cut()
            assert watch.reconnects >= 3
        assert len(seen) == len(set(seen)) == 2000
        assert [r for r, _ in seen] == sorted(r for r, _ in seen)
        await store.close()
    await writer.close()


async def test_a_write_whose_answer_is_lost_is_looked_up_and_not_sent_again(start_etcd: Any) -> None:
    server = start_etcd(1)[0]
    relay = Relay(server.url)
    async with relay.running() as url:
        store = EtcdStore([url], timeout_seconds=2.0)
        outcomes = {"done": 0, "unknown": 0}

        async def write(n: int) -> None:
            try:
                revision = await store.put(f"k/{n}", str(n).encode(), expected=0)
            except StoreUnavailable:
                outcomes["unknown"] += 1
                return
            outcomes["done"] += 1
            found = await store.get(f"k/{n}")
            assert found is not None
            assert (found.mod_revision, found.version, found.value) == (revision, 1, str(n).encode())

        for round_number in range(15):
            tasks = [asyncio.create_task(write(round_number * 20 + i)) for i in range(20)]
            await asyncio.sleep(0.002 * (round_number % 4))
            relay.cut()
            await asyncio.gather(*tasks)
        assert outcomes["done"] > 100
        assert all(s.version == 1 for s in (await store.scan("k/")).items)
        await store.close()

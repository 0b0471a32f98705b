"""The watch cache over a store that others write to: fresh where asked, never the whole range again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import orjson
import pytest

from miniapi.registry import watch_cache
from miniapi.registry.encoding import StoredForm
from miniapi.registry.resource import Resource
from miniapi.registry.watch_cache import WatchCache
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, RevisionCompacted, Stored, StoreUnavailable
from miniapi.storage.memory import MemoryStore
from miniapi.storage.options import PROTOBUF
from miniapi.storage.own_writes import OwnWrites


class SharedStore(MemoryStore):
    """As etcd is to one of several servers: revisions rise elsewhere, and progress is told when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.scans = 0
        self.questions = 0
        self.down = ""
        self.tells = asyncio.Event()
        """Whether watches say anything."""
        self.tells.set()
        self._streams: list[asyncio.Queue[Sequence[Event] | Progress]] = []

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        if self.down:
            raise StoreUnavailable(self.down)
        self.scans += 1
        return await super().scan(prefix, after=after, limit=limit, revision=revision)

    @asynccontextmanager
    async def _told(self, prefix: str, after: int) -> AsyncIterator[AsyncIterator[Sequence[Event] | Progress]]:
        queue: asyncio.Queue[Sequence[Event] | Progress] = asyncio.Queue()
        self._streams.append(queue)

        async def pump() -> None:
            async with super(SharedStore, self).watch(prefix, after=after) as stream:
                async for batch in stream:
                    await queue.put(batch)

        async def events() -> AsyncIterator[Sequence[Event] | Progress]:
            while True:
                batch = await queue.get()
                await self.tells.wait()
                yield batch

        task = asyncio.create_task(pump())
        try:
            yield events()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        return self._told(prefix, after)

    async def revision(self) -> int:
        self.questions += 1
        await asyncio.sleep(0.001)
        return await super().revision()

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        revision = revision or await super().revision()
        asyncio.get_running_loop().call_later(
            0.005, lambda: [queue.put_nowait(Progress(revision)) for queue in self._streams]
        )


def pod(name: str) -> bytes:
    return orjson.dumps({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name}})


@pytest.fixture
async def shared() -> AsyncIterator[SharedStore]:
    store = SharedStore()
    yield store
    await store.close()


@pytest.fixture
async def cache(shared: SharedStore) -> AsyncIterator[WatchCache]:
    cache = WatchCache(shared, "pods/", StoredForm(), OwnWrites())
    yield cache
    await cache.close()


async def test_lists_see_every_write_before_them_and_read_the_range_once(
    shared: SharedStore, cache: WatchCache
) -> None:
    for n in range(20):
        await shared.put(f"pods/ns/p{n:02}", pod(f"p{n}"), expected=0)
        await shared.put(f"nodes/n{n:02}", b"", expected=0)
        page = await cache.scan("pods/ns/")
        assert len(page.items) == n + 1
        assert page.revision >= await shared.revision()
    assert shared.scans == 1


async def test_reads_that_wait_together_ask_once(shared: SharedStore, cache: WatchCache) -> None:
    await cache.scan("pods/")
    asked = shared.questions
    await asyncio.gather(*(cache.scan("pods/") for _ in range(50)))
    assert shared.questions - asked <= 2


async def test_any_revision_is_answered_while_the_store_is_away(shared: SharedStore, cache: WatchCache) -> None:
    await shared.put("pods/ns/a", pod("a"), expected=0)
    await cache.scan("pods/")
    shared.down = "etcd: gone"
    assert [s.key for s in (await cache.scan_any("pods/")).items] == ["pods/ns/a"]


async def test_a_cache_that_cannot_be_filled_says_why_and_tries_again(
    shared: SharedStore, cache: WatchCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("miniapi.registry.watch_cache.RETRY_SECONDS", (0.01, 0.01))
    shared.down = "etcd: gone"
    with pytest.raises(StoreUnavailable, match="etcd: gone"):
        await cache.scan("pods/")
    shared.down = ""
    await asyncio.sleep(0.1)
    assert (await cache.scan("pods/")).items == []


async def test_an_old_page_comes_from_the_cache_and_a_compacted_one_from_the_store(
    shared: SharedStore, cache: WatchCache
) -> None:
    await shared.put("pods/ns/a", pod("a"), expected=0)
    older = await shared.revision()
    await cache.scan("pods/")
    await shared.put("pods/ns/b", pod("b"), expected=0)
    await cache.scan("pods/")
    scans = shared.scans
    assert [s.key for s in (await cache.scan("pods/", revision=older)).items] == ["pods/ns/a"]
    assert shared.scans == scans
    assert (await cache.scan("pods/", revision=1)).items == []
    assert shared.scans == scans + 1


async def test_watches_begin_where_the_server_did_and_not_before(shared: SharedStore) -> None:
    await shared.put("pods/ns/a", pod("a"), expected=0)
    began = await shared.revision()
    await shared.put("pods/ns/b", pod("b"), expected=0)
    cache = WatchCache(shared, "pods/", StoredForm(), OwnWrites(), lambda: began)
    async with asyncio.timeout(5), cache.watch("pods/", after=began) as stream:
        batch = await anext(stream)
        assert not isinstance(batch, Progress)
        assert [e.key for e in batch] == ["pods/ns/b"]
    with pytest.raises(RevisionCompacted):
        async with cache.watch("pods/", after=began - 1):
            pass
    await cache.close()


async def test_watchers_share_the_batches_of_one_store_watch(shared: SharedStore, cache: WatchCache) -> None:
    await cache.scan("pods/")
    start = await shared.revision()
    async with asyncio.timeout(5), cache.watch("pods/", after=start) as one, cache.watch("pods/", after=start) as two:
        await shared.put("pods/ns/a", pod("a"), expected=0)
        assert await anext(one) is await anext(two)


async def test_protobuf_at_rest_is_read_as_json_once(shared: SharedStore) -> None:
    form = StoredForm(PROTOBUF)
    obj = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}}
    at_rest = form.at_rest(obj, b"")
    assert at_rest.startswith(b"k8s\0")
    await shared.put("pods/ns/a", at_rest, expected=0)
    cache = WatchCache(shared, "pods/", form, OwnWrites())
    (listed,) = (await cache.scan("pods/")).items
    assert orjson.loads(listed.value)["metadata"]["name"] == "a"
    assert await cache.get("pods/ns/a") is listed
    assert not listed.stale
    await cache.close()


async def test_another_encoding_at_rest_is_stale(shared: SharedStore) -> None:
    await shared.put("pods/ns/a", StoredForm(PROTOBUF).at_rest({"kind": "Pod", "apiVersion": "v1"}, b""), expected=0)
    cache = WatchCache(shared, "pods/", StoredForm(), OwnWrites())
    found: Stored | None = await cache.get("pods/ns/a")
    assert found is not None
    assert found.stale
    await cache.close()


async def test_what_this_server_wrote_is_not_decoded_when_it_comes_back(
    shared: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = StoredForm(PROTOBUF)
    cache = WatchCache(shared, "pods/", form, OwnWrites())
    pods = Resource(cache, "pods", form, namespaced=True)
    await cache.scan("pods/")
    monkeypatch.setattr(form, "decode", lambda _: pytest.fail("it was decoded"))
    created = await pods.create("ns", "a", {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}})
    (listed,) = (await cache.scan("pods/")).items
    assert (listed.value, listed.mod_revision) == (created.value, created.mod_revision)
    raw = await shared.get("pods/ns/a")
    assert raw is not None
    assert raw.value.startswith(b"k8s\0")
    await cache.close()


def named(name: str) -> dict[str, object]:
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name}}


async def behind(shared: SharedStore, monkeypatch: pytest.MonkeyPatch) -> Resource:
    """A resource whose watch has not told of what somebody else wrote, and of as much as it may after that."""
    monkeypatch.setattr(watch_cache, "MOST_AHEAD", 4)
    form = StoredForm(PROTOBUF)
    pods = Resource(WatchCache(shared, "pods/", form, OwnWrites()), "pods", form, namespaced=True)
    await pods.scan("ns")
    shared.tells.clear()
    await shared.put("pods/ns/foreign", pod("foreign"), expected=0)
    for number in range(5):
        await pods.create("ns", f"early-{number}", named(f"early-{number}"))
    return pods


async def test_writes_wait_for_a_watch_that_falls_behind(shared: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    pods = await behind(shared, monkeypatch)
    late = [asyncio.create_task(pods.create("ns", f"late-{n}", named(f"late-{n}"))) for n in range(3)]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in late)
    shared.tells.set()
    async with asyncio.timeout(0.3):
        await asyncio.gather(*late)
        assert len((await pods.scan("ns")).items) == 9
    await pods.store.close()


async def test_a_watch_that_says_nothing_holds_up_no_write_for_long(
    shared: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_cache, "PACE_SECONDS", 0.02)
    pods = await behind(shared, monkeypatch)
    async with asyncio.timeout(0.4):
        await pods.create("ns", "late", named("late"))
    await pods.store.close()


async def test_nobody_waits_for_a_write_that_was_refused(shared: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    pods = await behind(shared, monkeypatch)
    shared.tells.set()
    await pods.scan("ns")
    shared.tells.clear()
    async with asyncio.timeout(0.3):
        for _ in range(6):
            with pytest.raises(KeyConflict):
                await pods.create("ns", "early-0", named("early-0"))
        await pods.create("ns", "late", named("late"))
    await pods.store.close()


async def keys(cache: WatchCache) -> list[str]:
    return [stored.key for stored in (await cache.scan_any("pods/")).items]


async def test_what_this_server_writes_is_there_before_the_watch_says_so(
    shared: SharedStore, cache: WatchCache
) -> None:
    await cache.scan("pods/")
    shared.tells.clear()
    start = await shared.revision()
    async with asyncio.timeout(5), cache.watch("pods/", after=start) as stream:
        first = await cache.put("pods/ns/a", pod("a"), expected=0)
        second = await cache.put("pods/ns/a", pod("b"), expected=first)
        last = await cache.delete("pods/ns/a", expected=second)
        assert await cache.put("pods/ns/c", pod("c"), expected=0) == last + 1
        assert await keys(cache) == ["pods/ns/c"]
        shared.tells.set()
        await asyncio.sleep(0.02)
        await shared.put("pods/ns/d", pod("d"), expected=0)
        seen: list[Event] = []
        while len(seen) < 5:
            batch = await anext(stream)
            assert not isinstance(batch, Progress)
            seen += batch
    assert [event.revision - start for event in seen] == [1, 2, 3, 4, 5], "each once, however often it was told"
    assert [(e.current is not None, e.previous is not None) for e in seen] == [
        (True, False),
        (True, True),
        (False, True),
        (True, False),
        (True, False),
    ]
    assert seen[1].current is not None
    assert (seen[1].current.create_revision, seen[1].current.version) == (first, 2)


async def test_what_somebody_else_wrote_before_comes_first(shared: SharedStore, cache: WatchCache) -> None:
    await cache.scan("pods/")
    shared.tells.clear()
    start = await shared.revision()
    async with asyncio.timeout(5), cache.watch("pods/", after=start) as stream:
        await shared.put("pods/ns/theirs", pod("theirs"), expected=0)
        await cache.put("pods/ns/ours", pod("ours"), expected=0)
        await cache.put("pods/ns/too", pod("too"), expected=0)
        assert await keys(cache) == []
        shared.tells.set()
        seen: list[Event] = []
        while len(seen) < 3:
            batch = await anext(stream)
            assert not isinstance(batch, Progress)
            seen += batch
    assert [event.key for event in seen] == ["pods/ns/theirs", "pods/ns/ours", "pods/ns/too"]


async def test_a_list_after_own_writes_of_any_resource_waits_for_no_watch(shared: SharedStore) -> None:
    writes = OwnWrites()
    pods = WatchCache(shared, "pods/", StoredForm(), writes)
    nodes = WatchCache(shared, "nodes/", StoredForm(), writes)
    await pods.scan("pods/")
    await nodes.scan("nodes/")
    shared.tells.clear()
    await pods.put("pods/ns/a", pod("a"), expected=0)
    last = await nodes.put("nodes/n", pod("n"), expected=0)
    async with asyncio.timeout(1):
        page = await pods.scan("pods/")
    assert (len(page.items), page.revision) == (1, last)
    await pods.close()
    await nodes.close()


async def test_a_list_does_not_take_what_somebody_else_wrote_for_nothing(shared: SharedStore) -> None:
    writes = OwnWrites()
    pods = WatchCache(shared, "pods/", StoredForm(), writes)
    nodes = WatchCache(shared, "nodes/", StoredForm(), writes)
    await nodes.put("nodes/m", pod("m"), expected=0)
    await pods.scan("pods/")
    shared.tells.clear()
    await shared.put("pods/ns/theirs", pod("theirs"), expected=0)
    await nodes.put("nodes/n", pod("n"), expected=0)
    listing = asyncio.create_task(pods.scan("pods/"))
    await asyncio.sleep(0.02)
    assert not listing.done()
    shared.tells.set()
    async with asyncio.timeout(1):
        assert [stored.key for stored in (await listing).items] == ["pods/ns/theirs"]
    await pods.close()
    await nodes.close()


async def test_own_writes_do_not_overtake_those_before_the_cache_was_filled(shared: SharedStore) -> None:
    cache = WatchCache(shared, "pods/", StoredForm(), OwnWrites(), lambda: 1)
    await cache.put("pods/ns/first", pod("first"), expected=0)
    shared.tells.clear()
    assert await keys(cache) == []
    await cache.put("pods/ns/second", pod("second"), expected=0)
    assert await keys(cache) == []
    shared.tells.set()
    async with asyncio.timeout(1):
        assert len((await cache.scan("pods/")).items) == 2
    await cache.close()


async def test_a_watch_tells_its_progress_after_its_events(shared: SharedStore, cache: WatchCache) -> None:
    await cache.scan("pods/")
    start = await shared.revision()
    async with asyncio.timeout(5), cache.watch("pods/", after=start) as stream:
        shared.tells.clear()
        written = await shared.put("pods/ns/theirs", pod("theirs"), expected=0)
        asking = asyncio.create_task(cache.hasten("pods/"))
        await asyncio.sleep(0.02)
        assert not asking.done()
        shared.tells.set()
        batch = await anext(stream)
        assert not isinstance(batch, Progress)
        assert [event.revision for event in batch] == [written]
        assert await anext(stream) == Progress(written)
        await asking


async def test_two_servers_tell_their_watchers_the_same(shared: SharedStore) -> None:
    """Many writes of two servers to few keys, answered and told in any order: each watcher sees each write once."""
    chance = random.Random(7)

    class Late(SharedStore):
        async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
            await asyncio.sleep(chance.random() / 500)
            revision = await super().put(key, value, expected=expected, lease_seconds=lease_seconds)
            await asyncio.sleep(chance.random() / 500)
            return revision

        async def delete(self, key: str, *, expected: int) -> int:
            revision = await super().delete(key, expected=expected)
            await asyncio.sleep(chance.random() / 500)
            return revision

    store = Late()
    servers = [WatchCache(store, "pods/", StoredForm(), OwnWrites()) for _ in range(2)]
    for server in servers:
        await server.scan("pods/")
    start = await store.revision()
    seen: list[list[tuple[int, str, bytes | None, int]]] = [[], []]

    async def watch(server: WatchCache, into: list[tuple[int, str, bytes | None, int]]) -> None:
        async with server.watch("pods/", after=start) as stream:
            async for batch in stream:
                assert not isinstance(batch, Progress)
                for e in batch:
                    before = e.previous.mod_revision if e.previous is not None else 0
                    into.append((e.revision, e.key, e.current.value if e.current is not None else None, before))

    async def write(server: WatchCache, number: int) -> None:
        key = f"pods/ns/p{chance.randrange(6)}"
        found = await server.get(key)
        with suppress(KeyConflict):
            if found is not None and chance.random() < 0.3:
                await server.delete(key, expected=found.mod_revision)
            else:
                await server.put(key, pod(f"p{number}"), expected=found.mod_revision if found is not None else 0)

    async def stutter() -> None:
        while True:
            store.tells.clear()
            await asyncio.sleep(chance.random() / 100)
            store.tells.set()
            await asyncio.sleep(chance.random() / 100)

    watches = [asyncio.create_task(watch(*pair)) for pair in zip(servers, seen, strict=True)]
    stuttering = asyncio.create_task(stutter())
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        for number in range(0, 600, 12):
            await asyncio.gather(*(write(chance.choice(servers), number + n) for n in range(12)))
        stuttering.cancel()
        store.tells.set()
        last = await store.revision()
        pages = [await server.scan("pods/") for server in servers]
        while any(not told or told[-1][0] < last for told in seen):
            await asyncio.sleep(0.01)
    for task in watches:
        task.cancel()
    await asyncio.gather(*watches, stuttering, return_exceptions=True)
    assert [entry[0] for entry in seen[0]] == list(range(start + 1, last + 1))
    assert seen[0] == seen[1]
    assert list(pages[0].items) == list(pages[1].items) == list((await store.scan("pods/")).items)
    for server in servers:
        await server.close()
    await store.close()

"""The watch cache takes what its own server writes before the watch brings it, and never before what came first."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from miniapi.registry.encoding import StoredForm
from miniapi.registry.watch_cache import WatchCache
from miniapi.storage.interface import Event, KeyConflict, Progress
from miniapi.storage.own_writes import OwnWrites
from tests.registry.shared_store import SharedStore, pod


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

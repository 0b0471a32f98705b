"""What a watch sends after it has begun."""

from __future__ import annotations

import asyncio

import orjson

from miniapi.endpoints.verbs import watch
from tests.endpoints.world import CONFIG_MAPS, config_map


async def frames(reply, count):
    """The first events of a stream: (type, name, resource version)."""
    seen = []
    async with asyncio.timeout(5):
        async for chunk in reply.stream:
            for line in chunk.splitlines():
                event = orjson.loads(line)
                meta = event["object"]["metadata"]
                seen.append((event["type"], meta.get("name", ""), int(meta["resourceVersion"])))
            if len(seen) >= count:
                break
    await reply.stream.aclose()
    return seen


async def test_events_that_happen_together_leave_together(world):
    reply = await world.ask("GET", CONFIG_MAPS + "?watch=1&resourceVersion=1")
    for name in "abc":
        await world.ask("POST", CONFIG_MAPS, config_map(name))
    async with asyncio.timeout(5):
        chunk = await anext(aiter(reply.stream))
    assert [orjson.loads(line)["object"]["metadata"]["name"] for line in chunk.splitlines()] == ["a", "b", "c"]
    await reply.stream.aclose()


async def test_a_bookmark_tells_the_newest_revision_once_its_events_are_sent(world, monkeypatch):
    monkeypatch.setattr(watch, "BOOKMARK_SECONDS", 0.02)
    reply = await world.ask("GET", CONFIG_MAPS + "?watch=1&resourceVersion=1&allowWatchBookmarks=true")
    await world.ask("POST", CONFIG_MAPS, config_map("a"))
    await world.ask("POST", "/api/v1/namespaces/other/configmaps", config_map("b"))
    newest = await world.store.revision()
    seen = await frames(reply, 3)
    assert seen[0] == ("ADDED", "a", newest - 1)
    assert set(seen[1:]) == {("BOOKMARK", "", newest)}


async def test_no_bookmark_overtakes_an_event_that_the_store_tells_late(world, monkeypatch):
    """As over etcd, where the revision is known before the watch has brought what led to it."""
    monkeypatch.setattr(watch, "BOOKMARK_SECONDS", 0.02)
    brought = asyncio.Event()
    opened = world.store.watch

    class Late:
        def __init__(self, stream):
            self._stream = stream

        def __aiter__(self):
            return self

        async def __anext__(self):
            batch = await anext(self._stream)
            await brought.wait()
            return batch

    class Opened:
        def __init__(self, inner):
            self._inner = inner

        async def __aenter__(self):
            return Late(await self._inner.__aenter__())

        async def __aexit__(self, *problem):
            return await self._inner.__aexit__(*problem)

    monkeypatch.setattr(world.store, "watch", lambda prefix, after: Opened(opened(prefix, after=after)))
    reply = await world.ask("GET", CONFIG_MAPS + "?watch=1&resourceVersion=1&allowWatchBookmarks=true")
    reading = asyncio.create_task(frames(reply, 2))
    await world.ask("POST", CONFIG_MAPS, config_map("a"))
    await asyncio.sleep(0.1)
    brought.set()
    assert [event[0] for event in await reading] == ["ADDED", "BOOKMARK"]

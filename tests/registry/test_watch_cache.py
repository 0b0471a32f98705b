"""The watch cache over a store that others write to: fresh where asked, never the whole range again."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from miniapi.registry import watch_cache
from miniapi.registry.encoding import StoredForm
from miniapi.registry.resource import Resource
from miniapi.registry.watch_cache import WatchCache
from miniapi.storage.interface import KeyConflict, Progress, RevisionCompacted, Stored, StoreUnavailable
from miniapi.storage.options import PROTOBUF
from miniapi.storage.own_writes import OwnWrites
from tests.registry.shared_store import SharedStore, pod


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

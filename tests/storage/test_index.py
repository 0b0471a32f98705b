"""The in-memory parts: keys in order, watches that are slow."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from miniapi.storage import broadcast, sorted_keys
from miniapi.storage.interface import RevisionCompacted
from miniapi.storage.memory import MemoryStore
from miniapi.storage.sorted_keys import SortedKeys, prefix_end
from tests.storage.contract import events


def test_sorted_keys_do_what_a_sorted_list_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_keys, "CHUNK_KEYS", 4)
    chance = random.Random(1)
    model = sorted({str(chance.randrange(1000)) for _ in range(30)})
    keys = SortedKeys(model)
    for _ in range(3000):
        key = str(chance.randrange(1000))
        if key in model:
            keys.remove(key)
            model.remove(key)
        else:
            keys.add(key)
            model = sorted([*model, key])
        low, high, count = str(chance.randrange(1000)), str(chance.randrange(1000)), chance.randrange(20)
        assert list(keys.walk(keys.before(low), count)) == [k for k in model if k >= low][:count]
        assert list(keys.walk(keys.behind(low), count)) == [k for k in model if k > low][:count]
        assert keys.distance(keys.before(low), keys.before(high)) == sum(low <= k < high for k in model)
        assert keys.distance(keys.behind(low), keys.end()) == sum(k > low for k in model)
    for key in model:
        keys.remove(key)
    assert keys.distance(keys.before(""), keys.end()) == 0
    assert list(keys.walk(keys.before("a"), 5)) == []


def test_the_end_of_a_prefix_is_above_all_that_begin_with_it() -> None:
    assert "a/" < "a/\U0010ffff\U0010ffff" < prefix_end("a/") <= "a0"


async def test_a_slow_watch_catches_up_without_holding_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "MAX_PENDING_EVENTS", 10)
    monkeypatch.setattr(broadcast, "CATCH_UP_EVENTS", 7)
    store = MemoryStore()
    async with store.watch("a/", after=0) as slow, store.watch("a/", after=0) as quick:
        wanted = []
        for i in range(60):
            wanted.append(await store.put(f"a/{i}", b"", expected=0))
            await store.put(f"b/{i}", b"", expected=0)
            assert [e.revision for e in await events(quick, 1)] == wanted[-1:]
        assert sum(map(len, slow._pending)) <= 10  # type: ignore[attr-defined]
        found: list[int] = []
        while len(found) < 70:
            batch = await anext(slow)
            assert isinstance(batch, Sequence)
            assert len(batch) <= 10
            found += [e.revision for e in batch]
            if len(wanted) < 70:
                wanted.append(await store.put(f"a/{len(wanted)}", b"", expected=0))
        assert found == wanted
    await store.close()


async def test_a_slow_watch_is_told_when_what_it_missed_is_compacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "MAX_PENDING_EVENTS", 10)
    store = MemoryStore()
    async with store.watch("a/", after=0) as watch:
        first = await store.put("a/x", b"", expected=0)
        await events(watch, 1)
        for i in range(20):
            await store.put(f"a/{i}", b"", expected=0)
        await store.compact(await store.revision())
        with pytest.raises(RevisionCompacted) as compacted:
            await anext(watch)
        assert (compacted.value.requested, compacted.value.oldest) == (first, await store.revision())
    await store.close()


async def test_one_that_watches_again_misses_nothing_and_sees_nothing_twice() -> None:
    store = MemoryStore()
    wanted, found = [], []
    position = await store.revision()
    for _ in range(20):
        wanted += [await store.put(f"a/{len(wanted) + i}", b"", expected=0) for i in range(3)]
        async with store.watch("a/", after=position) as watch:
            found += [e.revision for e in await events(watch, 3)]
        position = found[-1]
    assert found == wanted
    await store.close()


async def test_ended_watches_leave_nothing_behind() -> None:
    store = MemoryStore()
    for prefix in ("", "a", "a/"):
        async with store.watch(prefix, after=0), store.watch(prefix, after=0) as watch:
            await store.put(f"a/{prefix}", b"", expected=0)
            await events(watch, 1)
    with pytest.raises(StopAsyncIteration):
        await anext(watch)
    assert store._index._broadcast._watches == {}
    assert store._index._broadcast._odd == []
    await store.close()

"""What every store promises: subclass `StoreContract` with a fixture `store` that is an empty, open store."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import pytest

from miniapi.storage.interface import (
    Event,
    KeyConflict,
    Progress,
    RevisionCompacted,
    RevisionInFuture,
    Store,
    Stored,
    StoreUnavailable,
)


async def events(watch: AsyncIterator[Sequence[Event] | Progress], count: int) -> list[Event]:
    """The next `count` events of a watch."""
    found: list[Event] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            batch = await anext(watch)
            if not isinstance(batch, Progress):
                found += batch
    assert len(found) == count
    return found


def brief(event: Event) -> tuple[int, str, bytes | None, bytes | None]:
    """Revision, key, value now, value before."""
    return (
        event.revision,
        event.key,
        event.current.value if event.current else None,
        event.previous.value if event.previous else None,
    )


class StoreContract:
    async def test_a_key_remembers_its_revisions_and_its_version(self, store: Store) -> None:
        first = await store.put("pods/a/x", b"1", expected=0)
        second = await store.put("pods/a/x", b"2", expected=first)
        assert await store.get("pods/a/x") == Stored("pods/a/x", b"2", second, first, 2)
        assert second > first
        assert await store.revision() == second

    async def test_a_key_made_again_begins_anew(self, store: Store) -> None:
        first = await store.put("a", b"1", expected=0)
        second = await store.put("a", b"2", expected=first)
        gone = await store.delete("a", expected=second)
        again = await store.put("a", b"3", expected=0)
        assert first < second < gone < again
        assert await store.get("a") == Stored("a", b"3", again, again, 1)
        assert await store.get("a", revision=gone) is None

    async def test_an_older_revision_of_a_key_can_be_read(self, store: Store) -> None:
        first = await store.put("a", b"1", expected=0)
        await store.put("b", b"", expected=0)
        second = await store.put("a", b"2", expected=first)
        assert await store.get("a", revision=first) == Stored("a", b"1", first, first, 1)
        assert await store.get("a", revision=second - 1) == Stored("a", b"1", first, first, 1)
        assert await store.get("b", revision=first) is None

    async def test_a_missing_key_is_none(self, store: Store) -> None:
        assert await store.get("none") is None
        assert await store.count("none/") == 0
        page = await store.scan("none/")
        assert (list(page.items), page.more, page.remaining) == ([], False, 0)

    async def test_an_empty_value_is_a_value(self, store: Store) -> None:
        revision = await store.put("a", b"", expected=0)
        assert await store.get("a") == Stored("a", b"", revision, revision, 1)

    async def test_keys_and_values_may_hold_anything(self, store: Store) -> None:
        value = bytes(range(256)) * 40
        key = "pods/ns/ü-😀 %:x"
        revision = await store.put(key, value, expected=0)
        assert await store.get(key) == Stored(key, value, revision, revision, 1)
        assert [s.key for s in (await store.scan("pods/ns/ü")).items] == [key]

    async def test_a_conflict_hands_back_what_is_there(self, store: Store) -> None:
        revision = await store.put("a", b"1", expected=0)
        there = Stored("a", b"1", revision, revision, 1)
        for expected in (0, revision + 1):
            with pytest.raises(KeyConflict) as conflict:
                await store.put("a", b"2", expected=expected)
            assert (conflict.value.key, conflict.value.current) == ("a", there)
        with pytest.raises(KeyConflict) as conflict:
            await store.delete("a", expected=revision - 1)
        assert conflict.value.current == there
        assert await store.get("a") == there

    async def test_nothing_can_be_changed_or_deleted_where_nothing_is(self, store: Store) -> None:
        before = await store.revision()
        for attempt in (
            store.put("a", b"", expected=7),
            store.delete("a", expected=7),
            store.delete("a", expected=0),
        ):
            with pytest.raises(KeyConflict) as conflict:
                await attempt
            assert conflict.value.current is None
        assert await store.revision() == before

    async def test_a_range_comes_in_key_order_and_in_pages(self, store: Store) -> None:
        for name in ("e", "b", "d", "a", "c"):
            await store.put(f"pods/n/{name}", name.encode(), expected=0)
        for other in ("pod", "pods", "pods0", "podsx/n/a"):
            await store.put(other, b"", expected=0)
        page = await store.scan("pods/", limit=2)
        assert [s.value for s in page.items] == [b"a", b"b"]
        assert (page.more, page.remaining, page.revision) == (True, 3, await store.revision())
        page = await store.scan("pods/", after=page.items[-1].key, limit=2)
        assert [s.value for s in page.items] == [b"c", b"d"]
        assert (page.more, page.remaining) == (True, 1)
        page = await store.scan("pods/", after=page.items[-1].key, limit=2)
        assert [s.value for s in page.items] == [b"e"]
        assert (page.more, page.remaining) == (False, 0)
        assert not (await store.scan("pods/", after="pods/n/e")).items
        assert [s.value for s in (await store.scan("pods/", after="pods/n/bb")).items] == [b"c", b"d", b"e"]
        assert await store.count("pods/") == 5

    async def test_a_limit_that_is_just_enough_leaves_nothing(self, store: Store) -> None:
        for name in "abc":
            await store.put(f"k/{name}", b"", expected=0)
        page = await store.scan("k/", limit=3)
        assert (len(page.items), page.more, page.remaining) == (3, False, 0)

    async def test_the_empty_prefix_is_everything(self, store: Store) -> None:
        for name in ("b/x", "a", "c/y/z"):
            await store.put(name, b"", expected=0)
        assert [s.key for s in (await store.scan("")).items] == ["a", "b/x", "c/y/z"]
        assert await store.count("") == 3

    async def test_pages_of_one_revision_do_not_see_what_came_later(self, store: Store) -> None:
        revisions = {n: await store.put(f"k/{n}", b"old", expected=0) for n in "abcdef"}
        page = await store.scan("k/", limit=2)
        await store.put("k/c", b"new", expected=revisions["c"])
        await store.delete("k/d", expected=revisions["d"])
        await store.delete("k/a", expected=revisions["a"])
        await store.put("k/dd", b"new", expected=0)
        again = await store.delete("k/e", expected=revisions["e"])
        await store.put("k/e", b"new", expected=0)
        second = await store.scan("k/", after=page.items[-1].key, limit=2, revision=page.revision)
        assert [(s.key, s.value) for s in second.items] == [("k/c", b"old"), ("k/d", b"old")]
        assert (second.more, second.remaining, second.revision) == (True, 2, page.revision)
        third = await store.scan("k/", after="k/d", limit=2, revision=page.revision)
        assert [(s.key, s.value) for s in third.items] == [("k/e", b"old"), ("k/f", b"old")]
        assert (third.more, third.remaining) == (False, 0)
        then = await store.scan("k/", revision=again)
        assert [s.key for s in then.items] == ["k/b", "k/c", "k/dd", "k/f"]

    async def test_a_revision_to_come_is_told_apart(self, store: Store) -> None:
        last = await store.put("a", b"1", expected=0)
        for read in (store.get("a", revision=last + 1000), store.scan("", revision=last + 1000)):
            with pytest.raises(RevisionInFuture) as future:
                await read
            assert (future.value.requested, future.value.current) == (last + 1000, last)
        with pytest.raises(RevisionInFuture):
            await store.compact(last + 1000)

    async def test_compaction_forgets_what_is_older_and_nothing_else(self, store: Store) -> None:
        first = await store.put("a", b"1", expected=0)
        other = await store.put("b", b"1", expected=0)
        middle = await store.put("a", b"2", expected=first)
        last = await store.put("a", b"3", expected=middle)
        await store.compact(middle)
        await store.compact(middle)
        await store.compact(first)
        for read in (store.get("a", revision=other), store.scan("", revision=first)):
            with pytest.raises(RevisionCompacted) as compacted:
                await read
            assert compacted.value.oldest == middle
        then = await store.scan("", revision=middle)
        assert [(s.key, s.value, s.version) for s in then.items] == [("a", b"2", 2), ("b", b"1", 1)]
        assert await store.get("a") == Stored("a", b"3", last, first, 3)

    async def test_a_watch_from_what_is_compacted_is_refused(self, store: Store) -> None:
        first = await store.put("a", b"1", expected=0)
        middle = await store.put("a", b"2", expected=first)
        last = await store.put("a", b"3", expected=middle)
        await store.compact(last)
        with pytest.raises(RevisionCompacted) as compacted:
            async with asyncio.timeout(10), store.watch("", after=first) as watch:
                await anext(watch)
        assert compacted.value.oldest == last
        async with store.watch("", after=last) as watch:
            later = await store.put("a", b"4", expected=last)
            assert [e.revision for e in await events(watch, 1)] == [later]

    async def test_a_watch_that_is_hastened_tells_its_progress_after_its_events(self, store: Store) -> None:
        start = await store.revision()
        async with store.watch("p/", after=start) as watch:
            written = await store.put("p/a", b"", expected=0)
            elsewhere = await store.put("q/a", b"", expected=0)
            await store.hasten("p/")
            seen: list[int] = []
            async with asyncio.timeout(10):
                async for batch in watch:
                    if isinstance(batch, Progress):
                        if batch.revision >= elsewhere:
                            break
                    else:
                        seen += [event.revision for event in batch]
            assert seen == [written]
            later = await store.put("p/b", b"", expected=0)
            assert [event.revision for event in await events(watch, 1)] == [later]

    async def test_a_watch_tells_changes_with_what_was_before(self, store: Store) -> None:
        start = await store.put("w/z", b"", expected=0)
        async with store.watch("w/", after=start) as watch:
            first = await store.put("w/a", b"1", expected=0)
            second = await store.put("w/a", b"2", expected=first)
            third = await store.delete("w/a", expected=second)
            found = await events(watch, 3)
            assert [brief(e) for e in found] == [
                (first, "w/a", b"1", None),
                (second, "w/a", b"2", b"1"),
                (third, "w/a", None, b"2"),
            ]
            assert found[1].current == Stored("w/a", b"2", second, first, 2)
            assert found[1].previous == Stored("w/a", b"1", first, first, 1)

    async def test_a_watch_replays_what_came_after_its_revision_and_then_goes_on(self, store: Store) -> None:
        revisions = [await store.put(f"w/{i}", b"", expected=0) for i in range(4)]
        async with store.watch("w/", after=revisions[1]) as watch:
            assert [e.revision for e in await events(watch, 2)] == revisions[2:]
            last = await store.put("w/9", b"", expected=0)
            assert [e.revision for e in await events(watch, 1)] == [last]

    async def test_a_watch_from_now_on_tells_nothing_of_before(self, store: Store) -> None:
        await store.put("w/a", b"", expected=0)
        async with store.watch("w/", after=0) as watch:
            last = await store.put("w/b", b"", expected=0)
            assert [e.revision for e in await events(watch, 1)] == [last]

    async def test_a_watch_from_a_revision_to_come_waits_for_it(self, store: Store) -> None:
        now = await store.revision()
        async with store.watch("w/", after=now + 1) as watch:
            await store.put("w/a", b"", expected=0)
            last = await store.put("w/b", b"", expected=0)
            assert [e.revision for e in await events(watch, 1)] == [last]

    @pytest.mark.parametrize("prefix", ["", "w", "w/", "w/a", "w/a/"])
    async def test_a_watch_sees_its_prefix_only(self, store: Store, prefix: str) -> None:
        keys = ["v/a/1", "w/a/1", "w/ab", "w/b/1", "wx/a/1"]
        async with store.watch(prefix, after=await store.revision()) as watch:
            for key in keys:
                await store.put(key, b"", expected=0)
            wanted = [key for key in keys if key.startswith(prefix)]
            assert [e.key for e in await events(watch, len(wanted))] == wanted

    async def test_every_watch_sees_every_event_in_order(self, store: Store) -> None:
        start = await store.revision()

        async def follow() -> list[int]:
            async with store.watch("w/", after=start or 1) as watch:
                return [e.revision for e in await events(watch, 200)]

        async def write(writer: int) -> None:
            for i in range(20):
                await store.put(f"w/{writer}/{i}", b"x", expected=0)

        followers = [asyncio.create_task(follow()) for _ in range(3)]
        await asyncio.gather(*(write(i) for i in range(10)))
        seen = await asyncio.gather(*followers)
        assert seen[0] == sorted(set(seen[0]))
        assert seen[0] == seen[1] == seen[2]

    async def test_a_write_is_seen_by_who_was_told_of_it(self, store: Store) -> None:
        async def write(i: int) -> None:
            revision = await store.put(f"k/{i}", b"x", expected=0)
            assert await store.revision() >= revision
            found = await store.get(f"k/{i}")
            assert found is not None
            assert found.mod_revision == revision

        await asyncio.gather(*(write(i) for i in range(50)))
        assert await store.count("k/") == 50

    async def test_of_many_creating_one_key_one_succeeds(self, store: Store) -> None:
        results = await asyncio.gather(
            *(store.put("k", str(i).encode(), expected=0) for i in range(30)), return_exceptions=True
        )
        made = [(i, r) for i, r in enumerate(results) if isinstance(r, int)]
        assert len(made) == 1
        winner, revision = made[0]
        for result in results:
            if not isinstance(result, int):
                assert isinstance(result, KeyConflict)
                assert result.current == Stored("k", str(winner).encode(), revision, revision, 1)

    async def test_no_update_of_many_writers_is_lost(self, store: Store) -> None:
        await store.put("n", b"0", expected=0)

        async def add() -> None:
            now = await store.get("n")
            while now is not None:
                try:
                    await store.put("n", str(int(now.value) + 1).encode(), expected=now.mod_revision)
                    return
                except KeyConflict as conflict:
                    now = conflict.current

        async with asyncio.timeout(20):
            await asyncio.gather(*(add() for _ in range(20)))
        now = await store.get("n")
        assert now is not None
        assert (now.value, now.version) == (b"20", 21)

    async def test_a_key_with_a_lease_ends_by_itself(self, store: Store) -> None:
        async with store.watch("e/", after=await store.revision()) as watch:
            first = await store.put("e/a", b"1", expected=0, lease_seconds=1)
            kept = await store.put("e/b", b"1", expected=0)
            assert await store.get("e/a") == Stored("e/a", b"1", first, first, 1, lease_seconds=1)
            found = await events(watch, 3)
        assert brief(found[2]) == (found[2].revision, "e/a", None, b"1")
        assert found[2].revision > kept
        assert await store.get("e/a") is None
        assert await store.revision() >= found[2].revision

    async def test_a_lease_ends_with_the_version_that_had_it(self, store: Store) -> None:
        async with store.watch("e/", after=await store.revision()) as watch:
            first = await store.put("e/a", b"1", expected=0, lease_seconds=1)
            second = await store.put("e/a", b"2", expected=first)
            await store.put("e/b", b"1", expected=0, lease_seconds=1)
            found = await events(watch, 4)
        assert found[3].key == "e/b"
        assert await store.get("e/a") == Stored("e/a", b"2", second, first, 2)

    async def test_a_cancelled_watch_leaves_the_others_alone(self, store: Store) -> None:
        async def follow() -> None:
            async with store.watch("w/", after=0) as watch:
                async for _ in watch:
                    pass

        task = asyncio.create_task(follow())
        async with store.watch("w/", after=await store.revision()) as watch:
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            last = await store.put("w/a", b"", expected=0)
            assert [e.revision for e in await events(watch, 1)] == [last]

    async def test_a_store_answers_that_it_is_ready(self, store: Store) -> None:
        await store.ready()

    async def test_closing_ends_watches_and_refuses_writes(self, store: Store) -> None:
        async with store.watch("a/", after=0) as watch:
            waiting = asyncio.ensure_future(anext(watch))
            await asyncio.sleep(0.05)
            await store.close()
            with pytest.raises(StoreUnavailable, match="closed"):
                await waiting
        with pytest.raises(StoreUnavailable, match="closed"):
            await store.put("a", b"", expected=0)
        with pytest.raises(StoreUnavailable, match="closed"):
            await store.ready()
        await store.close()

    async def test_it_does_what_a_plain_list_of_versions_does(self, store: Store) -> None:
        """A random walk against the most naive model there is: all versions ever, looked through each time."""
        chance = random.Random(4)
        keys = [f"{a}/{b}/{c}" for a in "pq" for b in "xy" for c in "123"]
        versions: list[tuple[int, str, Stored | None]] = []
        start = await store.revision() or 1
        compacted = 0

        def at(key: str, revision: int) -> Stored | None:
            return next((s for r, k, s in reversed(versions) if k == key and r <= revision), None)

        async with store.watch("p/", after=start) as watch:
            for step in range(250):
                key = chance.choice(keys)
                now = at(key, 1 << 60)
                expected = now.mod_revision if now else 0
                if chance.random() < 0.15:
                    expected = chance.choice([0, expected + 1, start])
                right = expected == (now.mod_revision if now else 0)
                if chance.random() < 0.3 and expected:
                    if right:
                        versions.append((await store.delete(key, expected=expected), key, None))
                    else:
                        with pytest.raises(KeyConflict) as conflict:
                            await store.delete(key, expected=expected)
                        assert conflict.value.current == now
                elif right:
                    value = str(step).encode()
                    revision = await store.put(key, value, expected=expected)
                    created = now.create_revision if now else revision
                    made = Stored(key, value, revision, created, now.version + 1 if now else 1)
                    versions.append((revision, key, made))
                else:
                    with pytest.raises(KeyConflict) as conflict:
                        await store.put(key, b"", expected=expected)
                    assert conflict.value.current == now
                if step % 60 == 59:
                    compacted = versions[-20][0]
                    await store.compact(compacted)
                known = [r for r, _, _ in versions if r >= compacted]
                revision = chance.choice(known) if known else 0
                if revision:
                    prefix, limit = chance.choice(["", "p/", "p/x/", "q/y/2"]), chance.choice([0, 1, 3])
                    after = chance.choice(["", key])
                    there = [
                        s
                        for s in (at(k, revision) for k in keys if k.startswith(prefix) and k > after)
                        if s is not None
                    ]
                    page = await store.scan(prefix, after=after, limit=limit, revision=revision)
                    chosen = there[:limit] if limit else there
                    assert list(page.items) == chosen
                    assert (page.more, page.remaining) == (len(chosen) < len(there), len(there) - len(chosen))
                    assert await store.get(key, revision=revision) == at(key, revision)
            wanted = [(r, k, s) for r, k, s in versions if k.startswith("p/")]
            assert [(e.revision, e.key, e.current) for e in await events(watch, len(wanted))] == wanted

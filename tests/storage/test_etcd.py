"""EtcdStore against a real etcd: the store's contract, and what only etcd has."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from miniapi.storage.etcd import EtcdStore, progress_is_true
from miniapi.storage.etcd_client import Credentials
from miniapi.storage.etcd_compaction import COMPACT_KEY, Turn, take_turn
from miniapi.storage.etcd_compat import rpc_pb2
from miniapi.storage.interface import (
    Event,
    KeyConflict,
    Progress,
    RevisionCompacted,
    RevisionInFuture,
    StoreUnavailable,
)
from tests.storage.pki import Pki, certificate

pytestmark = pytest.mark.etcd


@pytest.fixture(scope="module")
def server(start_etcd: Any) -> Any:
    return start_etcd(1, "--experimental-watch-progress-notify-interval", "200ms")[0]


@pytest.fixture
async def store(server: Any, request: pytest.FixtureRequest) -> AsyncIterator[EtcdStore]:
    # A prefix of its own gives each test an empty store on the one etcd.
    store = EtcdStore([server.url], prefix=f"/{request.node.name}")
    yield store
    await store.close()


async def events(watch: AsyncIterator[Any], count: int) -> list[Event]:
    found: list[Event] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            batch = await anext(watch)
            if not isinstance(batch, Progress):
                found += batch
    return found


async def test_a_key_remembers_its_revisions_and_version(store: EtcdStore) -> None:
    first = await store.put("pods/a/x", b"1", expected=0)
    second = await store.put("pods/a/x", b"2", expected=first)
    now = await store.get("pods/a/x")
    assert now is not None
    assert (now.key, now.value, now.create_revision, now.mod_revision, now.version) == (
        "pods/a/x", b"2", first, second, 2,
    )  # fmt: skip
    then = await store.get("pods/a/x", revision=first)
    assert then is not None
    assert then.value == b"1"
    assert await store.get("pods/a/none") is None


async def test_a_conflict_hands_back_what_is_there(store: EtcdStore) -> None:
    revision = await store.put("a", b"1", expected=0)
    for expected in (0, revision + 1):
        with pytest.raises(KeyConflict) as conflict:
            await store.put("a", b"2", expected=expected)
        assert conflict.value.current is not None
        assert (conflict.value.current.value, conflict.value.current.mod_revision) == (b"1", revision)
    with pytest.raises(KeyConflict) as conflict:
        await store.put("b", b"2", expected=revision)
    assert conflict.value.current is None
    with pytest.raises(KeyConflict) as conflict:
        await store.delete("b", expected=0)
    assert conflict.value.current is None
    with pytest.raises(KeyConflict):
        await store.delete("a", expected=revision - 1)
    assert await store.delete("a", expected=revision) > revision
    assert await store.get("a") is None


async def test_a_range_comes_in_pages_of_one_revision(store: EtcdStore) -> None:
    for i in range(7):
        await store.put(f"pods/n/{i}", str(i).encode(), expected=0)
    await store.put("podsx/n/0", b"", expected=0)
    page = await store.scan("pods/", limit=3)
    assert [s.value for s in page.items] == [b"0", b"1", b"2"]
    assert (page.more, page.remaining) == (True, 4)
    await store.put("pods/n/9", b"late", expected=0)
    rest = await store.scan("pods/", after=page.items[-1].key, revision=page.revision)
    assert [s.value for s in rest.items] == [b"3", b"4", b"5", b"6"]
    assert (rest.more, rest.remaining, rest.revision) == (False, 0, page.revision)
    assert await store.count("pods/") == 8
    assert (await store.scan("none/")).items == []


async def test_a_range_longer_than_a_page_is_read_whole(store: EtcdStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("miniapi.storage.etcd.PAGE_KEYS", 3)
    for i in range(10):
        await store.put(f"k/{i}", b"x", expected=0)
    page = await store.scan("k/")
    assert [s.key for s in page.items] == [f"k/{i}" for i in range(10)]
    assert (page.more, page.remaining) == (False, 0)


async def test_values_above_grpcs_own_limit_are_listed(store: EtcdStore) -> None:
    for i in range(6):
        await store.put(f"big/{i}", bytes(1_000_000), expected=0)
    page = await store.scan("big/")
    assert [len(s.value) for s in page.items] == [1_000_000] * 6
    async with store.watch("big/", after=page.items[0].mod_revision - 1) as watch:
        assert [len(e.current.value) for e in await events(watch, 6) if e.current] == [1_000_000] * 6


async def test_a_value_etcd_refuses_is_told_in_its_words(store: EtcdStore) -> None:
    with pytest.raises(StoreUnavailable, match="etcdserver: request is too large"):
        await store.put("big", bytes(2_000_000), expected=0)


async def test_revisions_out_of_range_are_told_apart(store: EtcdStore) -> None:
    first = await store.put("a", b"1", expected=0)
    await store.put("a", b"2", expected=first)
    last = await store.put("b", b"2", expected=0)
    with pytest.raises(RevisionInFuture) as future:
        await store.get("a", revision=last + 1000)
    assert future.value.current >= last
    await store.compact(last)
    await store.compact(last)
    for read in (store.get("a", revision=first), store.scan("", revision=first)):
        with pytest.raises(RevisionCompacted) as compacted:
            await read
        assert compacted.value.oldest == last
    with pytest.raises(RevisionCompacted) as compacted:
        async with store.watch("", after=first) as watch:
            await anext(watch)
    assert compacted.value.oldest == last
    assert (await store.scan("", revision=last)).revision == last


async def test_a_watch_tells_events_with_what_was_before(store: EtcdStore) -> None:
    start = await store.revision()
    first = await store.put("w/a", b"1", expected=0)
    await store.put("other", b"", expected=0)
    async with store.watch("w/", after=start) as watch, store.watch("w/", after=0) as fresh:
        second = await store.put("w/a", b"2", expected=first)
        third = await store.delete("w/a", expected=second)
        seen = await events(watch, 3)
        assert [(e.revision, e.key) for e in seen] == [(r, "w/a") for r in (first, second, third)]
        assert seen[0].previous is None
        assert seen[1].previous is not None
        assert seen[1].previous.value == b"1"
        assert seen[2].current is None
        assert seen[2].previous is not None
        assert (seen[2].previous.value, seen[2].previous.mod_revision) == (b"2", second)
        assert [e.revision for e in await events(fresh, 2)] == [second, third]


async def test_a_watch_learns_of_progress_made_elsewhere(store: EtcdStore) -> None:
    """The etcd here answers requests for progress ahead of its events: what the watch tells is proven by the keys."""
    await store.put("w/a", b"1", expected=0)
    async with store.watch("w/", after=await store.revision()) as watch:
        await store.put("other/a", b"1", expected=0)
        revision = await store.revision()
        await store.hasten("w/", revision)
        async with asyncio.timeout(5):
            found = await anext(watch)
        assert isinstance(found, Progress)
        assert found.revision >= revision
        last = await store.put("w/b", b"1", expected=0)
        assert [e.revision for e in await events(watch, 1)] == [last]


async def test_keys_written_close_together_share_a_lease(store: EtcdStore) -> None:
    await asyncio.gather(*(store.put(f"events/{i}", b"e", expected=0, lease_seconds=3600) for i in range(5)))
    key = store._key("events/")
    raw = await store.cluster.read("range", rpc_pb2.RangeRequest(key=key, range_end=key + b"~"))
    assert len(raw.kvs) == 5
    assert len({kv.lease for kv in raw.kvs}) == 1


async def test_a_key_with_a_lease_expires(store: EtcdStore) -> None:
    async with store.watch("events/", after=await store.revision()) as watch:
        await asyncio.gather(*(store.put(f"events/{i}", b"e", expected=0, lease_seconds=1) for i in range(5)))
        page = await store.scan("events/")
        assert [s.lease_seconds for s in page.items] == [1] * 5
        seen = await events(watch, 10)
        assert [e.current is None for e in seen] == [False] * 5 + [True] * 5
    assert await store.count("events/") == 0


async def test_another_process_lease_is_asked_for(store: EtcdStore, server: Any) -> None:
    await store.put("events/a", b"e", expected=0, lease_seconds=100)
    other = EtcdStore([server.url], prefix=store._root)
    found = await other.get("events/a")
    assert found is not None
    assert found.lease_seconds == 105
    await other.close()


async def test_servers_compact_in_turn(store: EtcdStore, server: Any) -> None:
    other = EtcdStore([server.url], prefix=store._root)
    key = rpc_pb2.RangeRequest(key=COMPACT_KEY)
    a, b = await take_turn(store.cluster, Turn()), await take_turn(other.cluster, Turn())
    assert (a.version, b.version) == (1, 1)
    first = await store.put("a", b"1", expected=0)
    await store.put("a", b"2", expected=first)
    b = await take_turn(other.cluster, b)
    a = await take_turn(store.cluster, a)
    assert (a.version, b.version) == (2, 2)
    b = await take_turn(other.cluster, b)
    written = (await store.cluster.read("range", key)).kvs[0]
    assert int(written.value) > first
    with pytest.raises(RevisionCompacted):
        await store.get("a", revision=first)
    await other.close()


async def test_objects_lie_under_the_prefix_and_nowhere_else(store: EtcdStore) -> None:
    await store.put("pods/ns/name", b"1", expected=0)
    raw = await store.cluster.read("range", rpc_pb2.RangeRequest(key=(store._root + "pods/ns/name").encode()))
    assert raw.kvs[0].value == b"1"


async def test_concurrent_writers_of_one_key_all_get_their_turn(store: EtcdStore) -> None:
    await store.put("n", b"0", expected=0)

    async def add() -> None:
        while True:
            now = await store.get("n")
            assert now is not None
            try:
                await store.put("n", str(int(now.value) + 1).encode(), expected=now.mod_revision)
                return
            except KeyConflict:
                continue

    await asyncio.gather(*(add() for _ in range(16)))
    now = await store.get("n")
    assert now is not None
    assert (now.value, now.version) == (b"16", 17)


async def test_closing_ends_watches_and_refuses_calls(server: Any) -> None:
    store = EtcdStore([server.url])
    async with store.watch("a/", after=0) as watch:
        waiting = asyncio.ensure_future(anext(watch))
        await asyncio.sleep(0.05)
        await store.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            await waiting
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.get("a")


async def test_no_etcd_is_told_with_the_cause_within_the_timeout() -> None:
    store = EtcdStore(["http://127.0.0.1:1"], timeout_seconds=0.5, ready_timeout_seconds=0.5)
    async with asyncio.timeout(3):
        for call in (store.get("a"), store.put("a", b"", expected=0), store.ready(), store.revision()):
            with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1.*refused"):
                await call
    await store.close()


async def test_many_watches_leave_nothing_behind(store: EtcdStore) -> None:
    await store.ready()
    before = len(asyncio.all_tasks())

    async def follow() -> None:
        async with store.watch("a/", after=0) as watch:
            async for _ in watch:
                pass

    tasks = [asyncio.create_task(follow()) for _ in range(30)]
    await asyncio.sleep(0.3)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [r for r in results if not isinstance(r, asyncio.CancelledError)] == []
    assert store._watches == set()
    await asyncio.sleep(0.1)
    assert len(asyncio.all_tasks()) == before


@pytest.mark.parametrize(
    ("version", "expected"),
    [("3.4.30", False), ("3.4.31", True), ("3.5.1", False), ("3.5.13", True), ("3.6.0-rc.1", True), ("x", False)],
)
def test_requests_for_progress_are_believed_from_the_mended_versions_on(version: str, expected: bool) -> None:
    assert progress_is_true(version) is expected


def test_grpc_is_imported_only_where_etcd_is_used() -> None:
    code = "import sys, miniapi.storage.factory, miniapi.storage.memory; print('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


async def test_tls_with_client_certificates(
    start_etcd: Callable[..., Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pki = Pki.made_in(tmp_path)
    _, stranger = certificate(tmp_path, "stranger", "-addext", "basicConstraints=critical,CA:TRUE")
    servers = start_etcd(1, *pki.server_flags(), scheme="https")
    urls = [s.url for s in servers]
    store = EtcdStore(urls, credentials=Credentials(pki.ca, pki.client_crt, pki.client_key))
    revision = await store.put("a", b"1", expected=0)
    async with store.watch("a", after=revision - 1) as watch:
        assert [e.revision for e in await events(watch, 1)] == [revision]
    await store.close()
    for credentials in (Credentials(pki.ca), Credentials(stranger, pki.client_crt, pki.client_key)):
        refused = EtcdStore(urls, credentials=credentials, timeout_seconds=0.8, ready_timeout_seconds=0.8)
        with pytest.raises(StoreUnavailable, match="etcd cannot be reached"):
            await refused.ready()
        await refused.close()
    unreadable = EtcdStore(urls, credentials=Credentials("/nowhere.crt"))
    with pytest.raises(StoreUnavailable, match=r"--etcd-cafile: /nowhere.crt cannot be read"):
        await unreadable.ready()

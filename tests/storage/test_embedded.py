"""What only a store on a disk has: durability, restarts, disks that fail."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from miniapi.storage import embedded, history
from miniapi.storage.embedded import EmbeddedStore, open_store
from miniapi.storage.interface import Event, KeyConflict, RevisionCompacted, Stored, StoreUnavailable
from tests.storage.contract import brief, events


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    store = open_store(tmp_path, fsync=False)
    yield store
    await store.close()


class Gate:
    """Holds commits back until it is opened, and remembers how big they were."""

    def __init__(self, store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = threading.Event()
        self.sizes: list[int] = []
        commit = store._commits._commit

        def wait(events: Sequence[Event], untils: Sequence[float]) -> None:
            self.open.wait(10)
            self.sizes.append(len(events))
            commit(events, untils)

        monkeypatch.setattr(store._commits, "_commit", wait)


async def test_a_restart_finds_everything_history_included(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    first = await store.put("a", b"1", expected=0)
    second = await store.put("a", b"2", expected=first)
    other = await store.put("b", b"1", expected=0)
    gone = await store.delete("b", expected=other)
    await store.close()
    store = open_store(tmp_path)
    assert await store.revision() == gone
    assert await store.get("a") == Stored("a", b"2", second, first, 2)
    assert await store.get("b") is None
    assert await store.get("a", revision=first) == Stored("a", b"1", first, first, 1)
    async with store.watch("", after=first) as watch:
        last = await store.put("c", b"1", expected=0)
        assert [brief(e) for e in await events(watch, 4)] == [
            (second, "a", b"2", b"1"),
            (other, "b", b"1", None),
            (gone, "b", None, b"1"),
            (last, "c", b"1", None),
        ]
    assert last == gone + 1
    await store.close()


async def test_a_restart_after_compaction_keeps_the_revision_and_the_limit(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    first = await store.put("a", b"1", expected=0)
    kept = await store.put("b", b"1", expected=0)
    gone = await store.delete("a", expected=first)
    await store.compact(gone)
    await store.close()
    store = open_store(tmp_path)
    assert await store.revision() == gone
    with pytest.raises(RevisionCompacted):
        await store.get("a", revision=kept)
    again = await store.put("a", b"2", expected=0)
    assert await store.get("a") == Stored("a", b"2", again, again, 1)
    assert again == gone + 1
    await store.compact(again)
    await store.close()
    rows = sqlite3.connect(tmp_path / "store.db").execute("SELECT revision FROM log").fetchall()
    assert rows == [(kept,), (again,)]


async def test_an_interrupted_compaction_is_finished_by_the_next(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    revision = 0
    for _ in range(5):
        revision = await store.put("a", b"x", expected=revision)
    gone = await store.delete("a", expected=revision)
    last = await store.put("b", b"x", expected=0)
    store._log.forget([], last)
    await store.close()
    store = open_store(tmp_path)
    assert await store.revision() == last > gone
    assert await store.count("") == 1
    await store.compact(last)
    await store.close()
    assert sqlite3.connect(tmp_path / "store.db").execute("SELECT count(*) FROM log").fetchone() == (1,)


async def test_leases_survive_a_restart_and_end_while_it_is_stopped(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    first = await store.put("e/a", b"1", expected=0, lease_seconds=1)
    second = await store.put("e/b", b"1", expected=0, lease_seconds=100)
    await store.close()
    with sqlite3.connect(tmp_path / "store.db") as database:
        database.execute("UPDATE log SET until = ? WHERE key = 'e/a'", (time.time() + 0.1,))
    database.close()
    store = open_store(tmp_path)
    assert await store.get("e/a") == Stored("e/a", b"1", first, first, 1, lease_seconds=1)
    async with store.watch("e/", after=second) as watch:
        assert [brief(e) for e in await events(watch, 1)] == [(second + 1, "e/a", None, b"1")]
    assert await store.get("e/b") == Stored("e/b", b"1", second, second, 1, lease_seconds=100)
    await store.close()


async def test_nothing_is_seen_before_it_is_durable(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await store.put("k/a", b"1", expected=0)
    gate = Gate(store, monkeypatch)
    async with store.watch("k/", after=first) as watch:
        told = asyncio.ensure_future(anext(watch))
        write = asyncio.create_task(store.put("k/a", b"2", expected=first))
        rival = asyncio.create_task(store.put("k/a", b"3", expected=first))
        await asyncio.sleep(0.05)
        assert not write.done()
        assert not rival.done()
        assert not told.done()
        assert await store.revision() == first
        assert (await store.get("k/a")) == Stored("k/a", b"1", first, first, 1)
        gate.open.set()
        second = await write
        with pytest.raises(KeyConflict) as conflict:
            await rival
        assert conflict.value.current == Stored("k/a", b"2", second, first, 2)
        assert [brief(e) for e in await told] == [(second, "k/a", b"2", b"1")]


async def test_a_write_to_a_key_whose_write_fails_is_judged_by_what_is_there(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = iter([True, False])
    commit = store._commits._commit

    def maybe(events: Sequence[Event], untils: Sequence[float]) -> None:
        if next(fails):
            raise StoreUnavailable("disk on fire")
        commit(events, untils)

    monkeypatch.setattr(store._commits, "_commit", maybe)
    first = asyncio.create_task(store.put("a", b"1", expected=0))
    second = asyncio.create_task(store.put("a", b"2", expected=0))
    with pytest.raises(StoreUnavailable, match="on fire"):
        await first
    revision = await second
    assert await store.get("a") == Stored("a", b"2", revision, revision, 1)


async def test_who_is_told_of_a_write_finds_it_in_the_watches(store: EmbeddedStore) -> None:
    async with store.watch("k/", after=0) as watch:
        for i in range(5):
            revision = await store.put(f"k/{i}", b"", expected=0)
            # Without giving the loop a turn.
            with pytest.raises(StopIteration) as given:
                anext(watch).__await__().send(None)
            assert [e.revision for e in given.value.value] == [revision]


async def test_concurrent_writers_share_a_commit(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(store, monkeypatch)
    gate.open.set()

    async def write(writer: int) -> None:
        for i in range(5):
            await store.put(f"k/{writer}/{i}", b"x", expected=0)

    async with store.watch("k/", after=await store.revision()) as watch:
        await asyncio.gather(*(write(i) for i in range(64)))
        batch = await anext(watch)
        assert not isinstance(batch, Sequence) or len(batch) == gate.sizes[0]
    assert sum(gate.sizes) == 320
    assert len(gate.sizes) <= 10


async def test_a_cancelled_writer_does_not_disturb_the_others(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(store, monkeypatch)
    impatient = asyncio.create_task(store.put("a", b"1", expected=0))
    patient = asyncio.create_task(store.put("b", b"1", expected=0))
    after = asyncio.create_task(store.put("a", b"2", expected=0))
    await asyncio.sleep(0.02)
    impatient.cancel()
    await asyncio.sleep(0.02)
    assert not after.done()
    gate.open.set()
    assert await patient
    with pytest.raises(KeyConflict):
        await after
    assert impatient.cancelled()
    assert await store.count("") == 2


async def test_a_full_disk_refuses_writes_clearly_and_is_forgotten_when_there_is_space(store: EmbeddedStore) -> None:
    first = await store.put("a", b"1", expected=0)
    pages = store._log._database.execute("PRAGMA page_count").fetchone()[0]
    store._log._database.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreUnavailable, match=r"store\.db cannot be written: database or disk is full; free space"):
        await store.put("b", bytes(100_000), expected=0)
    store._log._database.execute(f"PRAGMA max_page_count = {pages}")
    assert await store.get("a") == Stored("a", b"1", first, first, 1)
    assert await store.get("b") is None
    assert await store.revision() == first
    store._log._database.execute("PRAGMA max_page_count = 1000000")
    await store.ready()
    assert await store.put("b", bytes(100_000), expected=0) == first + 1


async def test_a_file_that_may_not_grow_makes_the_store_unready_until_it_may(store: EmbeddedStore) -> None:
    first = await store.put("a", b"1", expected=0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(StoreUnavailable, match=r"store\.db cannot be written"):
            await store.put("b", b"1", expected=0)
        with pytest.raises(StoreUnavailable, match=r"store\.db cannot be written"):
            await store.ready()
        assert await store.get("a") == Stored("a", b"1", first, first, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await store.ready()
    assert await store.put("b", b"1", expected=0) == first + 1


async def test_a_file_that_became_read_only_refuses_writes_and_answers_reads(store: EmbeddedStore) -> None:
    first = await store.put("a", b"1", expected=0)
    store._log._database.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailable, match="make it and its directory writable"):
        await store.delete("a", expected=first)
    with pytest.raises(StoreUnavailable, match="readonly"):
        await store.ready()
    with pytest.raises(StoreUnavailable, match="readonly"):
        await store.compact(first)
    assert await store.count("") == 1
    store._log._database.execute("PRAGMA query_only = OFF")
    await store.ready()
    await store.delete("a", expected=first)


async def test_after_a_failed_fsync_nothing_more_is_written(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put("a", b"1", expected=0)

    class Failing:
        def execute(self, *_: object) -> None:
            problem = sqlite3.OperationalError("disk I/O error")
            problem.sqlite_errorname = "SQLITE_IOERR_FSYNC"
            raise problem

    with monkeypatch.context() as context:
        context.setattr(store._log, "_database", Failing())
        with pytest.raises(StoreUnavailable, match="restart the server"):
            await store.put("b", b"1", expected=0)
    for refused in (store.put("b", b"1", expected=0), store.ready()):
        with pytest.raises(StoreUnavailable, match="restart the server"):
            await refused
    assert await store.count("") == 1


async def test_a_file_removed_under_the_store_is_told(store: EmbeddedStore) -> None:
    await store.put("a", b"1", expected=0)
    store.path.rename(store.path.with_suffix(".moved"))
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        await store.ready()
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        await store.put("b", b"1", expected=0)
    assert await store.get("a") is not None


async def test_an_expiry_that_cannot_be_written_is_tried_again(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("miniapi.storage.leases.RETRY_SECONDS", 0.05)
    async with store.watch("e/", after=0) as watch:
        await store.put("e/a", b"1", expected=0, lease_seconds=1)
        store._log._database.execute("PRAGMA query_only = ON")
        await asyncio.sleep(1.1)
        assert await store.count("e/") == 1
        store._log._database.execute("PRAGMA query_only = OFF")
        assert [e.current is None for e in await events(watch, 2)] == [False, True]


def filled(directory: Path) -> bytes:
    """The file of a store with some keys."""

    async def fill() -> None:
        store = open_store(directory)
        for i in range(200):
            await store.put(f"k/{i}", b"some value " * 50, expected=0)
        await store.close()

    asyncio.run(fill())
    return (directory / "store.db").read_bytes()


def refusal(directory: Path, content: bytes) -> str:
    """What opening says of a file, which has to be as it was afterwards."""
    path = directory / "store.db"
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable) as refused:
        open_store(directory)
    assert path.read_bytes() == content
    assert str(path) in str(refused.value)
    assert "it was left as it is" in str(refused.value)
    return str(refused.value)


def test_files_that_are_not_a_sound_store_are_refused_and_left_alone(tmp_path: Path) -> None:
    sound = filled(tmp_path)
    at = sound.index(b"some value some", len(sound) // 2)
    assert "is damaged" in refusal(tmp_path, sound[:at] + b"s0me" + sound[at + 4 :])
    assert "damaged" in refusal(tmp_path, sound[:20_000] + b"\xff" * 30_000 + sound[50_000:])
    assert "malformed" in refusal(tmp_path, sound[: len(sound) // 2])
    assert "not a database" in refusal(tmp_path, b"hello" * 1000)
    assert "not a store of miniapi" in refusal(tmp_path, b"")
    # user_version lies at byte 60 of an SQLite file.
    newer = sound[:60] + (embedded.FORMAT + 1).to_bytes(4, "big") + sound[64:]
    assert "newer miniapi (format 2, this one knows 1)" in refusal(tmp_path, newer)
    (tmp_path / "gap.db").write_bytes(sound)
    gap = sqlite3.connect(tmp_path / "gap.db", isolation_level=None)
    gap.execute("DELETE FROM log WHERE revision = 50")
    gap.close()
    assert "revision 50 is missing" in refusal(tmp_path, (tmp_path / "gap.db").read_bytes())
    # The lock was let go each time, and the sound file opens.
    (tmp_path / "store.db").write_bytes(sound)
    asyncio.run(open_store(tmp_path).close())


def test_a_log_without_its_file_is_not_taken_for_a_new_store(tmp_path: Path) -> None:
    (tmp_path / "store.db-wal").write_bytes(b"precious")
    with pytest.raises(StoreUnavailable, match=r"store\.db-wal is there but"):
        open_store(tmp_path)
    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize("place", ["file/data", "/sys/miniapi"])
def test_a_directory_that_cannot_be_used_is_told_with_its_flag(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(
        StoreUnavailable, match=r"data directory .*(file/data|/sys/miniapi) cannot be used: .*--data-dir"
    ):
        open_store(tmp_path / place)


async def test_a_second_process_is_refused(store: EmbeddedStore, tmp_path: Path) -> None:
    code = "import sys, pathlib; from miniapi.storage.embedded import open_store; open_store(pathlib.Path(sys.argv[1]))"
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert ran.returncode == 1
    assert f"data directory {tmp_path} is in use by another process" in ran.stderr
    with pytest.raises(StoreUnavailable, match="in use"):
        open_store(tmp_path)
    await store.put("a", b"1", expected=0)


async def test_compaction_gives_space_back(tmp_path: Path) -> None:
    store = open_store(tmp_path, fsync=False)
    revisions = [0] * 50
    for _ in range(60):
        writes = (store.put(f"k/{i}", bytes(5_000), expected=r) for i, r in enumerate(revisions))
        revisions = await asyncio.gather(*writes)
    before = (await store.size_bytes())[str(store.path)] + Path(f"{store.path}-wal").stat().st_size
    await store.compact(await store.revision())
    await store.put("k/last", b"x", expected=0)
    after = (await store.size_bytes())[str(store.path)]
    assert before > 15_000_000
    assert after < 2_500_000
    assert await store.count("k/") == 51
    await store.close()


async def test_history_is_bounded_without_anybody_compacting(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MAX_EVENTS", 100)
    monkeypatch.setattr(embedded, "SWEEP_ROWS", 50)
    revision = 0
    for _ in range(400):
        revision = await store.put("a", b"x", expected=revision)
    assert len(store._index._history._events) <= 100
    while store._sweeper is not None:
        await asyncio.sleep(0.01)
    rows = store._log._database.execute("SELECT count(*) FROM log").fetchone()[0]
    assert rows <= 160
    with pytest.raises(RevisionCompacted):
        await store.get("a", revision=50)
    assert await store.get("a", revision=revision - 50) is not None


async def test_superseded_values_are_bounded_by_bytes(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_SUPERSEDED_BYTES", 10_000)
    revision = 0
    for _ in range(40):
        revision = await store.put("a", bytes(1_000), expected=revision)
    for i in range(40):
        await store.put(f"b/{i}", bytes(1_000), expected=0)
    assert store._index._history._bytes <= 10_000
    assert await store.scan("b/", revision=revision)


async def test_an_open_store_knows_its_leases_without_a_loop(tmp_path: Path) -> None:
    store = await asyncio.to_thread(open_store, tmp_path)
    await store.put("e/a", b"1", expected=0, lease_seconds=100)
    await store.close()
    store = await asyncio.to_thread(open_store, tmp_path)
    assert store._leases._timer is None
    await store.ready()
    assert store._leases._timer is not None
    await store.close()

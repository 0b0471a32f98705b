from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from miniapi import cli
from miniapi.storage.embedded import open_store
from miniapi.storage.interface import RevisionCompacted, Stored
from miniapi.storage.snapshot import SnapshotError, restore, save, status


async def fill(directory: Path) -> tuple[int, int, int]:
    store = open_store(directory)
    first = await store.put("a", b"1", expected=0)
    second = await store.put("a", b"2", expected=first)
    await store.put("b", b"x" * 50_000, expected=0)
    last = await store.put("e", b"1", expected=0, lease_seconds=1000)
    await store.close()
    return first, second, last


async def test_a_stopped_store_comes_back_whole_elsewhere(tmp_path: Path) -> None:
    first, second, last = await fill(tmp_path / "old")
    saved = save(tmp_path / "old", tmp_path / "snapshot.db")
    assert (saved.revision, saved.keys) == (last, 3)
    assert saved == status(tmp_path / "snapshot.db")
    assert saved.size_bytes == (tmp_path / "snapshot.db").stat().st_size
    assert stat.S_IMODE((tmp_path / "snapshot.db").stat().st_mode) == 0o600
    assert restore(tmp_path / "snapshot.db", tmp_path / "new") == saved
    store = open_store(tmp_path / "new")
    assert await store.revision() == last
    assert await store.get("a") == Stored("a", b"2", second, first, 2)
    assert await store.get("a", revision=first) == Stored("a", b"1", first, first, 1)
    assert len(store._leases._heap) == 1
    assert await store.put("c", b"", expected=0) == last + 1
    await store.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "old", "snapshot.db"]


async def test_a_running_store_is_saved_while_it_is_written_to(tmp_path: Path) -> None:
    store = open_store(tmp_path / "old")
    written: list[int] = []

    async def write(writer: int) -> None:
        i = 0
        while not stop.is_set():
            written.append(await store.put(f"k/{writer}/{i}", b"x" * 2000, expected=0))
            i += 1

    stop = asyncio.Event()
    writers = [asyncio.create_task(write(i)) for i in range(8)]
    await asyncio.sleep(0.05)
    acknowledged = max(written)
    saved = await asyncio.to_thread(save, tmp_path / "old", tmp_path / "snapshot.db")
    assert saved.revision >= acknowledged
    # A second one takes the place of the first.
    later = await asyncio.to_thread(save, tmp_path / "old", tmp_path / "snapshot.db")
    assert later.revision >= saved.revision
    stop.set()
    await asyncio.gather(*writers)
    await store.close()
    restore(tmp_path / "snapshot.db", tmp_path / "new")
    new = open_store(tmp_path / "new")
    assert await new.revision() == later.revision
    assert await new.count("k/") == later.revision - 1
    await new.close()


async def test_a_bumped_restore_makes_clients_list_anew(tmp_path: Path) -> None:
    first, second, last = await fill(tmp_path / "old")
    save(tmp_path / "old", tmp_path / "snapshot.db")
    found = restore(tmp_path / "snapshot.db", tmp_path / "new", bump_revision=1_000_000)
    assert found.revision == last + 1_000_000
    store = open_store(tmp_path / "new")
    assert await store.revision() == last + 1_000_000
    assert await store.get("a") == Stored("a", b"2", second, first, 2)
    with pytest.raises(RevisionCompacted):
        async with store.watch("", after=last):
            pass
    async with store.watch("", after=last + 1_000_000) as watch:
        again = await store.put("a", b"3", expected=second)
        assert [e.revision for e in await anext(watch)] == [again]  # type: ignore[union-attr]
    assert again == last + 1_000_001
    await store.close()
    store = open_store(tmp_path / "new")
    assert await store.get("a") == Stored("a", b"3", again, first, 3)
    await store.close()


async def test_nothing_is_restored_over_a_store_or_under_a_server(tmp_path: Path) -> None:
    await fill(tmp_path / "old")
    save(tmp_path / "old", tmp_path / "snapshot.db")
    before = (tmp_path / "old" / "store.db").read_bytes()
    with pytest.raises(SnapshotError, match=r"store\.db is there"):
        restore(tmp_path / "snapshot.db", tmp_path / "old")
    assert (tmp_path / "old" / "store.db").read_bytes() == before
    store = open_store(tmp_path / "old")
    with pytest.raises(SnapshotError, match="in use by another process"):
        restore(tmp_path / "snapshot.db", tmp_path / "old")
    await store.close()


async def test_what_is_no_sound_snapshot_is_told_and_not_restored(tmp_path: Path) -> None:
    await fill(tmp_path / "old")
    save(tmp_path / "old", tmp_path / "snapshot.db")
    content = (tmp_path / "snapshot.db").read_bytes()
    for damaged in (b"hello" * 100, content.replace(b"xxxx", b"xxxy"), content[: len(content) // 2]):
        (tmp_path / "bad.db").write_bytes(damaged)
        with pytest.raises(SnapshotError, match=r"bad\.db is not a sound snapshot"):
            restore(tmp_path / "bad.db", tmp_path / "new")
        assert not (tmp_path / "new").exists()
    with pytest.raises(SnapshotError, match="No such file"):
        status(tmp_path / "none.db")
    with pytest.raises(SnapshotError, match=r"store\.db does not exist"):
        save(tmp_path / "nowhere", tmp_path / "snapshot.db")
    assert (tmp_path / "snapshot.db").read_bytes() == content


async def test_the_command_saves_restores_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await fill(tmp_path / "old")
    file = str(tmp_path / "s.db")
    for words in (
        ["save", file, "--data-dir", str(tmp_path / "old")],
        ["status", file],
        ["restore", file, "--data-dir", str(tmp_path / "new"), "--bump-revision", "1000"],
    ):
        assert cli.main(["snapshot", *words]) == 0
        assert "3 keys" in capsys.readouterr().out
    assert cli.main(["snapshot", "restore", file, "--data-dir", str(tmp_path / "new")]) == 1
    problem = capsys.readouterr().err
    assert problem.startswith("miniapi snapshot: ")
    assert problem.count("\n") == 1

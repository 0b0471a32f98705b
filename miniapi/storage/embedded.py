"""The default store: a log of versions in SQLite (WAL) under the in-memory index that answers reads.

The log has one row per revision. A row goes when its version is superseded and compacted away, so what
a restart finds is what was there, history included.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sqlite3
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from miniapi.storage.directory import FILE_NAME, LockedDirectory
from miniapi.storage.group_commit import GroupCommit, Untils
from miniapi.storage.index import FIRST_REVISION, Index
from miniapi.storage.interface import Event, Page, Progress, Stored, StoreUnavailable
from miniapi.storage.leases import Lease, Leases

FORMAT = 1
"""Of the file (`user_version`). A newer one is refused, an older one would be converted here."""
APPLICATION_ID = int.from_bytes(b"mapi", "big")
SWEEP_ROWS = 5_000
"""Rows deleted in one transaction, between which writes have their turn."""
VACUUM_PAGES = 2_000
"""Pages given back in one transaction."""
MOST_FREE_SHARE = 0.25
"""Share of the file that may be unused, for the next writes."""
LEAST_FREE_PAGES = 256
WAL_BYTES = 16 << 20
"""What the write-ahead log is cut to after it has grown."""
STALLED_SECONDS = 10.0
"""A commit that takes longer makes the store unready."""

_SCHEMA = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = OFF;
BEGIN;
CREATE TABLE log (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB, created INTEGER NOT NULL,
  version INTEGER NOT NULL, lease INTEGER NOT NULL, until REAL NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO state VALUES ('compacted', {compacted}), ('probe', 0);
PRAGMA application_id = {application};
PRAGMA user_version = {format};
COMMIT;
"""
_ROW = "(?,?,?,?,?,?,?,?)"
_READ = "SELECT revision, key, value, created, version, lease, until, checksum FROM log ORDER BY revision"
_FORGET = "DELETE FROM log WHERE revision IN (SELECT value FROM json_each(?))"
_COMPACTED = "UPDATE state SET value = max(value, ?) WHERE name = 'compacted'"
_PROBE = "UPDATE state SET value = value + 1 WHERE name = 'probe'"

# Errors after which what the file holds is not known for sure: writing on would make it worse.
_FATAL = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHORT_READ")
_FIXES = {
    "SQLITE_FULL": "free space on its disk, then writes go on",
    "SQLITE_READONLY": "make it and its directory writable, then writes go on",
    "SQLITE_IOERR": "look at its disk (space, quota, health), then writes go on",
    "SQLITE_BUSY": "another program holds it open for writing: end that one",
}
T = TypeVar("T")

log = logging.getLogger(__name__)


class StoreBroken(StoreUnavailable):
    """The file cannot be trusted with further writes until the store was opened anew."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a file holds."""

    current: dict[str, Stored]
    history: Sequence[Event]
    leases: Sequence[Lease]
    revision: int
    compacted: int
    garbage: Sequence[int]
    """Revisions of rows that an interrupted compaction has left."""


def read(database: sqlite3.Connection) -> Contents:
    """Reads and checks everything; ValueError or sqlite3.Error says what is wrong. Writes nothing."""
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise ValueError("it is not a store of miniapi")
    found = database.execute("PRAGMA user_version").fetchone()[0]
    if found > FORMAT:
        raise ValueError(f"it was written by a newer miniapi (format {found}, this one knows {FORMAT})")
    compacted = database.execute("SELECT value FROM state WHERE name = 'compacted'").fetchone()[0]
    current: dict[str, Stored] = {}
    until_of: dict[str, float] = {}
    history: list[Event] = []
    garbage: list[int] = []
    revision = 0
    for revision, key, value, created, version, lease, until, checksum in database.execute(_READ):
        if _checksum(key, value) != checksum:
            raise ValueError(f"revision {revision} (key {key}) is damaged")
        before = current.get(key)
        if value is None:
            now = None
            current.pop(key, None)
        else:
            # One int object for both revisions of a key that was never changed.
            created = revision if created == revision else created
            now = Stored(before.key if before else key, value, revision, created, version, lease)
            current[now.key] = now
            if until:
                until_of[now.key] = until
        if revision >= compacted:
            if history and history[-1].revision + 1 != revision:
                raise ValueError(f"revision {history[-1].revision + 1} is missing")
            history.append(Event(revision, before.key if before else key, now, before))
        else:
            if before is not None:
                garbage.append(before.mod_revision)
            if now is None:
                garbage.append(revision)
    leases = [
        (until, key, current[key].mod_revision)
        for key, until in until_of.items()
        if key in current and current[key].lease_seconds
    ]
    return Contents(current, history, leases, max(revision, compacted), compacted, garbage)


def create(path: Path, *, compacted: int = FIRST_REVISION) -> None:
    """Makes an empty file for a store; it must not exist."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(_SCHEMA.format(compacted=compacted, application=APPLICATION_ID, format=FORMAT))


class Log:
    """The open file. Its methods block, and are called by one thread at a time."""

    def __init__(self, path: Path, *, fsync: bool) -> None:
        self.path = path
        # Few cached statements: there is one for each size of batch, and big ones are big.
        self._database = sqlite3.connect(
            path, timeout=5.0, isolation_level=None, check_same_thread=False, cached_statements=16
        )
        self._database.executescript(
            f"PRAGMA journal_mode = WAL; PRAGMA synchronous = {'FULL' if fsync else 'OFF'};"
            f"PRAGMA fullfsync = {int(fsync)}; PRAGMA journal_size_limit = {WAL_BYTES};"
        )
        self._inode = os.stat(path).st_ino

    def append(self, events: Sequence[Event], untils: Untils) -> None:
        """Adds revisions, all or none; durable when it returns. StoreUnavailable, or StoreBroken."""
        values: list[object] = []
        for event, until in zip(events, untils, strict=True):
            now = event.current
            if now is None:
                values += (event.revision, event.key, None, 0, 0, 0, 0.0, _checksum(event.key, None))
            else:
                values += (event.revision, now.key, now.value, now.create_revision, now.version, now.lease_seconds)
                values += (until, _checksum(now.key, now.value))
        # One statement: the thread lets go of the interpreter once per batch, not once per row.
        self._run(lambda d: d.execute("INSERT INTO log VALUES " + ",".join([_ROW] * len(events)), values))

    def forget(self, revisions: Sequence[int], compacted: int) -> None:
        """Deletes rows; what is below `compacted` cannot be asked for after a restart either."""

        def work(database: sqlite3.Connection) -> None:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.execute(_COMPACTED, (compacted,))
                database.execute(_FORGET, (json.dumps(revisions),))

        self._run(work)

    def give_back(self) -> bool:
        """Returns some unused pages to the file system; False when there is no more to do."""
        free, pages = self._run(_free_and_all_pages)
        surplus = free - max(LEAST_FREE_PAGES, int(pages * MOST_FREE_SHARE))
        if surplus <= 0:
            self._run(lambda d: d.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())
            return False
        # As a script: execute() would stop after the first page.
        self._run(lambda d: d.executescript(f"PRAGMA incremental_vacuum({min(surplus, VACUUM_PAGES)})"))
        return self._run(_free_and_all_pages)[0] < free

    def probe(self) -> None:
        """Writes something that does not matter; raises as `append`."""
        self._run(lambda d: d.execute(_PROBE))

    def check_present(self) -> None:
        """StoreBroken if the file is not the one that was opened: what is written would be lost."""
        try:
            present = os.stat(self.path).st_ino == self._inode
        except OSError:
            present = False
        if not present:
            raise StoreBroken(f"{self.path} was removed or replaced while in use; restart the server")

    def close(self) -> None:
        """Folds the write-ahead log into the file."""
        self._database.close()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._database)
        except sqlite3.Error as problem:
            name = getattr(problem, "sqlite_errorname", "")
            if name.startswith(_FATAL):
                raise StoreBroken(
                    f"{self.path} cannot be written any more: {problem} ({name});"
                    " restart the server, and if that fails restore a snapshot"
                ) from None
            fix = next((fix for start, fix in _FIXES.items() if name.startswith(start)), "restart the server")
            raise StoreUnavailable(f"{self.path} cannot be written: {problem}; {fix}") from None


def _free_and_all_pages(database: sqlite3.Connection) -> tuple[int, int]:
    free, pages = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
    return free, pages


class EmbeddedStore:
    """`Store` on one file. Made by `open_store`."""

    def __init__(self, directory: LockedDirectory, file: Log, contents: Contents) -> None:
        self.path = file.path
        self._directory, self._log = directory, file
        self._index = Index(
            contents.current, contents.history, revision=contents.revision, compacted=contents.compacted
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._commits = GroupCommit(self._index, file.append, self._thread, self._committed, self._failed)
        self._leases = Leases(self._expire, contents.leases)
        self._garbage = [*contents.garbage, *self._index.trim()]
        self._sweeper: asyncio.Task[None] | None = None
        self._problem = ""
        """Why the last write failed; empty if it did not."""
        self._closed = False

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        """`Store.get`."""
        return self._index.get(key, revision)

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        """`Store.scan`."""
        return self._index.scan(prefix, after, limit, revision)

    async def count(self, prefix: str) -> int:
        """`Store.count`."""
        return self._index.count(prefix)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        """`Store.put`."""
        return await self._commits.write(key, value, expected, lease_seconds)

    async def delete(self, key: str, *, expected: int) -> int:
        """`Store.delete`."""
        return await self._commits.write(key, None, expected)

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        """`Store.watch`."""
        return self._index.watch(prefix, after)

    async def revision(self) -> int:
        """`Store.revision`."""
        return self._index.revision

    async def hasten(self, prefix: str, revision: int = 0) -> None:
        """`Store.hasten`."""
        self._index.hasten(prefix)

    async def compact(self, revision: int) -> None:
        """`Store.compact`; gives space back to the file system."""
        if self._commits.refusal:
            raise StoreUnavailable(self._commits.refusal)
        self._garbage += self._index.compact(revision)
        # One that is under way may have written down an older compaction.
        if self._sweeper is not None:
            await asyncio.shield(self._sweeper)
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())
        await asyncio.shield(self._sweeper)
        if self._problem:
            raise StoreUnavailable(self._problem)

    async def ready(self) -> None:
        """`Store.ready`. After a failure it tries a write, so that it turns green again by itself."""
        self._leases.arm()
        if self._commits.refusal:
            raise StoreUnavailable(self._commits.refusal)
        try:
            self._log.check_present()
        except StoreBroken as problem:
            self._failed(problem)
            raise
        stalled = self._commits.stalled_seconds()
        if stalled > STALLED_SECONDS:
            raise StoreUnavailable(f"{self.path}: a write has not been finished for {stalled:.0f} s; look at its disk")
        if self._problem:
            await self._in_thread(self._log.probe)
            self._problem = ""

    async def close(self) -> None:
        """`Store.close`."""
        if self._closed:
            return
        self._closed = True
        self._leases.close()
        await self._commits.close("the store is closed")
        self._index.close()
        if self._sweeper is not None:
            await self._sweeper
        await self._in_thread(self._log.close)
        self._thread.shutdown()
        self._directory.release()

    async def size_bytes(self) -> dict[str, int]:
        """Size of the file, by its path."""
        return {str(self.path): os.stat(self.path).st_size}

    def _committed(self, events: Sequence[Event], untils: Untils) -> None:
        self._problem = ""
        self._garbage += self._index.apply(events)
        for event, until in zip(events, untils, strict=True):
            if until:
                self._leases.add(until, event.key, event.revision)
        if len(self._garbage) >= SWEEP_ROWS and self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())

    def _failed(self, problem: StoreUnavailable) -> None:
        if not self._problem:
            log.error("%s", problem)
        self._problem = str(problem)
        if isinstance(problem, StoreBroken):
            self._commits.refusal = str(problem)

    def _expire(self, key: str, revision: int) -> None:
        self._commits.expire(key, revision, self._leases.retry)

    async def _sweep(self) -> None:
        """Deletes what is compacted, returns space. What fails is left for the next time."""
        try:
            while True:
                chunk = self._garbage[:SWEEP_ROWS]
                await self._in_thread(self._log.forget, chunk, self._index.compacted)
                del self._garbage[: len(chunk)]
                self._problem = ""
                if not self._garbage:
                    break
            while await self._in_thread(self._log.give_back):
                pass
        except StoreUnavailable as problem:
            self._failed(problem)
        finally:
            self._sweeper = None

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)


def open_store(directory: Path, *, fsync: bool = True) -> EmbeddedStore:
    """Opens or makes the store in a directory, which it locks; StoreUnavailable names file and fix.

    Nothing is written to a file that was not read and understood as a whole. Without fsync a write
    may be lost when the machine fails, not when the process does.
    """
    locked = LockedDirectory(directory)
    try:
        path = directory / FILE_NAME
        if not path.exists():
            locked.put_in_place(create)
        contents = _read_file(path)
        file = Log(path, fsync=fsync)
    except (OSError, sqlite3.Error) as problem:
        locked.release()
        raise StoreUnavailable(f"{directory / FILE_NAME} cannot be opened: {problem}; it was left as it is") from None
    except StoreUnavailable:
        locked.release()
        raise
    store = EmbeddedStore(locked, file, contents)
    # Where no loop runs yet, the first check of readiness will do it.
    with suppress(RuntimeError):
        store._leases.arm()
    return store


def _read_file(path: Path) -> Contents:
    collecting = gc.isenabled()
    # Many small objects come, none goes: collecting in between doubles the time.
    gc.disable()
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            return read(database)
    except (sqlite3.Error, ValueError) as problem:
        raise StoreUnavailable(
            f"{path} cannot be opened: {problem}; it was left as it is."
            " Use the miniapi that wrote it, restore a snapshot, or move it away to begin anew"
        ) from None
    finally:
        if collecting:
            gc.enable()


def _checksum(key: str, value: bytes | None) -> int:
    return zlib.crc32(value or b"", zlib.crc32(key.encode()))

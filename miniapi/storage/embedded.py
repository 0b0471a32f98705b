"""The default store: SQLite (WAL) as the durable form of the in-memory index.

Writers are judged on the event loop, in order, against what is pending; a batch of them shares one
transaction (and one fsync) in a worker thread, and is visible and acknowledged only after it.
"""

from __future__ import annotations

import asyncio
import fcntl
import heapq
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from miniapi.storage.index import Index
from miniapi.storage.interface import Event, KeyConflict, Page, Progress, Stored, StoreUnavailable

FORMAT = 1
FILE_NAME = "store.db"
MAX_BATCH = 2_000
"""Writes that share one transaction at the most."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value BLOB NOT NULL, mod INTEGER NOT NULL,"
    " created INTEGER NOT NULL, version INTEGER NOT NULL, lease INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
_PUT = "INSERT OR REPLACE INTO kv VALUES (?,?,?,?,?,?,?)"
_DELETE = "DELETE FROM kv WHERE key = ?"
_REVISION = "INSERT OR REPLACE INTO state VALUES ('revision', ?)"

_Write = tuple[Event, float, "asyncio.Future[int]"]


class EmbeddedStore:
    """`Store` on one file. Make it with `open_store`."""

    def __init__(
        self, database: sqlite3.Connection, lock: int, path: Path, items: list[tuple[Stored, float]], revision: int
    ) -> None:
        self._database, self._lock, self.path = database, lock, path
        self._index = Index()
        self._index.load([s for s, _ in items], revision)
        self._next = self._index.revision + 1
        self._pending: dict[str, Stored | None] = {}
        self._queue: list[_Write] = []
        self._flusher: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._problem = ""
        self._closed = False
        self._leases = [(until, s.key, s.mod_revision) for s, until in items if until]
        heapq.heapify(self._leases)
        self._expiry: asyncio.TimerHandle | None = None
        self._schedule()

    async def get(self, key: str, *, revision: int = 0) -> Stored | None:
        return self._index.get(key, revision)

    async def scan(self, prefix: str, *, after: str = "", limit: int = 0, revision: int = 0) -> Page:
        return self._index.scan(prefix, after, limit, revision)

    async def count(self, prefix: str) -> int:
        return self._index.count(prefix)

    async def put(self, key: str, value: bytes, *, expected: int, lease_seconds: int = 0) -> int:
        before = self._judge(key, expected)
        revision = self._next
        now = Stored(
            key,
            value,
            revision,
            before.create_revision if before else revision,
            before.version + 1 if before else 1,
            lease_seconds,
        )
        until = time.time() + lease_seconds if lease_seconds else 0.0
        return await self._write(Event(revision, key, now, before), until)

    async def delete(self, key: str, *, expected: int) -> int:
        before = self._judge(key, expected)
        if before is None:
            raise KeyConflict(key, None)
        return await self._write(Event(self._next, key, None, before), 0.0)

    def watch(
        self, prefix: str, *, after: int
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Event] | Progress]]:
        return self._index.watch(prefix, after)

    async def revision(self) -> int:
        return self._index.revision

    async def compact(self, revision: int) -> None:
        self._index.compact(revision)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._give_back)

    async def ready(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if self._problem:
            raise StoreUnavailable(self._problem)

    async def close(self) -> None:
        if self._closed:
            return
        if self._flusher is not None:
            await self._flusher
        self._closed = True
        if self._expiry is not None:
            self._expiry.cancel()
        self._index.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.close)
        self._thread.shutdown()
        os.close(self._lock)

    def _judge(self, key: str, expected: int) -> Stored | None:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        before = self._pending[key] if key in self._pending else self._index.current.get(key)
        if (before.mod_revision if before else 0) != expected:
            raise KeyConflict(key, before)
        return before

    async def _write(self, event: Event, until: float) -> int:
        self._next += 1
        self._pending[event.key] = event.current
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._queue.append((event, until, done))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        return await asyncio.shield(done)

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._queue:
                batch, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
                try:
                    await loop.run_in_executor(self._thread, self._commit, batch)
                except sqlite3.Error as problem:
                    self._fail(batch, problem)
                    continue
                self._problem = ""
                self._index.apply([event for event, _, _ in batch])
                for event, until, done in batch:
                    if self._pending.get(event.key) is event.current:
                        del self._pending[event.key]
                    if until:
                        heapq.heappush(self._leases, (until, event.key, event.revision))
                    if not done.done():
                        done.set_result(event.revision)
                if self._leases:
                    self._schedule()
        finally:
            self._flusher = None

    def _commit(self, batch: list[_Write]) -> None:
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            for event, until, _ in batch:
                now = event.current
                if now is None:
                    database.execute(_DELETE, (event.key,))
                else:
                    database.execute(
                        _PUT,
                        (
                            now.key,
                            now.value,
                            now.mod_revision,
                            now.create_revision,
                            now.version,
                            now.lease_seconds,
                            until,
                        ),
                    )
            database.execute(_REVISION, (batch[-1][0].revision,))
            database.execute("COMMIT")
        except sqlite3.Error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def _fail(self, batch: list[_Write], problem: sqlite3.Error) -> None:
        """Nothing of the batch, nor of what was judged on top of it, has happened."""
        self._problem = f"{self.path} cannot be written: {problem}; free space or permissions, then try again"
        batch, self._queue = batch + self._queue, []
        self._pending.clear()
        self._next = self._index.revision + 1
        for _, _, done in batch:
            if not done.done():
                done.set_exception(StoreUnavailable(self._problem))

    def _give_back(self) -> None:
        try:
            self._database.execute("PRAGMA incremental_vacuum")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as problem:
            self._problem = f"{self.path} cannot be compacted: {problem}"

    def _schedule(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._leases and not self._closed:
            delay = max(0.01, self._leases[0][0] - time.time())
            self._expiry = asyncio.get_running_loop().call_later(delay, self._expire)

    def _expire(self) -> None:
        now = time.time()
        while self._leases and self._leases[0][0] <= now:
            _, key, revision = heapq.heappop(self._leases)
            before = self._index.current.get(key)
            if before is not None and before.mod_revision == revision and key not in self._pending:
                done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
                self._queue.append((Event(self._next, key, None, before), 0.0, done))
                self._pending[key] = None
                self._next += 1
        if self._queue and self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        self._schedule()


def open_store(directory: Path, *, fsync: bool = True) -> EmbeddedStore:
    """Opens or makes the store in a directory, which it locks; StoreUnavailable names file and fix."""
    path = directory / FILE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise StoreUnavailable(f"data directory {directory} cannot be used: {problem.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise StoreUnavailable(
            f"data directory {directory} is in use by another process; stop it or name another with --data-dir"
        ) from None
    try:
        database, items, revision = _read(path, fsync)
    except (sqlite3.Error, ValueError) as problem:
        os.close(lock)
        raise StoreUnavailable(f"{path} cannot be opened: {problem}; it was left as it is") from None
    return EmbeddedStore(database, lock, path, items, revision)


def _read(path: Path, fsync: bool) -> tuple[sqlite3.Connection, list[tuple[Stored, float]], int]:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'OFF'}")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise ValueError(f"it was written by a newer miniapi (format {found}, this one knows {FORMAT})")
        for statement in _SCHEMA:
            database.execute(statement)
        if found != FORMAT:
            database.execute(f"PRAGMA user_version = {FORMAT}")
        items = [
            (Stored(key, value, mod, created, version, lease), until)
            for key, value, mod, created, version, lease, until in database.execute("SELECT * FROM kv ORDER BY key")
        ]
        row = database.execute("SELECT value FROM state WHERE name = 'revision'").fetchone()
    except (sqlite3.Error, ValueError):
        database.close()
        raise
    return database, items, row[0] if row else 1

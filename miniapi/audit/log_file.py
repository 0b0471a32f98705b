"""The audit log's file: lines appended, the file set aside when it is full, old ones removed (lumberjack)."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MEGABYTE = 1024 * 1024
_STAMP = "%Y-%m-%dT%H-%M-%S.%f"


class LogFile:
    """Not for the event loop: every call may wait for the disk. OSError where the file cannot be written."""

    def __init__(
        self,
        path: Path,
        *,
        max_megabytes: int = 100,
        max_backups: int = 0,
        max_age_days: int = 0,
        compress: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = path
        self._max_bytes = max_megabytes * _MEGABYTE
        self._max_backups, self._max_age = max_backups, timedelta(days=max_age_days)
        self._compress, self._clock = compress, clock
        self._lock = threading.Lock()
        self._descriptor = -1
        self._size = 0
        self._open()

    def write(self, data: bytes) -> None:
        """Appends whole lines; sets the file aside first where they would not fit."""
        with self._lock:
            if self._max_bytes and self._size and self._size + len(data) > self._max_bytes:
                self._rotate()
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            self._size += len(data)

    def close(self) -> None:
        """No write may follow."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._descriptor).st_size

    def _rotate(self) -> None:
        os.close(self._descriptor)
        stamp = self._clock().strftime(_STAMP)[:-3]
        backup = self._path.with_name(f"{self._path.stem}-{stamp}{self._path.suffix}")
        self._path.rename(backup)
        self._open()
        if self._compress:
            with backup.open("rb") as source, gzip.open(f"{backup}.gz", "wb") as target:
                shutil.copyfileobj(source, target)
            backup.unlink()
        self._remove_old()

    def _remove_old(self) -> None:
        backups = sorted(self._backups(), reverse=True)
        for position, (made, path) in enumerate(backups):
            too_many = bool(self._max_backups) and position >= self._max_backups
            too_old = bool(self._max_age) and self._clock() - made > self._max_age
            if too_many or too_old:
                path.unlink(missing_ok=True)

    def _backups(self) -> list[tuple[datetime, Path]]:
        found = []
        for path in self._path.parent.glob(f"{self._path.stem}-*"):
            text = path.name.removesuffix(".gz").removesuffix(self._path.suffix).removeprefix(f"{self._path.stem}-")
            try:
                found.append((datetime.strptime(text, _STAMP).replace(tzinfo=UTC), path))
            except ValueError:
                continue  # a file of somebody else's
        return found


class StandardOutput:
    """--audit-log-path=-"""

    def write(self, data: bytes) -> None:
        """Writes and flushes."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def close(self) -> None:
        """Standard output stays open."""

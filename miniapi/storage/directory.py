"""A data directory that one process has: its lock, and how files get into it whole."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from miniapi.storage.interface import StoreUnavailable

FILE_NAME = "store.db"
LOCK_NAME = "lock"


class LockedDirectory:
    """Held from its making to `release`; StoreUnavailable tells that it cannot be used, or by whom it is."""

    def __init__(self, directory: Path) -> None:
        self.path = directory
        self.released = False
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise StoreUnavailable(
                f"data directory {directory} cannot be used: {problem.strerror};"
                " make it writable or name another with --data-dir"
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StoreUnavailable(
                f"data directory {directory} is in use by another process; stop it or name another with --data-dir"
            ) from None

    def put_in_place(self, make: Callable[[Path], None]) -> None:
        """Lets `make` write the store's file under another name; it is there whole, or not at all.

        StoreUnavailable if something of a store is there.
        """
        for name in (FILE_NAME, f"{FILE_NAME}-wal"):
            if (self.path / name).exists():
                raise StoreUnavailable(
                    f"{self.path / name} is there but does not belong to a new store; move it away,"
                    " or name another directory with --data-dir"
                )
        draft = self.path / f"{FILE_NAME}.new"
        draft.unlink(missing_ok=True)
        make(draft)
        move(draft, self.path / FILE_NAME)

    def release(self) -> None:
        """Lets others have it."""
        if not self.released:
            self.released = True
            os.close(self._lock)


def move(draft: Path, file: Path) -> None:
    """Gives a finished file its name, durably."""
    _sync(draft)
    draft.rename(file)
    _sync(file.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Snapshots of the embedded store: one file that holds all of it at one revision.

`save` and `status` may be used beside a running server, `restore` only where none runs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from miniapi.storage.directory import FILE_NAME, LockedDirectory, move
from miniapi.storage.embedded import read
from miniapi.storage.interface import StoreUnavailable

_BUMP = (
    "DELETE FROM log WHERE value IS NULL OR revision NOT IN (SELECT max(revision) FROM log GROUP BY key)",
    "UPDATE state SET value = {compacted} WHERE name = 'compacted'",
)


class SnapshotError(Exception):
    """It could not be done; the message names the file and the fix."""


@dataclass(frozen=True, slots=True)
class SnapshotStatus:
    """What a snapshot holds."""

    file: Path
    revision: int
    keys: int
    size_bytes: int
    sha256: str


def save(directory: Path, file: Path) -> SnapshotStatus:
    """Saves the store in a data directory, of a running server too, as of now; replaces `file` when it is whole."""
    source = directory / FILE_NAME
    if not source.exists():
        raise SnapshotError(f"{source} does not exist; name the data directory of a server with --data-dir")
    draft = file.with_name(file.name + ".part")
    try:
        draft.unlink(missing_ok=True)
        # Made beforehand for its mode: a snapshot holds secrets.
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.execute("VACUUM INTO ?", (str(draft),))
        found = status(draft)
        move(draft, file)
    except (OSError, sqlite3.Error, SnapshotError) as problem:
        draft.unlink(missing_ok=True)
        raise SnapshotError(f"{source} could not be saved to {file}: {problem}") from None
    return SnapshotStatus(file, found.revision, found.keys, found.size_bytes, found.sha256)


def status(file: Path) -> SnapshotStatus:
    """Reads and checks all of a snapshot; writes nothing."""
    try:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            contents = read(database)
    except OSError as problem:
        raise SnapshotError(f"{file} cannot be read: {problem.strerror}") from None
    except (sqlite3.Error, ValueError) as problem:
        raise SnapshotError(f"{file} is not a sound snapshot: {problem}") from None
    return SnapshotStatus(file, contents.revision, len(contents.current), file.stat().st_size, digest)


def restore(file: Path, directory: Path, *, bump_revision: int = 0) -> SnapshotStatus:
    """Makes a store of a snapshot in a directory that holds none; the snapshot stays.

    With `bump_revision` the store's revision is raised by as much and its history forgotten, so that clients
    that have seen later revisions than the snapshot's list anew instead of missing changes.
    """
    found = status(file)

    def make(draft: Path) -> None:
        shutil.copyfile(file, draft)
        draft.chmod(0o600)
        if bump_revision:
            with closing(sqlite3.connect(draft, isolation_level=None)) as database:
                compacted = found.revision + bump_revision
                database.executescript("BEGIN;" + ";".join(_BUMP).format(compacted=compacted) + ";COMMIT;")

    try:
        locked = LockedDirectory(directory)
        try:
            locked.put_in_place(make)
        finally:
            locked.release()
    except (OSError, sqlite3.Error, StoreUnavailable) as problem:
        raise SnapshotError(f"{file} could not be restored: {problem}") from None
    return SnapshotStatus(file, found.revision + bump_revision, found.keys, found.size_bytes, found.sha256)

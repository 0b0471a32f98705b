"""`miniapi snapshot save|restore|status FILE`: the embedded store as one file, of a running or a stopped server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from miniapi.storage.snapshot import SnapshotError, SnapshotStatus, restore, save, status


def main(words: Sequence[str], default_data_dir: Path) -> int:
    """The exit code; what was found goes to stdout, what went wrong to stderr in one line."""
    asked = _parser(default_data_dir).parse_args(words)
    directory = Path(asked.data_dir).expanduser()
    try:
        match asked.command:
            case "save":
                found, done = save(directory, asked.file), f"saved {directory}"
            case "restore":
                found = restore(asked.file, directory, bump_revision=asked.bump_revision)
                done = f"restored into {directory}"
            case _:
                found, done = status(asked.file), "sound"
    except SnapshotError as problem:
        print(f"miniapi snapshot: {problem}", file=sys.stderr)
        return 1
    print(f"{_described(found)}, {done}")
    return 0


def _described(found: SnapshotStatus) -> str:
    return (
        f"{found.file}: revision {found.revision}, {found.keys} keys, {found.size_bytes} bytes, sha256 {found.sha256}"
    )


def _parser(default_data_dir: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="miniapi snapshot", description="Snapshots of the embedded store. etcd has its own: etcdctl snapshot."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("save", "Write all objects to FILE; the server may be running."),
        ("restore", "Make a store of FILE in a data directory that holds none."),
        ("status", "Check FILE and say what it holds."),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("file", type=Path, metavar="FILE")
        command.add_argument("--data-dir", default=str(default_data_dir), help="the server's (default: %(default)s)")
        if name == "restore":
            command.add_argument(
                "--bump-revision",
                type=int,
                default=0,
                metavar="N",
                help="raise the revision by N, so that clients that saw later ones list anew",
            )
    return parser

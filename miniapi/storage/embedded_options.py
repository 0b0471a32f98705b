"""Flags of storage."""

from __future__ import annotations

from dataclasses import dataclass, field

MEMORY = "memory://"


@dataclass
class StorageOptions:
    """Where objects lie."""

    data_dir: str = field(
        default="", metadata={"flag": "data-dir", "help": "Directory of the embedded store and the certificates."}
    )
    embedded_fsync: bool = field(
        default=True,
        metadata={
            "flag": "embedded-fsync",
            "kind": "bool",
            "help": "Whether a write is on disk before it is answered.",
        },
    )
    etcd_servers: list[str] = field(
        default_factory=list,
        metadata={
            "flag": "etcd-servers",
            "kind": "strings",
            "help": "memory:// keeps everything in memory, for throw-away use.",
        },
    )
    compaction_seconds: float = field(
        default=300.0,
        metadata={
            "flag": "etcd-compaction-interval",
            "kind": "duration",
            "help": "How often old history is forgotten.",
        },
    )

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        if self.etcd_servers not in ([], [MEMORY]):
            problems.append(
                "--etcd-servers: etcd is not built yet; leave the flag out for the embedded store, or use memory://"
            )
        if self.compaction_seconds < 0:
            problems.append("--etcd-compaction-interval: it must not be negative")
        return problems

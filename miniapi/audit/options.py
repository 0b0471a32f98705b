"""Flags of auditing, and the sink and policy that they describe."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from miniapi.audit.interface import Sink
from miniapi.audit.log_file import LogFile, StandardOutput
from miniapi.audit.log_sink import BATCH, BLOCKING, BLOCKING_STRICT, MODES, BatchSink, BlockingSink, Encoder, Output
from miniapi.audit.policy import BadPolicy, Policy, load_policy

log = logging.getLogger("miniapi.audit")

VERSION = "audit.k8s.io/v1"


class BadAudit(Exception):
    """One line that names the flag and what is wrong with its file."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit filter needs."""

    sink: Sink
    policy: Policy


def _flag(name: str, text: str, kind: str = "string", default: Any = "") -> Any:
    return field(default=default, metadata={"flag": name, "kind": kind, "help": text})


@dataclass
class AuditOptions:
    """What is audited, and where to."""

    policy_file: str = _flag("audit-policy-file", "Policy (audit.k8s.io/v1): what is audited; nothing if unset.")
    path: str = _flag("audit-log-path", "File of the audit log, - for standard output.")
    format: str = _flag("audit-log-format", "json.", default="json")
    version: str = _flag("audit-log-version", f"{VERSION}.", default=VERSION)
    max_age_days: int = _flag("audit-log-maxage", "Days that old logs are kept, 0 for ever.", "int", 366)
    max_backups: int = _flag("audit-log-maxbackup", "How many old logs are kept, 0 for all.", "int", 100)
    max_megabytes: int = _flag("audit-log-maxsize", "Megabytes of a log before it is set aside.", "int", 100)
    compress: bool = _flag("audit-log-compress", "Whether old logs are compressed with gzip.", "bool", False)
    mode: str = _flag("audit-log-mode", f"One of {', '.join(MODES)}.", default=BLOCKING)
    buffer_size: int = _flag("audit-log-batch-buffer-size", "Events that may wait (batch).", "int", 10000)
    batch_max_size: int = _flag("audit-log-batch-max-size", "Events of one batch.", "int", 1)
    batch_max_wait_seconds: float = _flag(
        "audit-log-batch-max-wait", "How long a batch waits for more.", "duration", 0.0
    )
    truncate: bool = _flag("audit-log-truncate-enabled", "Cut events that are too long.", "bool", False)
    max_event_bytes: int = _flag("audit-log-truncate-max-event-size", "Longest event.", "int", 102400)
    max_batch_bytes: int = _flag("audit-log-truncate-max-batch-size", "Longest batch.", "int", 10485760)

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = []
        if self.policy_file and not Path(self.policy_file).is_file():
            problems.append(f"--audit-policy-file: there is no file {self.policy_file}")
        if self.format != "json":
            problems.append(f"--audit-log-format: {self.format} is not built; use json")
        if self.version != VERSION:
            problems.append(f"--audit-log-version: {self.version} is not served; use {VERSION}")
        if self.mode not in MODES:
            problems.append(f"--audit-log-mode: {self.mode} is not a mode; use {', '.join(MODES)}")
        return problems + self._numbers()

    def _numbers(self) -> list[str]:
        problems = [
            f"--{flag}: {value} is too small; use 0 or more"
            for flag, value in (
                ("audit-log-maxage", self.max_age_days),
                ("audit-log-maxbackup", self.max_backups),
                ("audit-log-maxsize", self.max_megabytes),
                ("audit-log-batch-max-wait", self.batch_max_wait_seconds),
            )
            if value < 0
        ]
        if self.mode == BATCH and self.buffer_size <= 0:
            problems.append(f"--audit-log-batch-buffer-size: {self.buffer_size} is too small; use 1 or more")
        if self.mode == BATCH and not 0 < self.batch_max_size <= max(self.buffer_size, 1):
            problems.append(
                "--audit-log-batch-max-size: it must be at least 1 and at most --audit-log-batch-buffer-size"
            )
        if self.truncate and not 0 < self.max_event_bytes <= self.max_batch_bytes:
            problems.append(
                "--audit-log-truncate-max-event-size: it must be at least 1 and at most "
                "--audit-log-truncate-max-batch-size"
            )
        return problems

    def build(self) -> Audit | None:
        """None where nothing is audited. BadAudit names the flag and its file."""
        if not self.path or not self.policy_file:
            if self.path or self.policy_file:
                missing = "--audit-policy-file" if self.path else "--audit-log-path"
                log.warning("nothing is audited: %s is not given", missing)
            return None
        try:
            policy = load_policy(Path(self.policy_file))
        except (OSError, BadPolicy) as problem:
            raise BadAudit(f"--audit-policy-file: {self.policy_file}: {problem}") from None
        try:
            output = self._output()
        except OSError as problem:
            raise BadAudit(f"--audit-log-path: {self.path} cannot be written: {problem.strerror}") from None
        return Audit(self._sink(output), policy)

    def _output(self) -> Output:
        if self.path == "-":
            return StandardOutput()
        return LogFile(
            Path(self.path),
            max_megabytes=self.max_megabytes,
            max_backups=self.max_backups,
            max_age_days=self.max_age_days,
            compress=self.compress,
        )

    def _sink(self, output: Output) -> Sink:
        encode = Encoder(self.max_event_bytes if self.truncate else 0)
        if self.mode == BATCH:
            return BatchSink(
                output,
                encode,
                buffer_size=self.buffer_size,
                max_size=self.batch_max_size,
                max_wait_seconds=self.batch_max_wait_seconds,
            )
        return BlockingSink(output, encode, strict=self.mode == BLOCKING_STRICT)

"""Flags of auditing, and the sinks and policy that they describe."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from miniapi.audit.interface import Sink
from miniapi.audit.log_backend import LogBackend, Output
from miniapi.audit.log_file import LogFile, StandardOutput
from miniapi.audit.policy import BadPolicy, Policy, load_policy
from miniapi.audit.settings import SinkSettings
from miniapi.audit.sinks import BATCH, BLOCKING, MODES, Sinks
from miniapi.audit.webhook_backend import WebhookBackend
from miniapi.client.config import ConfigError, from_kubeconfig
from miniapi.flag import flag

log = logging.getLogger("miniapi.audit")

VERSION = "audit.k8s.io/v1"


class BadAudit(Exception):
    """One line that names the flag and what is wrong with its file."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit filter needs."""

    sink: Sink
    policy: Policy


@dataclass
class AuditOptions:
    """What is audited, and where to."""

    policy_file: str = flag("audit-policy-file", "Policy (audit.k8s.io/v1): what is audited; nothing if unset.")
    path: str = flag("audit-log-path", "File of the audit log, - for standard output.")
    format: str = flag("audit-log-format", "json.", default="json")
    version: str = flag("audit-log-version", f"{VERSION}.", default=VERSION)
    max_age_days: int = flag("audit-log-maxage", "Days that old logs are kept, 0 for ever.", "int", 366)
    max_backups: int = flag("audit-log-maxbackup", "How many old logs are kept, 0 for all.", "int", 100)
    max_megabytes: int = flag("audit-log-maxsize", "Megabytes of a log before it is set aside.", "int", 100)
    compress: bool = flag("audit-log-compress", "Whether old logs are compressed with gzip.", "bool", False)
    mode: str = flag("audit-log-mode", f"One of {', '.join(MODES)}.", default=BLOCKING)
    buffer_size: int = flag("audit-log-batch-buffer-size", "Events that may wait (batch).", "int", 10000)
    batch_max_size: int = flag("audit-log-batch-max-size", "Events of one batch.", "int", 1)
    batch_max_wait_seconds: float = flag(
        "audit-log-batch-max-wait", "How long a batch waits for more.", "duration", 0.0
    )
    throttle: bool = flag("audit-log-batch-throttle-enable", "Write no more batches than:", "bool", False)
    throttle_per_second: float = flag("audit-log-batch-throttle-qps", "So many a second,", "float", 0.0)
    throttle_burst: int = flag("audit-log-batch-throttle-burst", "and so many at once.", "int", 0)
    truncate: bool = flag("audit-log-truncate-enabled", "Cut events that are too long.", "bool", False)
    max_event_bytes: int = flag("audit-log-truncate-max-event-size", "Longest event.", "int", 102400)
    max_batch_bytes: int = flag("audit-log-truncate-max-batch-size", "Longest batch.", "int", 10485760)
    webhook_config_file: str = flag("audit-webhook-config-file", "Kubeconfig of a service that events are sent to.")
    webhook_version: str = flag("audit-webhook-version", f"{VERSION}.", default=VERSION)
    webhook_mode: str = flag("audit-webhook-mode", f"One of {', '.join(MODES)}.", default=BATCH)
    webhook_buffer_size: int = flag("audit-webhook-batch-buffer-size", "Events that may wait (batch).", "int", 10000)
    webhook_max_size: int = flag("audit-webhook-batch-max-size", "Events of one batch.", "int", 400)
    webhook_max_wait_seconds: float = flag(
        "audit-webhook-batch-max-wait", "How long a batch waits for more.", "duration", 30.0
    )
    webhook_throttle: bool = flag("audit-webhook-batch-throttle-enable", "Send no more batches than:", "bool", True)
    webhook_per_second: float = flag("audit-webhook-batch-throttle-qps", "So many a second,", "float", 10.0)
    webhook_burst: int = flag("audit-webhook-batch-throttle-burst", "and so many at once.", "int", 15)
    webhook_pause_seconds: float = flag(
        "audit-webhook-initial-backoff", "How long to wait before trying again.", "duration", 10.0
    )
    webhook_truncate: bool = flag("audit-webhook-truncate-enabled", "Cut events that are too long.", "bool", False)
    webhook_max_event_bytes: int = flag("audit-webhook-truncate-max-event-size", "Longest event.", "int", 102400)
    webhook_max_batch_bytes: int = flag("audit-webhook-truncate-max-batch-size", "Longest batch.", "int", 10485760)

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        named = (("audit-policy-file", self.policy_file), ("audit-webhook-config-file", self.webhook_config_file))
        problems = [f"--{name}: there is no file {path}" for name, path in named if path and not Path(path).is_file()]
        if self.format != "json":
            problems.append(f"--audit-log-format: {self.format} is not built; use json")
        for name, version in (("log", self.version), ("webhook", self.webhook_version)):
            if version != VERSION:
                problems.append(f"--audit-{name}-version: {version} is not served; use {VERSION}")
        problems += [
            f"--{name}: {value} is too small; use 0 or more"
            for name, value in (
                ("audit-log-maxage", self.max_age_days),
                ("audit-log-maxbackup", self.max_backups),
                ("audit-log-maxsize", self.max_megabytes),
            )
            if value < 0
        ]
        return problems + [p for settings in (self._log(), self._webhook()) for p in settings.validate()]

    def _log(self) -> SinkSettings:
        throttle = (self.throttle_per_second, self.throttle_burst) if self.throttle else None
        cut = (self.max_event_bytes, self.max_batch_bytes) if self.truncate else None
        batch = (self.buffer_size, self.batch_max_size, self.batch_max_wait_seconds)
        return SinkSettings("log", self.mode, batch, throttle, cut)

    def _webhook(self) -> SinkSettings:
        throttle = (self.webhook_per_second, self.webhook_burst) if self.webhook_throttle else None
        cut = (self.webhook_max_event_bytes, self.webhook_max_batch_bytes) if self.webhook_truncate else None
        batch = (self.webhook_buffer_size, self.webhook_max_size, self.webhook_max_wait_seconds)
        return SinkSettings("webhook", self.webhook_mode, batch, throttle, cut)

    def build(self) -> Audit | None:
        """None where nothing is audited. BadAudit names the flag and its file."""
        goes = bool(self.path or self.webhook_config_file)
        if not goes or not self.policy_file:
            if goes or self.policy_file:
                missing = "--audit-policy-file" if goes else "--audit-log-path"
                log.warning("nothing is audited: %s is not given", missing)
            return None
        try:
            policy = load_policy(Path(self.policy_file))
        except (OSError, BadPolicy) as problem:
            raise BadAudit(f"--audit-policy-file: {self.policy_file}: {problem}") from None
        sinks = []
        if self.path:
            sinks.append(self._log().sink(LogBackend(self._output())))
        if self.webhook_config_file:
            sinks.append(self._webhook().sink(self._service()))
        return Audit(sinks[0] if len(sinks) == 1 else Sinks(sinks), policy)

    def _service(self) -> WebhookBackend:
        try:
            config = from_kubeconfig(self.webhook_config_file)
            config.check()
        except ConfigError as problem:
            raise BadAudit(f"--audit-webhook-config-file: {problem}") from None
        return WebhookBackend(config, self.webhook_pause_seconds)

    def _output(self) -> Output:
        if self.path == "-":
            return StandardOutput()
        try:
            return LogFile(
                Path(self.path),
                max_megabytes=self.max_megabytes,
                max_backups=self.max_backups,
                max_age_days=self.max_age_days,
                compress=self.compress,
            )
        except OSError as problem:
            raise BadAudit(f"--audit-log-path: {self.path} cannot be written: {problem.strerror}") from None

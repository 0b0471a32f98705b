"""The audit log: its file turns over, its sinks lose nothing that they promised."""

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from miniapi.audit.log_backend import LogBackend
from miniapi.audit.log_file import LogFile
from miniapi.audit.options import AuditOptions, BadAudit
from miniapi.audit.sinks import BatchSink, BlockingSink, Encoder
from miniapi.errors import ApiError

EVENT = {"auditID": "1", "stage": "RequestReceived"}


class Output:
    def __init__(self, fails=False):
        self.written, self.fails, self.closed = [], fails, False

    def write(self, data):
        if self.fails:
            raise OSError(28, "No space left on device")
        self.written.append(data)

    def close(self):
        self.closed = True


def test_full_file_is_set_aside_and_old_ones_removed(tmp_path):
    now = [datetime(2026, 1, 2, tzinfo=UTC)]
    path = tmp_path / "audit.log"
    other = tmp_path / "audit-mine.log"
    other.write_text("not ours")
    log = LogFile(path, max_megabytes=1, max_backups=2, compress=True, clock=lambda: now[0])
    for number in range(5):
        now[0] += timedelta(hours=1)
        log.write(bytes([65 + number]) * 700_000)
    log.close()
    assert path.read_bytes() == b"E" * 700_000
    backups = sorted(tmp_path.glob("audit-2026*"))
    assert [b.name for b in backups] == ["audit-2026-01-02T04-00-00.000.log.gz", "audit-2026-01-02T05-00-00.000.log.gz"]
    assert gzip.decompress(backups[1].read_bytes()) == b"D" * 700_000
    assert other.exists()


def test_files_of_another_age_are_removed(tmp_path):
    now = [datetime(2026, 1, 2, tzinfo=UTC)]
    log = LogFile(tmp_path / "a.log", max_megabytes=1, max_age_days=1, clock=lambda: now[0])
    for _ in range(3):
        log.write(b"x" * 700_000)
        now[0] += timedelta(days=2)
    log.close()
    assert len(list(tmp_path.glob("a-*"))) == 1


async def test_blocking_sink_has_written_when_it_returns():
    output = Output()
    sink = BlockingSink(LogBackend(output), Encoder())
    assert await sink.process(EVENT)
    assert [json.loads(w) for w in output.written] == [EVENT]
    await sink.close()
    assert output.closed


async def test_lost_event_fails_the_request_only_in_strict_mode():
    for strict, stage, kept_going in (
        (False, "RequestReceived", True),
        (True, "RequestReceived", False),
        (True, "Panic", True),
    ):
        sink = BlockingSink(LogBackend(Output(fails=True)), Encoder(), strict=strict)
        assert await sink.process({**EVENT, "stage": stage}) is kept_going
        await sink.close()


async def test_batches_are_written_when_full_or_old_and_the_rest_at_the_end():
    output = Output()
    sink = BatchSink(LogBackend(output), Encoder(), buffer_size=10, max_size=2, max_wait_seconds=30)
    for number in range(5):
        await sink.process({"auditID": str(number)})
    await asyncio.sleep(0.05)
    assert [w.count(b"\n") for w in output.written] == [2, 2]
    await sink.close()
    assert b"".join(output.written).count(b"\n") == 5


async def test_full_buffer_loses_events_and_never_waits(caplog):
    sink = BatchSink(LogBackend(Output()), Encoder(), buffer_size=1, max_size=1, max_wait_seconds=0)
    for _ in range(3):
        assert await sink.process(EVENT)
    assert "the buffer is full" in caplog.text
    await sink.close()


def test_long_events_lose_their_objects():
    event = {"auditID": "1", "requestObject": {"a": "x" * 1000}}
    line = json.loads(Encoder(200)(event))
    assert line == {"auditID": "1", "annotations": {"audit.k8s.io/truncated": "true"}}
    assert Encoder(20)(event) == b""
    assert json.loads(Encoder()(event)) == event


def test_mistakes_are_told_with_their_flags(tmp_path):
    options = AuditOptions(format="legacy", version="v2", mode="loud", max_backups=-1, policy_file="/nowhere")
    told = "\n".join(options.validate())
    for flag in ("audit-log-format", "audit-log-version", "audit-log-mode", "audit-log-maxbackup", "audit-policy-file"):
        assert f"--{flag}: " in told
    assert AuditOptions().validate() == []
    policy = tmp_path / "policy"
    policy.write_text("kind: Policy")
    with pytest.raises(BadAudit, match="^--audit-policy-file: .*apiVersion"):
        AuditOptions(path="-", policy_file=str(policy)).build()
    assert AuditOptions().build() is None
    assert not isinstance(BadAudit("x"), ApiError)

"""Killed during concurrent writes, again and again: what was acknowledged is there, nothing is half there.

MINIAPI_KILLS says how often (8 unless told).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from miniapi.storage.embedded import open_store
from tests.storage import crash_child
from tests.storage.crash_child import KEYS, WRITERS, outcome

KILLS = int(os.environ.get("MINIAPI_KILLS", "8"))


class Expected:
    """What must be in the store: keys, and the highest revision anybody was told."""

    def __init__(self) -> None:
        self.values: dict[str, bytes | None] = {f"k/{w}/{k}": None for w in range(WRITERS) for k in range(KEYS)}
        self.revision = 0
        self.acknowledged = 0

    async def check(self, directory: Path, told: str, generation: int) -> None:
        """Takes in what a killed child told, and compares; then the store as it is counts."""
        last_step = dict.fromkeys(range(WRITERS), -1)
        newest = self.revision
        for line in told.splitlines(keepends=True):
            if not line.endswith("\n"):
                break
            writer, step, revision = map(int, line.split())
            assert step == last_step[writer] + 1
            # What a child is told is newer than all that was told before it was born.
            assert not revision or revision > self.revision
            last_step[writer], newest = step, max(newest, revision)
            key, value = outcome(generation, writer, step)
            self.values[key] = value
            self.acknowledged += 1
        self.revision = newest
        store = open_store(directory)
        assert await store.revision() >= self.revision
        for writer, step in last_step.items():
            # One write of each writer may have happened without its being told.
            key, value = outcome(generation, writer, step + 1)
            found = await store.get(key)
            if found is not None or value is None:
                if (found.value if found else None) == value:
                    self.values[key] = value
        found_now = {s.key: s for s in (await store.scan("")).items}
        assert {k: s.value for k, s in found_now.items()} == {k: v for k, v in self.values.items() if v is not None}
        revisions = [s.mod_revision for s in found_now.values()]
        assert len(set(revisions)) == len(revisions)
        await store.close()


async def test_no_acknowledged_write_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    expected, chance = Expected(), random.Random()
    for generation in range(KILLS):
        told = tmp_path / f"told-{generation}"
        child = subprocess.Popen(
            [sys.executable, crash_child.__file__, str(tmp_path / "data"), str(told), str(generation)],
            stderr=subprocess.PIPE,
        )
        try:
            deadline = time.monotonic() + 20
            while not (told.exists() and told.stat().st_size) and time.monotonic() < deadline:
                assert child.poll() is None, child.communicate()[1].decode()
                time.sleep(0.005)
            time.sleep(chance.uniform(0.0, 0.15))
        finally:
            child.send_signal(signal.SIGKILL)
            child.communicate()
        await expected.check(tmp_path / "data", told.read_text(), generation)
    assert expected.acknowledged > 20 * KILLS

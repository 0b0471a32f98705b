"""A server in a process of its own, as users run it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

START_SECONDS, STOP_SECONDS, LINE_SECONDS = 20.0, 10.0, 15.0


class ServerProcess:
    """`miniapi serve` on a free port of its own, which it keeps when it is started again."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder, self._flags = folder, flags
        self.kubeconfig = folder / "kubeconfig"
        self.port = 0
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> ServerProcess:
        """Returns once it is ready."""
        self.kubeconfig.unlink(missing_ok=True)
        log = (self.folder / "log").open("ab")
        command = [sys.executable, "-m", "miniapi", "serve", "--data-dir", str(self.folder)]
        self._running = subprocess.Popen(
            [*command, "--secure-port", str(self.port), *self._flags], stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        log.close()
        deadline = time.monotonic() + START_SECONDS
        while not self.kubeconfig.exists():
            assert self._running.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "the server is not ready in time"
            time.sleep(0.02)
        found = re.search(r"https://127\.0\.0\.1:(\d+)", self.kubeconfig.read_text())
        assert found is not None
        self.port = int(found[1])
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The one that was started last."""
        assert self._running is not None
        return self._running

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """The exit code; an assertion fails where the server does not end in time."""
        self.process.send_signal(sent)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class Kubectl:
    """The kubectl binary with a server's kubeconfig."""

    def __init__(self, server: ServerProcess, namespace: str = "default") -> None:
        self._server, self._namespace = server, namespace
        cache = ("--cache-dir", str(server.folder / "cache"))
        self.command = [binary(), "--kubeconfig", str(server.kubeconfig), *cache, "--namespace", namespace]

    def __call__(self, *words: str, stdin: str = "", code: int = 0, env: dict[str, str] | None = None) -> str:
        """Standard output; an assertion fails where the exit code is another one."""
        done = self.run(*words, stdin=stdin, env=env)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def run(self, *words: str, stdin: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """All that came of it."""
        return subprocess.run(
            [*self.command, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **(env or {})},
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """In the background; the caller ends it."""
        return subprocess.Popen([*self.command, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def binary() -> str:
    """Path of kubectl; skips the test where there is none, fails it in CI."""
    found = shutil.which("kubectl")
    if found is None:
        if os.environ.get("MINIAPI_CI"):
            pytest.fail("kubectl is missing, and in CI these tests must run")
        pytest.skip("kubectl is not installed")
    return found


def lines_until(process: subprocess.Popen[str], wanted: str) -> str:
    """What the process has printed up to a line that holds `wanted`."""
    assert process.stdout is not None
    seen = ""
    late = threading.Timer(LINE_SECONDS, process.kill)
    late.start()
    try:
        for line in process.stdout:
            seen += line
            if wanted in line:
                return seen
    finally:
        late.cancel()
        late.join()
    pytest.fail(f"ended without saying {wanted!r}: {seen}")

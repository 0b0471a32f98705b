"""Servers as processes: stopped, started again, and met through kubectl's own proxy."""

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.system.process import Kubectl, ServerProcess, lines_until

pytestmark = pytest.mark.kubectl


def test_a_watch_lives_through_a_restart_and_nothing_is_lost(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path).start()
    kubectl = Kubectl(server)
    kubectl("create", "configmap", "before")
    watch = kubectl.start("get", "configmaps", "-w", "-o", "name")
    try:
        lines_until(watch, "configmap/before")
        assert server.stop() == 0
        assert watch.wait(10) == 0, "the watch ended as it does at its time's end"
    finally:
        watch.kill()
        watch.communicate()
    server.start()
    kubectl("create", "configmap", "after")
    assert {"configmap/before", "configmap/after"} <= set(kubectl("get", "configmaps", "-o", "name").split())
    assert server.stop(signal.SIGINT) == 0


def test_the_second_signal_ends_at_once(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, "--shutdown-delay-duration=60s").start()
    process = server.process
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    assert server.stop() == 128 + signal.SIGTERM


def test_the_port_of_another_and_a_locked_directory_are_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = run("--data-dir", str(tmp_path / "a"), "--secure-port", str(taken.getsockname()[1]))
    assert told.count("\n") == 1
    assert "--secure-port" in told
    assert "in use" in told
    server = ServerProcess(tmp_path).start()
    told = run("--data-dir", str(tmp_path), "--secure-port", "0")
    assert server.stop() == 0
    assert told.count("\n") == 1
    assert "--data-dir" in told


def run(*flags: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "miniapi", "serve", *flags], capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_proxy(kubectl: Kubectl) -> None:
    proxy = kubectl.start("proxy", "--port=0")
    try:
        address = lines_until(proxy, "Starting to serve on").split()[-1]
        with urllib.request.urlopen(f"http://{address}/api/v1/namespaces/default", timeout=5) as answer:
            assert b'"kind":"Namespace"' in answer.read()
    finally:
        proxy.terminate()
        proxy.communicate()

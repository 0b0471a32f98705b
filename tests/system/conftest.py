import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Kubectl = Callable[..., str]


@pytest.fixture(scope="session")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """Runs kubectl against a server of the session's own; returns stdout, fails on an unexpected exit code."""
    binary = shutil.which("kubectl")
    if binary is None:
        if os.environ.get("MINIAPI_CI"):
            pytest.fail("kubectl is missing, and in CI these tests must run")
        pytest.skip("kubectl is not installed")
    folder: Path = tmp_path_factory.mktemp("server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "miniapi", "serve", "--quiet", "--data-dir", str(folder), "--secure-port", str(port)]
    )
    config = folder / "kubeconfig"
    for _ in range(100):
        if config.exists():
            break
        time.sleep(0.05)

    def run(*words: str, stdin: str = "", code: int = 0) -> str:
        done = subprocess.run(
            [binary, "--kubeconfig", str(config), "--cache-dir", str(folder / "cache"), *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    yield run
    server.terminate()
    assert server.wait(10) == 0

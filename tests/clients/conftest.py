"""A server of its own process, which the clients that people use are pointed at."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The admin's kubeconfig of a fresh server."""
    folder = tmp_path_factory.mktemp("server")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "miniapi", "serve", "--quiet", "--etcd-servers=memory://"),
            *("--data-dir", str(folder), "--secure-port", "0"),
        ]
    )
    path = folder / "kubeconfig"
    for _ in range(200):
        if path.exists():
            break
        assert server.poll() is None, "the server ended at its start"
        time.sleep(0.05)
    yield path
    server.terminate()
    assert server.wait(10) == 0

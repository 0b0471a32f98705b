"""The server stands in for the oldest and the newest release that it knows: it starts, and becomes ready."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml


@pytest.mark.parametrize("release", ["1.25", "1.37"])
def test_the_server_becomes_ready_as_another_release(release: str, tmp_path: Path) -> None:
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "miniapi", "serve", "--quiet", "--etcd-servers=memory://"),
            *("--data-dir", str(tmp_path), "--secure-port", "0", "--kubernetes-version", release),
        ]
    )
    try:
        path = tmp_path / "kubeconfig"
        ends = time.monotonic() + 20
        while not path.exists():
            assert server.poll() is None, "the server ended at its start"
            assert time.monotonic() < ends, "the server did not become ready"
            time.sleep(0.05)
        assert yaml.safe_load(path.read_text())["clusters"]
    finally:
        server.terminate()
        server.wait(15)

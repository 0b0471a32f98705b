"""One server for the session, and a namespace of its own for each test."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.storage.conftest import start_etcd as start_etcd
from tests.system.process import Kubectl, ServerProcess, binary

MANIFESTS = Path(__file__).parent / "manifests"
_numbers = count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Stops without complaint at the end."""
    binary()
    running = ServerProcess(tmp_path_factory.mktemp("server"), "--quiet").start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def kubectl(server: ServerProcess) -> Kubectl:
    """In a fresh namespace."""
    namespace = f"test-{next(_numbers)}"
    Kubectl(server)("create", "namespace", namespace)
    return Kubectl(server, namespace)

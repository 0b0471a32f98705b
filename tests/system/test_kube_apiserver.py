"""`kube-apiserver` stands in the original's place: with the command lines of envtest and kwokctl, over an etcd."""

import json
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from miniapi.authn.service_account_keys import ensure_signing_key
from miniapi.server.certificates import Certificates, ensure
from tests.storage.conftest import EtcdStarter, free_ports

pytestmark = pytest.mark.etcd

PROGRAM = "import sys; from miniapi.cli import kube_apiserver; sys.exit(kube_apiserver())"


class Client:
    """An admin with a client certificate."""

    def __init__(self, port: int, pki: Certificates) -> None:
        self._url = f"https://127.0.0.1:{port}"
        self._tls = ssl.create_default_context(cafile=str(pki.ca))
        self._tls.load_cert_chain(*pki.pair("admin"))

    def ask(self, path: str, body: object = None) -> tuple[int, dict]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5, context=self._tls) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.loads(refusal.read())

    def wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 20
        while True:
            assert server.poll() is None, "the server has ended"
            try:
                with urllib.request.urlopen(f"{self._url}/readyz", timeout=5, context=self._tls):
                    return
            except OSError:
                assert time.monotonic() < deadline, "the server is not ready in time"
                time.sleep(0.05)


@pytest.fixture
def pki(tmp_path: Path) -> Certificates:
    made = ensure(tmp_path / "pki", ["127.0.0.1", "localhost"])
    ensure_signing_key(made.directory / "sa.key")
    return made


def envtest(folder: Path, pki: Certificates, etcd: str, port: int) -> list[str]:
    """As controller-runtime 0.19 to 0.22 have it; the certificates lie in --cert-dir before the start."""
    folder.mkdir()
    for path in pki.pair("apiserver"):
        (folder / path.name).write_bytes(path.read_bytes())
    return [
        "--allow-privileged=true",
        "--authorization-mode=RBAC",
        "--bind-address=127.0.0.1",
        f"--cert-dir={folder}",
        f"--client-ca-file={pki.ca}",
        "--disable-admission-plugins=ServiceAccount",
        f"--etcd-servers={etcd}",
        f"--secure-port={port}",
        f"--service-account-issuer=https://127.0.0.1:{port}/",
        f"--service-account-key-file={pki.directory / 'sa.key'}",
        f"--service-account-signing-key-file={pki.directory / 'sa.key'}",
        "--service-cluster-ip-range=10.0.0.0/24",
    ]


def kwokctl(folder: Path, pki: Certificates, etcd: str, port: int) -> list[str]:
    """As kwok 0.6 and 0.7 have it without authorization; nothing may be written anywhere."""
    del folder
    certificate, key = pki.pair("apiserver")
    return [
        "--etcd-prefix=/registry",
        "--allow-privileged=true",
        "--admission-control=",
        "--max-requests-inflight=1000000",
        "--max-mutating-requests-inflight=1000000",
        f"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--client-ca-file={pki.ca}",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--proxy-client-key-file={key}",
        f"--proxy-client-cert-file={certificate}",
    ]


@pytest.mark.parametrize("arguments", [envtest, kwokctl], ids=lambda a: a.__name__)
def test_starts_serves_and_stops_as_those_who_start_it_expect(
    arguments, tmp_path: Path, pki: Certificates, start_etcd: EtcdStarter
) -> None:
    (member,) = start_etcd()
    (port,) = free_ports(1)
    argv = arguments(tmp_path / "certs", pki, member.url, port)
    client = Client(port, pki)
    with subprocess.Popen([sys.executable, "-c", PROGRAM, *argv], env={"HOME": str(tmp_path / "home")}) as server:
        try:
            client.wait_until_ready(server)
            config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}}
            code, made = client.ask("/api/v1/namespaces/default/configmaps", config)
            assert (code, made["data"]) == (201, {"k": "v"})
            # No controller runs, as in the original: whoever starts it wants to be alone.
            assert client.ask("/api/v1/namespaces/default/serviceaccounts/default")[0] == 404
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
    assert not (tmp_path / "home").exists()

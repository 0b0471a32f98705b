"""Who one is and what one may do, through kubectl."""

import base64
import json
import subprocess
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

pytestmark = pytest.mark.kubectl


def until(condition, seconds=10.0):
    """The first answer that holds; fails after a while."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return answer


def whoami(kubectl, *words):
    return json.loads(kubectl("auth", "whoami", "-o", "json", *words))["status"]["userInfo"]


def test_admin_may_do_everything(kubectl):
    assert whoami(kubectl)["username"] == "kubernetes-admin"
    assert kubectl("auth", "can-i", "*", "*").strip() == "yes"


def test_roles_give_what_they_say(kubectl):
    assert kubectl("auth", "can-i", "list", "pods", "--as", "eve", code=1).strip() == "no"
    kubectl("create", "clusterrolebinding", "eve-views", "--clusterrole", "view", "--user", "eve")
    until(lambda: "pods" in kubectl("get", "clusterrole", "view", "-o", "yaml"))
    assert kubectl("auth", "can-i", "list", "pods", "--as", "eve").strip() == "yes"
    assert "deployments.apps" in kubectl("auth", "can-i", "--list", "--as", "eve")
    refused = kubectl("create", "configmap", "x", "--as", "eve", code=1)
    assert refused == ""


def test_tokens_are_of_their_account(kubectl):
    kubectl("create", "serviceaccount", "robot", "-n", "default")
    token = kubectl("create", "token", "robot", "--duration", "20m", "-n", "default").strip()
    config = json.loads(kubectl("config", "view", "--raw", "-o", "json"))
    server = config["clusters"][0]["cluster"]
    body = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"{server['server']}/apis/authentication.k8s.io/v1/selfsubjectreviews"
    import ssl

    trust = ssl.create_default_context(cadata=base64.b64decode(server["certificate-authority-data"]).decode())
    with urlopen(Request(url, body, headers), context=trust) as reply:
        user = json.load(reply)["status"]["userInfo"]
    assert user["username"] == "system:serviceaccount:default:robot"
    assert "system:serviceaccounts" in user["groups"]


def test_approved_certificates_are_signed_and_believed(kubectl, tmp_path: Path):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bob")])
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    request = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "bob"},
        "spec": {
            "request": base64.b64encode(asked.public_bytes(serialization.Encoding.PEM)).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        },
    }
    kubectl("create", "-f", "-", stdin=json.dumps(request))
    kubectl("certificate", "approve", "bob")
    signed = until(lambda: kubectl("get", "csr", "bob", "-o", "jsonpath={.status.certificate}"))
    certificate, key_file, config = tmp_path / "bob.crt", tmp_path / "bob.key", tmp_path / "config"
    certificate.write_bytes(base64.b64decode(signed))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.write_bytes(key.private_bytes(*form))
    document = json.loads(kubectl("config", "view", "--raw", "-o", "json"))
    document["users"][0]["user"] = {"client-certificate": str(certificate), "client-key": str(key_file)}
    config.write_text(json.dumps(document))
    done = subprocess.run(
        ["kubectl", "--kubeconfig", str(config), "auth", "whoami", "-o", "json"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"]["userInfo"]["username"] == "bob"

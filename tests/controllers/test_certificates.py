"""Certificates are approved, refused and signed as a cluster's controllers do it."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from miniapi.controllers.certificate_authority import CertificateAuthority
from miniapi.controllers.certificate_requests import (
    CLIENT,
    KUBELET_CLIENT,
    KUBELET_SERVING,
    NotSigned,
    check,
    is_node_client,
    parse,
)
from miniapi.server.certificates import ensure

NODE = ("system:nodes", "system:node:n1")
CLIENT_USAGES = ["client auth", "digital signature"]


def request(signer, organization, name, usages, *alternatives):
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    made = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    pem = base64.b64encode(made.public_bytes(serialization.Encoding.PEM)).decode()
    return {"spec": {"request": pem, "signerName": signer, "usages": usages}}


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (request(CLIENT, "team", "bob", CLIENT_USAGES), ""),
        (request(CLIENT, "team", "bob", ["server auth"]), "invalid usage for client certificate: server auth"),
        (
            request(CLIENT, "team", "bob", ["digital signature"]),
            "missing required usage for client certificate: client auth",
        ),
        (request(KUBELET_CLIENT, *NODE, CLIENT_USAGES), ""),
        (request(KUBELET_CLIENT, *NODE, [*CLIENT_USAGES, "key encipherment"]), ""),
        (
            request(KUBELET_CLIENT, *NODE, ["client auth"]),
            "usages did not match [client auth digital signature key encipherment]",
        ),
        (request(KUBELET_CLIENT, "team", NODE[1], CLIENT_USAGES), "subject organization is not system:nodes"),
        (
            request(KUBELET_CLIENT, NODE[0], "bob", CLIENT_USAGES),
            "subject common name does not begin with system:node:",
        ),
        (
            request(KUBELET_CLIENT, *NODE, CLIENT_USAGES, x509.DNSName("n1")),
            "DNS subjectAltNames are not allowed",
        ),
        (request(KUBELET_SERVING, *NODE, ["server auth", "digital signature"], x509.DNSName("n1")), ""),
        (request(KUBELET_SERVING, *NODE, ["server auth", "digital signature"]), "DNS or IP subjectAltName is required"),
    ],
)
def test_signers_sign_what_they_are_for(asked, problem):
    spec = asked["spec"]
    if not problem:
        return check(spec["signerName"], parse(asked), spec["usages"])
    with pytest.raises(NotSigned) as raised:
        check(spec["signerName"], parse(asked), spec["usages"])
    assert str(raised.value) == problem
    return None


def test_only_kubelets_are_recognized_as_such():
    node, client = request(KUBELET_CLIENT, *NODE, CLIENT_USAGES), request(CLIENT, *NODE, CLIENT_USAGES)
    assert is_node_client(node, parse(node))
    assert not is_node_client(client, parse(client))


@pytest.mark.parametrize(
    ("seconds", "begins_before", "lives"),
    [(None, timedelta(minutes=5), timedelta(days=365)), (3600, timedelta(0), timedelta(hours=1))],
)
def test_certificate_is_what_was_asked_for(tmp_path, seconds, begins_before, lives):
    own = ensure(tmp_path, ["localhost"])
    now = datetime.now(UTC).replace(microsecond=0)
    parsed = parse(request(CLIENT, "team", "bob", CLIENT_USAGES, x509.DNSName("b.example")))
    pem = CertificateAuthority(own.ca, own.ca_key).sign(parsed, CLIENT_USAGES, seconds, now)
    made = x509.load_pem_x509_certificate(pem)
    made.verify_directly_issued_by(x509.load_pem_x509_certificate(own.ca.read_bytes()))
    assert made.subject == parsed.subject
    assert made.not_valid_before_utc == now - begins_before
    assert made.not_valid_after_utc - made.not_valid_before_utc == lives
    purposes = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_certificate_without_key_usages_says_nothing_of_them(tmp_path):
    own = ensure(tmp_path, ["localhost"])
    parsed = parse(request(CLIENT, "team", "bob", ["client auth"]))
    pem = CertificateAuthority(own.ca, own.ca_key).sign(parsed, ["client auth"], None, datetime.now(UTC))
    with pytest.raises(x509.ExtensionNotFound):
        x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.KeyUsage)

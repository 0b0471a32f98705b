"""Client certificates and front proxies."""

import hashlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from multidict import CIMultiDict

from miniapi.authn.certificate import CertificateAuthenticator, issued_by
from miniapi.authn.der import read_certificate
from miniapi.authn.interface import InvalidCredential
from miniapi.authn.request_header import RequestHeaderAuthenticator, RequestHeaders
from miniapi.server.certificates import ensure, serving_names
from miniapi.wire import Peer, Request, no_body


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return ensure(tmp_path_factory.mktemp("pki"), serving_names("10.96.0.1", "host.example"))


@pytest.fixture(scope="module")
def admin(made):
    return ssl.PEM_cert_to_DER_cert(made.pair("admin")[0].read_text())


def request(der, **headers):
    named = CIMultiDict({k.replace("_", "-"): v for k, v in headers.items()})
    return Request("GET", "/", "", named, no_body, Peer("1.2.3.4", der))


async def test_common_name_is_the_user_and_organizations_are_groups(admin):
    user = await CertificateAuthenticator().authenticate(request(admin))
    assert user is not None
    assert (user.name, user.groups) == ("kubernetes-admin", ("system:masters", "system:authenticated"))
    assert user.extra == {
        "authentication.kubernetes.io/credential-id": (f"X509SHA256={hashlib.sha256(admin).hexdigest()}",)
    }


async def test_certificate_that_expires_during_a_connection_is_refused(admin):
    later = (datetime.now(UTC) + timedelta(days=400)).timestamp()
    with pytest.raises(InvalidCredential, match="x509: certificate has expired or is not yet valid"):
        await CertificateAuthenticator(clock=lambda: later).authenticate(request(admin))


def test_our_reader_agrees_with_cryptography():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "grüppe"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "b"),
            x509.NameAttribute(NameOID.COMMON_NAME, "jürgen"),
            x509.NameAttribute(x509.ObjectIdentifier("1.3.6.1.4.1.57683.2"), "uid-1"),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1 << 150)
        .not_valid_before(datetime(1999, 1, 2, 3, 4, 5, tzinfo=UTC))
        .not_valid_after(datetime(2060, 12, 31, 23, 59, 59, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    facts = read_certificate(made.public_bytes(Encoding.DER))
    assert facts.common_name == "jürgen"
    assert facts.organizations == ("grüppe", "b")
    assert facts.uid == "uid-1"
    assert facts.not_before == made.not_valid_before_utc.timestamp()
    assert facts.not_after == made.not_valid_after_utc.timestamp()
    assert facts.alternative_names == {"a.example"}


@pytest.mark.parametrize("junk", [b"", b"\x30", b"\x30\x82", b"nonsense and more of it", b"\x30\x03\x30\x01\x00"])
async def test_bytes_that_are_no_certificate_are_a_wrong_credential(junk):
    with pytest.raises(InvalidCredential):
        await CertificateAuthenticator().authenticate(request(junk))


async def test_front_proxy_names_the_user_only_over_its_own_ca(made, admin, tmp_path):
    headers = RequestHeaders(allowed_names=("kubernetes-admin",))
    trusted = RequestHeaderAuthenticator(headers, issued_by(made.ca.read_bytes()))
    asked = request(admin, X_Remote_User="bob", X_Remote_Group="g", X_Remote_Extra_Acme="1")
    user = await trusted.authenticate(asked)
    assert user is not None
    assert (user.name, user.groups, user.extra) == ("bob", ("g",), {"acme": ["1"]})
    other = ensure(tmp_path, ["localhost"])
    stranger = RequestHeaderAuthenticator(headers, issued_by(other.ca.read_bytes()))
    assert await stranger.authenticate(asked) is None
    named = RequestHeaderAuthenticator(RequestHeaders(allowed_names=("x",)), issued_by(made.ca.read_bytes()))
    with pytest.raises(InvalidCredential):
        await named.authenticate(asked)

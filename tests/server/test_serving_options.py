"""Listening and TLS: what is asked for is had, or the reason told in one line."""

import asyncio
import ssl

import pytest

from miniapi.server.certificates import ensure
from miniapi.server.serving_options import CannotServe, SecureServingOptions, read_sni
from miniapi.server.tls import CertificateKey, ServerTls, TlsFiles, openssl_ciphers


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return ensure(tmp_path_factory.mktemp("ours"), ["localhost", "127.0.0.1"])


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return ensure(tmp_path_factory.mktemp("other"), ["other.example"])


async def handshake(tls: ssl.SSLContext, client: ssl.SSLContext, name: str):
    """-> (DER that the server showed, DER that it saw of the client, TLS version, ALPN)."""
    seen: asyncio.Future = asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        tls_object = writer.get_extra_info("ssl_object")
        if not seen.done():
            seen.set_result(tls_object.getpeercert(binary_form=True))
        writer.write(b"x")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
        await reader.read()
        tls_object = writer.get_extra_info("ssl_object")
        result = tls_object.getpeercert(binary_form=True), await seen, tls_object.version()
        writer.close()
    return result


def trusting(*made, present=None):
    context = ssl.create_default_context()
    context.check_hostname = False
    for certificates in made:
        context.load_verify_locations(certificates.ca)
    if present is not None:
        context.load_cert_chain(*present.pair("admin"))
    return context


def der(certificates, name="apiserver"):
    return ssl.PEM_cert_to_DER_cert(certificates.pair(name)[0].read_text())


def files(made, **more):
    return TlsFiles(CertificateKey(*made.pair("apiserver")), client_cas=(made.ca,), **more)


async def test_client_certificate_is_optional_and_seen_when_shown(ours):
    tls = ServerTls(files(ours)).context
    assert (await handshake(tls, trusting(ours), "localhost"))[1] is None
    assert (await handshake(tls, trusting(ours, present=ours), "localhost"))[1] == der(ours, "admin")


async def test_certificate_is_chosen_by_server_name(ours, other):
    pair = CertificateKey(*other.pair("apiserver"), names=("*.wild.example",))
    tls = ServerTls(files(ours, sni=(CertificateKey(*other.pair("apiserver")), pair))).context
    for name, made in (("other.example", other), ("a.wild.example", other), ("localhost", ours)):
        assert (await handshake(tls, trusting(ours, other), name))[0] == der(made)


async def test_changed_files_are_read_again_client_ca_included(ours, other, tmp_path):
    certificate, key, ca = tmp_path / "c", tmp_path / "k", tmp_path / "ca"

    def copy(made):
        for target, source in zip((certificate, key, ca), (*made.pair("apiserver"), made.ca), strict=True):
            target.write_bytes(source.read_bytes())

    copy(ours)
    tls = ServerTls(TlsFiles(CertificateKey(certificate, key), client_cas=(ca,)))
    assert not tls.reload_if_changed()
    copy(other)
    assert tls.reload_if_changed()
    shown, seen, _ = await handshake(tls.context, trusting(other, present=other), "other.example")
    assert (shown, seen) == (der(other), der(other, "admin"))
    key.write_text("junk")
    assert not tls.reload_if_changed()
    assert (await handshake(tls.context, trusting(other), "x"))[0] == der(other)


async def test_minimum_version_and_ciphers_hold(ours):
    ciphers, missing = openssl_ciphers(["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"])
    assert (ciphers, missing) == ("ECDHE-ECDSA-AES128-GCM-SHA256", [])
    old = trusting(ours)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert (await handshake(ServerTls(files(ours, ciphers=ciphers)).context, old, "x"))[2] == "TLSv1.2"
    new = ServerTls(files(ours, min_version="VersionTLS13")).context
    assert (await handshake(new, trusting(ours), "x"))[2] == "TLSv1.3"
    assert new.minimum_version == ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize(
    ("go", "openssl"),
    [
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"),
        ("TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ],
)
def test_ciphers_are_known_by_their_go_names(go, openssl):
    assert openssl_ciphers([go]) == (openssl, [])


def test_all_mistakes_are_told_at_once():
    told = "\n".join(
        SecureServingOptions(
            secure_port=70000,
            certificate_file="/nowhere/c",
            min_version="VersionTLS10",
            cipher_suites=["TLS_RSA_WITH_RC4_128_SHA"],
            sni_cert_key=["one"],
        ).validate()
    )
    for flag in (
        "--secure-port: 70000",
        "--tls-cert-file and --tls-private-key-file go together",
        "--tls-cert-file: there is no file /nowhere/c",
        "--tls-min-version: VersionTLS10",
        "--tls-cipher-suites: OpenSSL here does not have TLS_RSA_WITH_RC4_128_SHA",
        "--tls-sni-cert-key: one cannot be read",
    ):
        assert flag in told
    assert SecureServingOptions().validate() == []


def test_sni_pair_may_name_its_servers():
    pair = read_sni("a.crt,a.key:*.x,y")
    assert (pair.certificate.name, pair.key.name, pair.names) == ("a.crt", "a.key", ("*.x", "y"))


def test_port_in_use_is_told_in_one_line(tmp_path):
    first = SecureServingOptions(secure_port=0).listen()
    first.listen()
    port = first.getsockname()[1]
    with pytest.raises(CannotServe) as told:
        SecureServingOptions(secure_port=port).apply(tmp_path, [])
    first.close()
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; " in str(told.value)
    assert "\n" not in str(told.value)


def test_files_that_cannot_be_used_are_told_in_one_line(tmp_path, ours, other):
    junk = tmp_path / "junk.crt"
    junk.write_text("junk")
    key = str(ours.pair("apiserver")[1])
    for options, cas, start in (
        (SecureServingOptions(certificate_file=str(junk), key_file=key), [], f"--tls-cert-file: {junk} with key"),
        (
            SecureServingOptions(certificate_file=str(other.pair("apiserver")[0]), key_file=key),
            [],
            "--tls-cert-file: ",
        ),
        (SecureServingOptions(), [junk], f"--client-ca-file: {junk} cannot be used"),
        (SecureServingOptions(), [tmp_path / "none"], f"--client-ca-file: {tmp_path / 'none'} cannot be read"),
    ):
        options.secure_port = 0
        with pytest.raises(CannotServe) as told:
            options.apply(tmp_path / "pki", cas)
        assert str(told.value).startswith(start)


def test_apply_takes_a_free_port_and_makes_certificates(tmp_path):
    serving = SecureServingOptions(secure_port=0).apply(tmp_path, [], addresses=["10.96.0.1"])
    try:
        assert serving.port > 0
        assert serving.ca_file == tmp_path / "ca.crt"
        assert isinstance(serving.tls.context, ssl.SSLContext)
    finally:
        serving.listener.close()


def test_a_pair_that_somebody_put_into_the_directory_is_served_and_left_alone(tmp_path, other):
    for path in other.pair("apiserver"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    serving = SecureServingOptions(secure_port=0).apply(tmp_path, [other.ca], needs_own=False)
    serving.listener.close()
    assert (serving.certificates, serving.ca_file) == (None, tmp_path / "apiserver.crt")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["apiserver.crt", "apiserver.key"]
    serving = SecureServingOptions(secure_port=0).apply(tmp_path, [])
    serving.listener.close()
    assert serving.certificates is not None
    assert serving.certificates.directory == tmp_path / "miniapi"
    assert (tmp_path / "apiserver.crt").read_bytes() == other.pair("apiserver")[0].read_bytes()

"""The server's own certificates: made once, reused, renewed."""

import ssl
import time

import pytest

from miniapi.authn.der import read_pem
from miniapi.server.certificates import ensure, serving_names

NAMES = serving_names("127.0.0.1", "0.0.0.0", "10.96.0.1", "host.example")
DAY = 86400


def contents(certificates):
    return {p.name: p.read_bytes() for p in certificates.directory.iterdir()}


def test_serving_certificate_names_what_clients_call_the_server(tmp_path):
    facts = read_pem(ensure(tmp_path, NAMES).pair("apiserver")[0].read_text())
    assert facts.alternative_names == {
        "localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
        "10.96.0.1", "host.example",
    }  # fmt: skip


def test_certificates_are_reused_and_for_the_owner_alone(tmp_path):
    made = ensure(tmp_path, NAMES)
    before = contents(made)
    assert contents(ensure(tmp_path, NAMES)) == before
    assert contents(ensure(tmp_path, ["localhost"])) == before
    assert all(p.stat().st_mode & 0o077 == 0 for p in tmp_path.iterdir())


@pytest.mark.parametrize("why", ["a new name", "near its end", "a lost key"])
def test_leaves_are_renewed_under_the_same_ca(tmp_path, why):
    made = ensure(tmp_path, NAMES)
    ca, leaf = made.ca.read_bytes(), made.pair("apiserver")[0].read_bytes()
    if why == "a lost key":
        made.pair("apiserver")[1].unlink()
    names = [*NAMES, "new.example"] if why == "a new name" else NAMES
    later = time.time() + (340 * DAY if why == "near its end" else 0)
    renewed = ensure(tmp_path, names, clock=lambda: later)
    assert renewed.ca.read_bytes() == ca
    assert renewed.pair("apiserver")[0].read_bytes() != leaf


def test_ca_near_its_end_is_made_anew(tmp_path):
    made = ensure(tmp_path, NAMES)
    ca = made.ca.read_bytes()
    later = time.time() + 3640 * DAY
    assert ensure(tmp_path, NAMES, clock=lambda: later).ca.read_bytes() != ca


def test_keys_and_certificates_belong_together_and_to_the_ca(tmp_path):
    made = ensure(tmp_path, NAMES)
    for name in ("apiserver", "admin"):
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*made.pair(name))
    from miniapi.authn.certificate import issued_by

    issued = issued_by(made.ca.read_bytes())
    assert issued(ssl.PEM_cert_to_DER_cert(made.pair("admin")[0].read_text()))
    assert read_pem(made.pair("admin")[0].read_text()).organizations == ("system:masters",)


def test_keys_say_that_they_are_of_a_curve_since_clients_in_java_go_by_that(tmp_path):
    made = ensure(tmp_path, serving_names("127.0.0.1"))
    for name in ("apiserver", "admin"):
        assert made.pair(name)[1].read_text().startswith("-----BEGIN EC PRIVATE KEY-----")

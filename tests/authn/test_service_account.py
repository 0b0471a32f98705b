"""Service account tokens: what is signed is believed, as long as what it is bound to exists."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from miniapi.authn import discovery, jose
from miniapi.authn.interface import InvalidCredential
from miniapi.authn.service_account import (
    BoundObject,
    Lifetime,
    ServiceAccountTokens,
    TokenSubject,
    lifetime,
)
from miniapi.authn.service_account_keys import ServiceAccountKeys, ensure_signing_key

ISSUER = "https://kubernetes.default.svc"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SUBJECT = TokenSubject("ns", "sa", "u1")


class Objects:
    def __init__(self, **objects):
        self.objects = objects

    async def get(self, group, plural, namespace, name):
        uid = self.objects.get(plural)
        return None if uid is None else {"metadata": {"name": name, "uid": uid}}


@pytest.fixture(scope="session")
def key_file(tmp_path_factory):
    return ensure_signing_key(tmp_path_factory.mktemp("pki") / "sa.key")


def tokens(key_file, objects=None, now=NOW):
    return ServiceAccountTokens(
        ServiceAccountKeys(key_file), [ISSUER], [ISSUER], objects, clock=lambda: now.timestamp()
    )


async def test_minted_token_authenticates_with_its_bindings(key_file):
    service = tokens(key_file, Objects(serviceaccounts="u1", pods="p1"))
    subject = TokenSubject("ns", "sa", "u1", pod=BoundObject("pod", "p1"), node=BoundObject("node", "n1"))
    token = service.mint(subject, [ISSUER], Lifetime(3600), NOW).token
    user = await service.authenticate_token(token, ())
    assert user is not None
    assert user.name == "system:serviceaccount:ns:sa"
    assert user.uid == "u1"
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:ns")
    assert user.audiences == (ISSUER,)
    assert user.extra["authentication.kubernetes.io/pod-name"] == ("pod",)
    assert user.extra["authentication.kubernetes.io/node-uid"] == ("n1",)
    assert user.extra["authentication.kubernetes.io/credential-id"][0].startswith("JTI=")


def test_claims_are_those_of_the_original(key_file):
    token = tokens(key_file).mint(SUBJECT, ["a", "b"], Lifetime(3600, 600), NOW).token
    claims = jose.unverified_claims(token)
    seconds = int(NOW.timestamp())
    del claims["jti"]
    assert claims == {
        "aud": ["a", "b"],
        "exp": seconds + 3600,
        "iat": seconds,
        "iss": ISSUER,
        "kubernetes.io": {
            "namespace": "ns",
            "serviceaccount": {"name": "sa", "uid": "u1"},
            "warnafter": seconds + 600,
        },
        "nbf": seconds,
        "sub": "system:serviceaccount:ns:sa",
    }


@pytest.mark.parametrize(
    ("objects", "subject", "problem"),
    [
        (Objects(), SUBJECT, 'serviceaccounts "sa" not found'),
        (Objects(serviceaccounts="u2"), SUBJECT, r"service account UID \(u2\) does not match claim \(u1\)"),
        (
            Objects(serviceaccounts="u1"),
            TokenSubject("ns", "sa", "u1", pod=BoundObject("p", "p1")),
            "service account token has been invalidated",
        ),
        (
            Objects(serviceaccounts="u1", secrets="x"),
            TokenSubject("ns", "sa", "u1", secret=BoundObject("s", "s1")),
            r"secret UID \(x\) does not match service account secret ref claim \(s1\)",
        ),
    ],
)
async def test_token_dies_with_what_it_is_bound_to(key_file, objects, subject, problem):
    service = tokens(key_file, objects)
    with pytest.raises(InvalidCredential, match=problem):
        await service.authenticate_token(service.mint(subject, [ISSUER], Lifetime(3600), NOW).token, ())


async def test_expired_token_is_refused_after_a_minute_of_leeway(key_file):
    token = tokens(key_file).mint(SUBJECT, [ISSUER], Lifetime(600), NOW).token
    at = NOW.timestamp()
    late = ServiceAccountTokens(ServiceAccountKeys(key_file), [ISSUER], [ISSUER], None, clock=lambda: at + 650)
    assert await late.authenticate_token(token, ())
    too_late = ServiceAccountTokens(ServiceAccountKeys(key_file), [ISSUER], [ISSUER], None, clock=lambda: at + 700)
    with pytest.raises(InvalidCredential, match="service account token has expired"):
        await too_late.authenticate_token(token, ())


async def test_token_for_another_audience_is_refused(key_file):
    service = tokens(key_file)
    token = service.mint(SUBJECT, ["x"], Lifetime(3600), NOW).token
    with pytest.raises(InvalidCredential, match=r'token audiences \["x"\] is invalid for the target audiences'):
        await service.authenticate_token(token, ())
    user = await service.authenticate_token(token, ("x", "y"))
    assert user is not None
    assert user.audiences == ("x",)


async def test_token_of_another_key_or_without_signature_is_refused(key_file, tmp_path):
    other = tokens(ensure_signing_key(tmp_path / "other.key")).mint(SUBJECT, [ISSUER], Lifetime(3600), NOW).token
    with pytest.raises(InvalidCredential, match="invalid signature, no keys found"):
        await tokens(key_file).authenticate_token(other, ())
    good = tokens(key_file).mint(SUBJECT, [ISSUER], Lifetime(3600), NOW).token
    header, payload, _ = good.split(".")
    for forged in (f"{header}.{payload}.", f"{header}.{payload}.{'A' * 86}"):
        with pytest.raises(InvalidCredential):
            await tokens(key_file).authenticate_token(forged, ())


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384", "RS256"])
async def test_algorithm_that_is_not_the_keys_own_is_refused(key_file, algorithm):
    good = tokens(key_file).mint(SUBJECT, [ISSUER], Lifetime(3600), NOW).token
    public = ServiceAccountKeys(key_file).verification[0]
    header = {"alg": algorithm, "kid": public.key_id}
    message = f"{encoded(orjson.dumps(header))}.{good.split('.')[1]}"
    secret = public.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signature = encoded(hmac.digest(secret, message.encode(), "sha256")) if algorithm != "none" else ""
    with pytest.raises(InvalidCredential, match="^go-jose/go-jose: error in cryptographic primitive$"):
        await tokens(key_file).authenticate_token(f"{message}.{signature}", ())


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_header_is_the_algorithm_and_the_key_and_nothing_else(key_file):
    keys = ServiceAccountKeys(key_file)
    header = tokens(key_file).mint(SUBJECT, [ISSUER], Lifetime(3600), NOW).token.split(".")[0]
    der = keys.signing.public.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert header == encoded(b'{"alg":"ES256","kid":"%s"}' % encoded(hashlib.sha256(der).digest()).encode())


async def test_token_of_another_issuer_is_left_to_others(key_file):
    service = ServiceAccountTokens(ServiceAccountKeys(key_file), ["https://other"], ["x"], None)
    token = service.mint(SUBJECT, [ISSUER], Lifetime(3600), NOW).token
    assert await tokens(key_file).authenticate_token(token, ()) is None
    assert await tokens(key_file).authenticate_token("no.token", ()) is None
    assert await tokens(key_file).authenticate_token("eyJhbGciOiJub25lIn0.e30.x", ()) is None
    assert await tokens(key_file).authenticate_token("\udc80.e30.x", ()) is None


async def test_broken_token_of_this_issuer_is_nobodys(key_file):
    header, payload, signature = tokens(key_file).mint(SUBJECT, [ISSUER], Lifetime(3600), NOW).token.split(".")
    for broken in (f"x.{payload}.{signature}", f"{header}.{payload}.!", f"{header}.{payload}.{signature}.{signature}"):
        assert await tokens(key_file).authenticate_token(broken, ()) is None


@pytest.mark.parametrize(
    ("key", "algorithm", "members"),
    [
        (rsa.generate_private_key(65537, 2048), "RS256", ["use", "kty", "kid", "alg", "n", "e"]),
        (ec.generate_private_key(ec.SECP384R1()), "ES384", ["use", "kty", "kid", "crv", "alg", "x", "y"]),
        (ec.generate_private_key(ec.SECP521R1()), "ES512", ["use", "kty", "kid", "crv", "alg", "x", "y"]),
    ],
    ids=["RSA", "P-384", "P-521"],
)
def test_rsa_and_larger_curves_sign_and_verify(key, algorithm, members):
    private = jose.read_private_key(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = jose.read_public_keys(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert jose.verify(jose.sign({"a": 1}, private), public) == {"a": 1}
    published = public[0].jwk()
    assert list(published) == members
    assert published["alg"] == algorithm
    assert jose.from_jwk(published) == public[0]


def test_our_tokens_are_read_by_pyjwt_with_the_published_keys(key_file):
    keys = ServiceAccountKeys(key_file)
    published = discovery.key_set(keys.verification)["keys"][0]
    token = tokens(key_file).mint(SUBJECT, ["a"], Lifetime(3600), datetime.now(UTC)).token
    assert jwt.get_unverified_header(token)["kid"] == published["kid"]
    assert jwt.decode(token, jwt.PyJWK(published), audience="a", issuer=ISSUER)["sub"].endswith(":sa")


def test_discovery_document_names_issuer_keys_and_algorithms(key_file):
    document = discovery.configuration(
        ISSUER, discovery.keys_uri("", "1.2.3.4:6443"), ServiceAccountKeys(key_file).verification
    )
    assert document == {
        "issuer": ISSUER,
        "jwks_uri": "https://1.2.3.4:6443/openid/v1/jwks",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }


def test_lifetime_is_cut_and_extended_as_the_flags_say():
    def life(seconds, longest=0, pod=True):
        return lifetime(seconds, max_seconds=longest, extend=True, pod_bound=pod, api_audience=True)

    assert life(3600) == Lifetime(3600)
    assert life(3607) == Lifetime(365 * 24 * 3600, 3607)
    assert life(3607, pod=False) == Lifetime(3607)
    assert life(7200, 3600) == Lifetime(3600, 0, "requested expiration of 7200 seconds shortened to 3600 seconds")

"""Tokens of OpenID issuers, and the file that names them."""

from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from miniapi.authn import jose
from miniapi.authn.claims import Claim
from miniapi.authn.configuration import Anonymous, BadConfiguration, read_configuration
from miniapi.authn.interface import InvalidCredential
from miniapi.authn.oidc import Issuer, OidcTokens
from miniapi.authn.oidc_keys import IssuerKeys
from miniapi.authn.options import AuthenticationOptions
from miniapi.authn.service_account_keys import ensure_signing_key
from miniapi.authn.union import Union
from miniapi.meta.user import UserInfo
from miniapi.wire import Request, no_body

URL = "https://issuer"
ISSUER = Issuer(URL, ("client",), Claim("sub", "o:"), Claim("roles", "g:"), required={"hd": "x"}, algorithms=("ES256",))
CLAIMS = {"iss": URL, "aud": "client", "sub": "bob", "exp": 200, "roles": ["a", "b"], "hd": "x", "jti": "j"}


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return jose.read_private_key(ensure_signing_key(tmp_path_factory.mktemp("k") / "key").read_bytes())


class Documents:
    def __init__(self, key, issuer=URL):
        self.asked = []
        self.documents = {
            f"{URL}/.well-known/openid-configuration": {"issuer": issuer, "jwks_uri": f"{URL}/keys"},
            f"{URL}/keys": {"keys": [key.public.jwk(), {"kty": "oct"}]},
        }

    async def get(self, url):
        self.asked.append(url)
        return self.documents[url]


def tokens(key, documents=None, issuer=ISSUER):
    keys = IssuerKeys(URL, "", documents or Documents(key), clock=lambda: 100.0)
    return OidcTokens(issuer, keys, ("api",), clock=lambda: 100.0)


async def test_token_of_the_issuer_is_read_as_configured(key):
    documents = Documents(key)
    authenticator = tokens(key, documents)
    for _ in range(2):
        user = await authenticator.authenticate_token(jose.sign(CLAIMS, key), ("api",))
    extra = {"authentication.kubernetes.io/credential-id": ("JTI=j",)}
    assert user == UserInfo("o:bob", "", ("g:a", "g:b"), extra, ("api",))
    assert len(documents.asked) == 2


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"aud": ["other"]}, "expected audience"),
        ({"exp": 99}, "expired"),
        ({"nbf": 101}, "not valid yet"),
        ({"hd": "y"}, "required claim hd"),
        ({"sub": None}, "claim not present"),
    ],
)
async def test_claims_are_checked(key, changes, problem):
    with pytest.raises(InvalidCredential, match=problem):
        await tokens(key).authenticate_token(jose.sign({**CLAIMS, **changes}, key), ())


async def test_only_named_algorithms_and_issuers_count(key):
    token = jose.sign(CLAIMS, key)
    rsa_only = Issuer(URL, ("client",), Claim("sub"))
    with pytest.raises(InvalidCredential, match="verify token"):
        await tokens(key, issuer=rsa_only).authenticate_token(token, ())
    assert await tokens(key).authenticate_token(jose.sign({**CLAIMS, "iss": "x"}, key), ()) is None
    with pytest.raises(InvalidCredential, match="not initialized: issuer did not match"):
        await tokens(key, Documents(key, "https://other")).authenticate_token(token, ())


@pytest.mark.parametrize("algorithm", ["RS384", "PS256"])
async def test_rsa_key_verifies_every_algorithm_that_is_named(algorithm):
    pair = rsa.generate_private_key(65537, 2048)
    key = jose.PrivateKey(pair, jose.public_key(pair.public_key()))
    token = jwt.encode(CLAIMS, pair, algorithm, {"kid": key.public.key_id})
    user = await tokens(key, issuer=replace(ISSUER, algorithms=(algorithm,))).authenticate_token(token, ())
    assert user is not None
    with pytest.raises(InvalidCredential, match="verify token"):
        await tokens(key, issuer=replace(ISSUER, algorithms=("RS256",))).authenticate_token(token, ())


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "oct"},
        {"kty": "RSA", "n": 1},
        {"kty": "EC", "crv": "P-192"},
        {"kty": "OKP"},
    ],
)
def test_keys_of_other_kinds_are_passed_over(jwk):
    assert jose.from_jwk(jwk) is None


async def test_unverified_mail_is_nobody(key):
    issuer = Issuer(URL, ("client",), Claim("email"), algorithms=("ES256",))
    token = jose.sign({**CLAIMS, "email": "b@x", "email_verified": False}, key)
    with pytest.raises(InvalidCredential, match="email not verified"):
        await tokens(key, issuer=issuer).authenticate_token(token, ())


@pytest.mark.parametrize(
    ("claim", "given", "prefix"), [("sub", "", f"{URL}#"), ("email", "", ""), ("sub", "-", ""), ("sub", "p:", "p:")]
)
def test_flags_prefix_names_as_the_original_does(claim, given, prefix):
    options = AuthenticationOptions(
        oidc_issuer=URL, oidc_client_id="c", oidc_username_claim=claim, oidc_username_prefix=given
    )
    issuer = options.oidc()
    assert issuer is not None
    assert issuer.username == Claim(claim, prefix)


HEAD = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
JWT = "jwt: [{issuer: {url: 'https://a', audiences: [x]}, claimMappings: {username: {claim: sub}}"


def configuration(tmp_path, text):
    path = tmp_path / "authn.yaml"
    path.write_text(HEAD + text)
    return read_configuration(str(path))


def test_file_names_issuers_and_anonymous_paths(tmp_path):
    read = configuration(tmp_path, JWT + "}]\nanonymous: {enabled: true, conditions: [{path: /livez}]}")
    assert [i.url for i in read.issuers] == ["https://a"]
    assert read.anonymous == Anonymous(True, frozenset({"/livez"}))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("other: 1", "unknown field other"),
        ("jwt: [{issuer: {url: 'http://a'}}]", "https URL"),
        (JWT + ", userValidationRules: [{expression: 'usr.x'}]}]", "undeclared reference to 'usr'"),
        ("anonymous: {enabled: false, conditions: [{path: /x}]}", "enabled should be set to true"),
    ],
)
def test_file_is_refused_in_one_line(tmp_path, text, problem):
    with pytest.raises(BadConfiguration, match=problem) as raised:
        configuration(tmp_path, text)
    assert "\n" not in str(raised.value)


async def test_only_named_paths_are_anonymous():
    union = Union([], anonymous=True, anonymous_paths=["/livez"])
    found = [await union.authenticate(Request("GET", path, "", {}, no_body)) for path in ("/livez", "/healthz")]
    assert [user and user.name for user in found] == ["system:anonymous", None]


EXPRESSIONS = """
jwt:
- issuer: {url: "https://issuer", audiences: [client]}
  claimMappings:
    username: {expression: "'x:' + claims.sub"}
    groups: {expression: "claims.roles.map(r, 'e:' + r)"}
    extra: [{key: example.com/hd, valueExpression: claims.hd}]
  claimValidationRules: [{expression: "claims.hd == 'x'", message: wrong home}]
  userValidationRules: [{expression: "!user.username.startsWith('x:system:')", message: reserved}]
"""


async def test_expressions_read_and_judge_claims(tmp_path, key):
    (issuer,) = configuration(tmp_path, EXPRESSIONS).issuers
    user = await tokens(key, issuer=issuer).authenticate_token(jose.sign(CLAIMS, key), ())
    assert user is not None
    assert (user.name, user.groups, user.extra["example.com/hd"]) == ("x:bob", ("e:a", "e:b"), ("x",))
    for changes, problem in (({"hd": "y"}, "wrong home"), ({"sub": "system:me"}, "reserved"), ({"roles": 1}, "error")):
        with pytest.raises(InvalidCredential, match=problem):
            await tokens(key, issuer=issuer).authenticate_token(jose.sign({**CLAIMS, **changes}, key), ())

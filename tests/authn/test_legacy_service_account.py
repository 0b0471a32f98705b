"""Tokens in secrets are believed as long as secret and account are there."""

import base64

import pytest

from miniapi.authn.interface import InvalidCredential
from miniapi.authn.legacy_service_account import LegacyTokens
from miniapi.authn.service_account_keys import ServiceAccountKeys, ensure_signing_key

ISSUER = "https://issuer"


class Objects:
    def __init__(self, token, **changes):
        data = {"token": base64.b64encode(token.encode()).decode()}
        self.objects = {
            "secrets": {"metadata": {}, "data": data},
            "serviceaccounts": {"metadata": {"uid": "u1"}},
            **changes,
        }

    async def get(self, group, plural, namespace, name):
        assert (group, namespace) == ("", "ns")
        return self.objects[plural]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return ServiceAccountKeys(ensure_signing_key(tmp_path_factory.mktemp("pki") / "sa.key"))


@pytest.fixture(scope="module")
def token(keys):
    return LegacyTokens(keys, [ISSUER], None).mint("ns", "sa", "u1", "s")


async def test_token_of_a_secret_is_the_accounts(keys, token):
    user = await LegacyTokens(keys, [ISSUER], Objects(token)).authenticate_token(token, ())
    assert user is not None
    assert (user.name, user.uid, user.audiences) == ("system:serviceaccount:ns:sa", "u1", (ISSUER,))
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:ns")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"secrets": None}, "Token has been invalidated"),
        ({"secrets": {"metadata": {}, "data": {"token": "eA=="}}}, "Token does not match server's copy"),
        ({"serviceaccounts": None}, 'serviceaccounts "sa" not found'),
        ({"serviceaccounts": {"metadata": {"uid": "u2"}}}, r"ServiceAccount UID \(u2\) does not match claim \(u1\)"),
    ],
)
async def test_token_dies_with_secret_and_account(keys, token, changes, problem):
    with pytest.raises(InvalidCredential, match=problem):
        await LegacyTokens(keys, [ISSUER], Objects(token, **changes)).authenticate_token(token, ())


async def test_other_tokens_are_not_judged(keys, token):
    tokens = LegacyTokens(keys, [ISSUER], None)
    assert await tokens.authenticate_token("x.y.z", ()) is None
    with pytest.raises(InvalidCredential):
        await tokens.authenticate_token(token, ("other",))

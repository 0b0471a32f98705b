"""New nodes prove themselves by tokens that secrets of kube-system keep."""

import base64

import pytest

from miniapi.authn.bootstrap_token import BootstrapTokens

TOKEN = "abcdef.0123456789abcdef"
GOOD = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    "expiration": "2026-01-01T00:00:00Z",
    "auth-extra-groups": "system:bootstrappers:b,system:bootstrappers:a",
}


class Objects:
    def __init__(self, data, kind="bootstrap.kubernetes.io/token"):
        encoded = {k: base64.b64encode(v.encode()).decode() for k, v in data.items()}
        self.secret = {"metadata": {}, "type": kind, "data": encoded}

    async def get(self, group, plural, namespace, name):
        return self.secret if (namespace, name) == ("kube-system", "bootstrap-token-abcdef") else None


def tokens(data=GOOD, now=0.0, **more):
    return BootstrapTokens(Objects(data, **more), ("api",), clock=lambda: now)


async def test_secret_tells_user_and_groups():
    user = await tokens().authenticate_token(TOKEN, ())
    assert user is not None
    assert user.name == "system:bootstrap:abcdef"
    assert user.groups == ("system:bootstrappers", "system:bootstrappers:a", "system:bootstrappers:b")


@pytest.mark.parametrize(
    "authenticator",
    [
        tokens({**GOOD, "token-secret": "x"}),
        tokens({**GOOD, "usage-bootstrap-authentication": "false"}),
        tokens({**GOOD, "auth-extra-groups": "system:masters"}),
        tokens({**GOOD, "expiration": "soon"}),
        tokens(now=2e9),
        tokens(kind="Opaque"),
    ],
)
async def test_anything_amiss_is_nobody(authenticator):
    assert await authenticator.authenticate_token(TOKEN, ()) is None


@pytest.mark.parametrize("token", ["abcdef", "abcdee.0123456789abcdef", "ABCDEF.0123456789abcdef"])
async def test_other_tokens_are_not_judged(token):
    assert await tokens().authenticate_token(token, ()) is None

"""Static tokens and bearer headers."""

import pytest
from multidict import CIMultiDict

from miniapi.authn.bearer import REMEMBERED_SECONDS, BearerAuthenticator, bearer_token
from miniapi.authn.interface import InvalidCredential
from miniapi.authn.tokens import StaticTokens, read_token_file
from miniapi.authn.union import Union
from miniapi.meta.user import LOOPBACK, UserInfo
from miniapi.wire import Peer, Request, no_body

AUDIENCE = "https://kubernetes.default.svc"
ALICE = UserInfo("alice", "alice-uid", ("devs",))


def request(peer: Peer | None = None, **headers: str) -> Request:
    named = CIMultiDict({k.replace("_", "-"): v for k, v in headers.items()})
    return Request("GET", "/api", "", named, no_body, peer or Peer("1.2.3.4"))


def bearer() -> BearerAuthenticator:
    return BearerAuthenticator([StaticTokens({"t": ALICE}, (AUDIENCE,))], (AUDIENCE,))


def test_token_file_takes_quoted_groups(tmp_path):
    path = tmp_path / "tokens.csv"
    path.write_text('a,admin,1,"system:masters,ops"\nb,bob,2\n\nc,carol,3,"devs"\n')
    users = read_token_file(path)
    assert users["a"] == UserInfo("admin", "1", ("system:masters", "ops"))
    assert users["b"] == UserInfo("bob", "2")
    assert users["c"].groups == ("devs",)


def test_token_file_names_the_line_that_is_too_short(tmp_path):
    path = tmp_path / "tokens.csv"
    path.write_text("a,admin,1\nb,bob\n")
    with pytest.raises(ValueError, match="line 2 has 2 columns"):
        read_token_file(path)


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer t", "t"), ("bearer t", "t"), ("Bearer t x", "t"), ("Basic t", ""), ("Bearer", ""), ("Bearer  t", "")],
)
def test_bearer_header_is_read_as_the_original_reads_it(header, token):
    assert bearer_token(request(Authorization=header)) == token


def test_websocket_protocol_may_carry_the_token():
    header = "base64url.bearer.authorization.k8s.io.dA, base64.binary.k8s.io"
    assert bearer_token(request(Sec_WebSocket_Protocol=header)) == "t"


async def test_known_token_is_in_the_authenticated_group():
    union = Union([bearer()], anonymous=True)
    user = await union.authenticate(request(Authorization="Bearer t"))
    assert user is not None
    assert (user.name, user.groups) == ("alice", ("devs", "system:authenticated"))


async def test_unknown_token_is_not_anonymous():
    with pytest.raises(InvalidCredential, match=r"^invalid bearer token$"):
        await Union([bearer()], anonymous=True).authenticate(request(Authorization="Bearer x"))


async def test_no_credential_is_anonymous_only_where_allowed():
    user = await Union([bearer()], anonymous=True).authenticate(request())
    assert user is not None
    assert (user.name, user.groups) == ("system:anonymous", ("system:unauthenticated",))
    assert await Union([bearer()], anonymous=False).authenticate(request()) is None


async def test_call_in_process_is_the_loopback_user():
    assert await Union([], anonymous=False).authenticate(request(Peer(loopback=True))) is LOOPBACK


async def test_who_was_found_is_believed_for_a_while_by_reviews_too():
    now, tokens = [0.0], {"t": ALICE}
    authenticator = BearerAuthenticator([StaticTokens(tokens, (AUDIENCE,))], (AUDIENCE,), clock=lambda: now[0])
    await authenticator.review("t")
    del tokens["t"]
    assert (await authenticator.review("t")).name == "alice"
    now[0] = REMEMBERED_SECONDS
    with pytest.raises(InvalidCredential):
        await authenticator.review("t")


async def test_review_answers_audiences_and_error_text():
    user = await bearer().review("t")
    assert user.audiences == (AUDIENCE,)
    with pytest.raises(InvalidCredential, match=r"^invalid bearer token$"):
        await bearer().review("t", ["other"])


async def test_found_user_is_remembered_for_ten_seconds():
    now = [0.0]
    users = {"t": ALICE}
    authenticator = BearerAuthenticator([StaticTokens(users)], clock=lambda: now[0])
    assert await authenticator.authenticate(request(Authorization="Bearer t"))
    users.clear()
    now[0] = 9.0
    assert await authenticator.authenticate(request(Authorization="Bearer t"))
    now[0] = 11.0
    with pytest.raises(InvalidCredential):
        await authenticator.authenticate(request(Authorization="Bearer t"))

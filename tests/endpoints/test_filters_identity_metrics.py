"""Who proved who they are, and who was let through, is counted."""

from contextlib import suppress

import pytest

from miniapi.authn.interface import InvalidCredential
from miniapi.authz.interface import Decision
from miniapi.endpoints.filters.authentication import authentication
from miniapi.endpoints.filters.authorization import authorization
from miniapi.endpoints.filters.identity_metrics import IdentityMetrics
from miniapi.errors import ApiError
from miniapi.meta.user import UserInfo
from tests.endpoints.test_filters_identity import ADMIN, ALICE, answer, context


class Authenticator:
    def __init__(self, found):
        self.found = found

    async def authenticate(self, request):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class Authorizer:
    def __init__(self, decision):
        self.decision = decision

    async def authorize(self, attributes):
        return self.decision


async def run(filter_, asked):
    with suppress(ApiError):
        await filter_(answer)(asked)


async def counted(metrics, name):
    (family,) = [f for f in await metrics.families() if f.name == name]
    return family.values


@pytest.mark.parametrize(
    ("found", "result", "users"),
    [
        (ADMIN, "success", {("admin",): 1}),
        (UserInfo("a@b.example"), "success", {("email_id",): 1}),
        (ALICE, "success", {("other",): 1}),
        (None, "failure", {}),
        (InvalidCredential("no"), "error", {}),
    ],
)
async def test_authentication_is_counted_by_its_end(found, result, users):
    metrics = IdentityMetrics()
    await run(authentication(Authenticator(found), metrics=metrics), context(user=None))
    assert await counted(metrics, "authentication_attempts") == {(result,): 1}
    assert await counted(metrics, "authenticated_user_requests") == users


@pytest.mark.parametrize(
    ("decision", "user", "result"),
    [
        (Decision("allow"), ALICE, "allowed"),
        (Decision("deny"), ADMIN, "allowed"),
        (Decision("deny"), ALICE, "denied"),
        (Decision("no_opinion"), ALICE, "no-opinion"),
        (Decision("no_opinion", error="x"), ALICE, "error"),
    ],
)
async def test_authorization_is_counted_by_its_end(decision, user, result):
    metrics = IdentityMetrics()
    await run(authorization(Authorizer(decision), metrics=metrics), context(user=user))
    assert await counted(metrics, "authorization_attempts_total") == {(result,): 1}

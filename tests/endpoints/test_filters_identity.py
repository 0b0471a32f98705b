"""The filters of identity: who asks, as whom, and whether they may."""

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from miniapi.authn.interface import InvalidCredential
from miniapi.authz.interface import Decision
from miniapi.endpoints.context import Context
from miniapi.endpoints.filters.authentication import authentication
from miniapi.endpoints.filters.authorization import authorization
from miniapi.endpoints.filters.impersonation import account_name, impersonation
from miniapi.errors import ApiError
from miniapi.meta.request_info import parse
from miniapi.meta.user import UserInfo
from miniapi.wire import Reply, Request, no_body

ALICE = UserInfo("alice", groups=("system:authenticated",))
ADMIN = UserInfo("admin", groups=("system:masters",))
PODS = "/api/v1/namespaces/ns/pods"


def context(*headers, path=PODS, method="GET", user=ALICE, query=""):
    request = Request(method, path, query, CIMultiDict(headers), no_body)
    return Context(request, datetime(2026, 1, 1, tzinfo=UTC), parse(method, path, query), user)


async def answer(context):
    del context
    return Reply(200)


class Allows:
    """Allows what it was told of, as `verb resource[/sub] name`; remembers what it was asked."""

    def __init__(self, *questions, reason=""):
        self.questions, self.reason, self.asked = questions, reason, []

    async def authorize(self, attributes):
        a = attributes
        resource = f"{a.resource}/{a.subresource}" if a.subresource else a.resource or a.path
        self.asked.append(f"{a.verb} {resource} {a.name}".strip())
        allowed = self.asked[-1] in self.questions or "system:masters" in a.user.groups
        return Decision("allow" if allowed else "no_opinion", self.reason)


async def refused(filter_, asked):
    with pytest.raises(ApiError) as raised:
        await filter_(answer)(asked)
    return raised.value


@pytest.mark.parametrize(
    ("asked", "message", "details"),
    [
        (
            context(),
            'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "ns"',
            {"kind": "pods"},
        ),
        (
            context(path="/apis/apps/v1/namespaces/ns/deployments/d/scale", method="PATCH"),
            'deployments.apps "d" is forbidden: User "alice" cannot patch resource "deployments/scale" '
            'in API group "apps" in the namespace "ns"',
            {"kind": "deployments", "group": "apps", "name": "d"},
        ),
        (
            context(path="/api/v1/nodes/n1"),
            'nodes "n1" is forbidden: User "alice" cannot get resource "nodes" in API group "" at the cluster scope',
            {"kind": "nodes", "name": "n1"},
        ),
        (context(path="/metrics"), 'forbidden: User "alice" cannot get path "/metrics"', {}),
        (
            context(user=UserInfo("<b>&")),
            'pods is forbidden: User "&lt;b&gt;&amp;" cannot list resource "pods" in API group "" '
            'in the namespace "ns"',
            {"kind": "pods"},
        ),
    ],
)
async def test_forbidden_is_told_in_the_originals_words(asked, message, details):
    problem = await refused(authorization(Allows()), asked)
    assert problem.code == 403
    assert problem.status()["message"] == message
    assert problem.status()["details"] == details


async def test_forbidden_ends_with_the_authorizers_reason():
    problem = await refused(authorization(Allows(reason="RBAC: x not found")), context())
    assert problem.message.endswith('in the namespace "ns": RBAC: x not found')


async def test_health_and_masters_are_not_asked_about():
    authorizer = Allows()
    for asked in (context(path="/healthz"), context(user=ADMIN)):
        assert (await authorization(authorizer)(answer)(asked)).status == 200
    assert authorizer.asked == []
    assert (await refused(authorization(authorizer), context(path="/healthz/etcd"))).code == 403
    assert (await refused(authorization(authorizer), context(path="/healthz", method="POST"))).code == 403
    assert (await authorization(authorizer, ["/healthz*"])(answer)(context(path="/healthz/etcd"))).status == 200


class Knows:
    def __init__(self, found):
        self.found = found

    async def authenticate(self, request):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


async def test_wrong_or_missing_credential_is_401_and_told():
    told = []

    async def tell(context):
        told.append(context)

    for found in (InvalidCredential("secret detail"), None):
        problem = await refused(authentication(Knows(found), tell), context(user=None))
        assert (problem.code, problem.message) == (401, "Unauthorized")
    assert len(told) == 2
    asked = context(user=None)
    await authentication(Knows(ALICE))(answer)(asked)
    assert asked.user is ALICE


async def impersonated(authorizer, *headers, user=ADMIN):
    asked = context(*headers, user=user)
    await impersonation(authorizer)(answer)(asked)
    return asked


async def test_admin_may_be_anybody_with_all_attributes():
    asked = await impersonated(
        Allows(),
        ("Impersonate-User", "bob"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "g1"),
        ("Impersonate-Group", "g2"),
        ("Impersonate-Extra-Acme.com%2Fproject", "p"),
        ("Impersonate-Extra-Scopes", "view"),
    )
    assert asked.user == UserInfo(
        "bob", "7", ("g1", "g2", "system:authenticated"), {"acme.com/project": ["p"], "scopes": ["view"]}
    )
    assert asked.impersonator == ADMIN


@pytest.mark.parametrize(
    ("name", "groups", "wanted"),
    [
        (
            "system:serviceaccount:ns:sa",
            [],
            ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
        ),
        ("system:serviceaccount:ns:sa", ["g"], ["g", "system:authenticated"]),
        ("system:anonymous", [], ["system:unauthenticated"]),
        ("bob", ["system:unauthenticated"], ["system:unauthenticated"]),
        ("bob", ["system:masters"], ["system:masters", "system:authenticated"]),
        ("system:node:n1", [], ["system:nodes", "system:authenticated"]),
    ],
)
async def test_groups_that_go_without_saying(name, groups, wanted):
    headers = [("Impersonate-User", name), *(("Impersonate-Group", g) for g in groups)]
    assert list((await impersonated(Allows(), *headers)).user.groups) == wanted


def test_what_cannot_be_a_service_account_is_a_plain_name():
    assert account_name("system:serviceaccount:ns:sa") == ("ns", "sa")
    assert [account_name(f"system:serviceaccount:{rest}") for rest in ("ns", "N_S:sa", "ns:S_A", "ns:a:b")] == [
        None
    ] * 4


async def test_old_right_to_impersonate_suffices():
    authorizer = Allows("impersonate users bob", "impersonate groups g")
    asked = await impersonated(authorizer, ("Impersonate-User", "bob"), ("Impersonate-Group", "g"), user=ALICE)
    assert asked.user.name == "bob"
    assert authorizer.asked == [
        "impersonate-on:user-info:list pods",
        "impersonate users bob",
        "impersonate groups g",
    ]


async def test_narrow_right_needs_the_action_and_the_user():
    narrow = Allows("impersonate-on:user-info:list pods", "impersonate:user-info users bob")
    assert (await impersonated(narrow, ("Impersonate-User", "bob"), user=ALICE)).user.name == "bob"
    account = Allows("impersonate-on:serviceaccount:list pods", "impersonate:serviceaccount serviceaccounts sa")
    headers = ("Impersonate-User", "system:serviceaccount:ns:sa")
    assert (await impersonated(account, headers, user=ALICE)).user.name.endswith(":sa")


async def test_account_may_be_its_own_node():
    agent = UserInfo("system:serviceaccount:ns:agent", extra={"authentication.kubernetes.io/node-name": ["n1"]})
    own = Allows("impersonate-on:associated-node:list pods", "impersonate:associated-node nodes *")
    assert (await impersonated(own, ("Impersonate-User", "system:node:n1"), user=agent)).user.groups[
        0
    ] == "system:nodes"
    with pytest.raises(ApiError):
        await impersonated(own, ("Impersonate-User", "system:node:n2"), user=agent)


async def test_refusal_tells_of_the_first_way_tried():
    problem = await refused(impersonation(Allows()), context(("Impersonate-User", "bob")))
    assert problem.message == (
        'pods is forbidden: User "alice" cannot impersonate-on:user-info:list resource "pods" in API group "" '
        'in the namespace "ns"'
    )


async def test_way_that_worked_last_is_tried_first():
    authorizer = Allows("impersonate users bob")
    wrapped = impersonation(authorizer)(answer)
    for _ in range(2):
        await wrapped(context(("Impersonate-User", "bob")))
    assert authorizer.asked[-1] == authorizer.asked[-2] == "impersonate users bob"
    with pytest.raises(ApiError, match='users "eve" is forbidden: User "alice" cannot impersonate resource "users"'):
        await wrapped(context(("Impersonate-User", "eve")))


async def test_masters_group_is_for_the_old_right_alone():
    narrow = Allows("impersonate-on:user-info:list pods", "impersonate:user-info users bob")
    headers = (("Impersonate-User", "bob"), ("Impersonate-Group", "system:masters"))
    problem = await refused(impersonation(narrow), context(*headers))
    assert problem.message.endswith("impersonating the system:masters group is not allowed")


async def test_attributes_without_a_user_are_a_bad_request():
    problem = await refused(impersonation(Allows()), context(("Impersonate-Group", "g"), user=ADMIN))
    assert problem.code == 400
    assert problem.message == (
        'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} '
        "without impersonating a user name"
    )

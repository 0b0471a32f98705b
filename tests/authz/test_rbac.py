"""RBAC: what bindings give, and what changes of them take away."""

import json
from importlib import resources

import pytest

from miniapi.authz.builtin import Sources, build
from miniapi.authz.configuration import ModeConfig
from miniapi.authz.interface import Attributes
from miniapi.authz.rbac import Rbac
from miniapi.meta.user import UserInfo

ALICE = UserInfo("alice", groups=("devs", "system:authenticated"))
RULE = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"]}


class Source:
    """What an informer is to RBAC."""

    def __init__(self, *objects):
        self.objects = list(objects)
        self.handlers = []

    def add_handler(self, handler):
        self.handlers.append(handler)
        for obj in self.objects:
            handler("ADDED", None, obj)

    def tell(self, event, old, new):
        for handler in self.handlers:
            handler(event, old, new)


def role(name, *rules, namespace=""):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": metadata, "rules": list(rules)}


def binding(name, kind, role_name, *subjects, namespace=""):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": metadata, "roleRef": {"kind": kind, "name": role_name}, "subjects": list(subjects)}


def user(name):
    return {"kind": "User", "name": name}


def rbac(roles=(), role_bindings=(), cluster_roles=(), cluster_bindings=()):
    return Rbac(Source(*roles), Source(*role_bindings), Source(*cluster_roles), Source(*cluster_bindings))


def ask(verb="list", resource="configmaps", namespace="ns", name="", who=ALICE, **more):
    return Attributes(who, verb, resource=resource, namespace=namespace, name=name, **more)


async def allowed(authorizer, attributes):
    return (await authorizer.authorize(attributes)).verdict == "allow"


async def test_cluster_binding_allows_everywhere_and_says_why():
    authorizer = rbac(
        cluster_roles=[role("cr", RULE)], cluster_bindings=[binding("crb", "ClusterRole", "cr", user("alice"))]
    )
    decision = await authorizer.authorize(ask())
    assert decision.verdict == "allow"
    assert decision.reason == 'RBAC: allowed by ClusterRoleBinding "crb" of ClusterRole "cr" to User "alice"'
    assert await allowed(authorizer, ask(namespace=""))


async def test_role_binding_holds_in_its_namespace_alone():
    authorizer = rbac(
        role_bindings=[binding("rb", "ClusterRole", "cr", user("alice"), namespace="ns")],
        cluster_roles=[role("cr", RULE)],
    )
    decision = await authorizer.authorize(ask())
    assert decision.reason == 'RBAC: allowed by RoleBinding "rb/ns" of ClusterRole "cr" to User "alice"'
    assert not await allowed(authorizer, ask(namespace="other"))
    assert not await allowed(authorizer, ask(namespace=""))


@pytest.mark.parametrize(
    ("subject", "who", "description"),
    [
        ({"kind": "Group", "name": "devs"}, ALICE, 'Group "devs"'),
        (
            {"kind": "ServiceAccount", "name": "sa", "namespace": "x"},
            UserInfo("system:serviceaccount:x:sa"),
            'ServiceAccount "sa/x"',
        ),
        ({"kind": "ServiceAccount", "name": "sa"}, UserInfo("system:serviceaccount:ns:sa"), 'ServiceAccount "sa/ns"'),
    ],
)
async def test_subjects_are_users_groups_and_service_accounts(subject, who, description):
    authorizer = rbac(
        roles=[role("r", RULE, namespace="ns")], role_bindings=[binding("rb", "Role", "r", subject, namespace="ns")]
    )
    decision = await authorizer.authorize(ask(who=who))
    assert decision.reason == f'RBAC: allowed by RoleBinding "rb/ns" of Role "r" to {description}'


async def test_missing_role_is_told_in_the_reason():
    authorizer = rbac(cluster_bindings=[binding("a", "ClusterRole", "gone", user("alice"))])
    decision = await authorizer.authorize(ask())
    assert decision.verdict == "no_opinion"
    assert decision.reason == 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found'


@pytest.mark.parametrize(
    ("rule", "question", "wanted"),
    [
        ({**RULE, "resourceNames": ["a"]}, ask("get", name="a"), True),
        ({**RULE, "resourceNames": ["a"]}, ask("get", name="b"), False),
        ({**RULE, "resourceNames": ["a"]}, ask(), False),
        ({**RULE, "resources": ["pods/log"]}, ask("get", "pods", subresource="log"), True),
        ({**RULE, "resources": ["pods"]}, ask("get", "pods", subresource="log"), False),
        ({**RULE, "resources": ["*/log"]}, ask("get", "pods", subresource="log"), True),
        ({**RULE, "resources": ["*"]}, ask("get", "pods", subresource="log"), True),
        ({**RULE, "apiGroups": ["*"]}, ask(group="apps"), True),
        (RULE, ask(group="apps"), False),
        ({**RULE, "verbs": ["*"]}, ask("delete"), True),
    ],
)
async def test_rules_match_as_the_original_matches(rule, question, wanted):
    authorizer = rbac(
        cluster_roles=[role("cr", rule)], cluster_bindings=[binding("b", "ClusterRole", "cr", user("alice"))]
    )
    assert await allowed(authorizer, question) is wanted


@pytest.mark.parametrize(
    ("url", "path", "wanted"),
    [("/a/*", "/a/b", True), ("/a/*", "/a", False), ("*", "/x", True), ("/metrics", "/metrics", True)],
)
async def test_paths_match_exactly_or_by_a_final_star(url, path, wanted):
    authorizer = rbac(
        cluster_roles=[role("cr", {"verbs": ["get"], "nonResourceURLs": [url]})],
        cluster_bindings=[binding("b", "ClusterRole", "cr", user("alice"))],
    )
    assert await allowed(authorizer, Attributes(ALICE, "get", path, resource_request=False)) is wanted


async def test_changes_of_roles_and_bindings_count_at_once():
    roles, bindings = Source(), Source()
    authorizer = Rbac(Source(), Source(), roles, bindings)
    given = binding("b", "ClusterRole", "cr", user("alice"))
    assert not await allowed(authorizer, ask())
    bindings.tell("ADDED", None, given)
    roles.tell("ADDED", None, role("cr", RULE))
    assert await allowed(authorizer, ask())
    other = binding("b", "ClusterRole", "cr", user("bob"))
    bindings.tell("MODIFIED", given, other)
    assert not await allowed(authorizer, ask())
    assert await allowed(authorizer, ask(who=UserInfo("bob")))
    roles.tell("DELETED", role("cr", RULE), None)
    assert not await allowed(authorizer, ask(who=UserInfo("bob")))
    bindings.tell("DELETED", other, None)
    assert (await authorizer.authorize(ask(who=UserInfo("bob")))).reason == ""


async def test_rules_for_a_user_are_listed_for_review():
    authorizer = rbac(
        roles=[role("r", {**RULE, "resourceNames": ["a"]}, namespace="ns")],
        role_bindings=[binding("rb", "Role", "r", user("alice"), namespace="ns")],
        cluster_roles=[role("cr", {"verbs": ["get"], "nonResourceURLs": ["/x"]})],
        cluster_bindings=[binding("b", "ClusterRole", "cr", {"kind": "Group", "name": "devs"})],
    )
    assert await authorizer.rules_for(ALICE, "ns") == (
        [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"]}],
        [{"verbs": ["get"], "nonResourceURLs": ["/x"]}],
        False,
        "",
    )


def modes(*types):
    return [ModeConfig(t) for t in types]


def fresh_sources():
    document = json.loads(resources.files("miniapi.kube").joinpath("data/bootstrap.json").read_bytes())
    base = "apis/rbac.authorization.k8s.io/v1/"
    roles, bindings, cluster_roles, cluster_bindings = (
        Source(*document[base + p]) for p in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
    )
    return Sources(roles, bindings, cluster_roles, cluster_bindings, nodes=None, node_rules=list)


async def test_union_lets_masters_do_all_and_modes_decide_in_order():
    sources = fresh_sources()
    admin = UserInfo("admin", groups=("system:masters",))
    deny = build(modes("AlwaysDeny"), sources).authorizer
    assert await deny.authorize(ask(who=admin)) == (
        await build(modes("RBAC"), sources).authorizer.authorize(ask(who=admin))
    )
    assert (await deny.authorize(ask())).reason == "Everything is forbidden."
    assert await allowed(build(modes("Node", "RBAC", "AlwaysAllow"), sources).authorizer, ask())
    node = UserInfo("system:node:n", groups=("system:nodes",))
    *_, incomplete, problem = await build(modes("Node", "RBAC"), sources).rules.rules_for(node, "ns")
    assert incomplete
    assert problem == "node authorizer does not support user rule resolution"


async def test_fresh_server_lets_users_review_themselves_and_anonymous_see_health():
    authorizer = build(modes("Node", "RBAC"), fresh_sources()).authorizer
    review = ask("create", "selfsubjectreviews", "", group="authentication.k8s.io")
    assert await allowed(authorizer, review)
    anonymous = UserInfo("system:anonymous", groups=("system:unauthenticated",))
    assert await allowed(authorizer, Attributes(anonymous, "get", "/version", resource_request=False))
    assert not await allowed(authorizer, Attributes(anonymous, "get", "/apis", resource_request=False))
    assert await allowed(
        authorizer,
        ask(
            "get",
            "leases",
            "kube-system",
            "kube-scheduler",
            group="coordination.k8s.io",
            who=UserInfo("system:kube-scheduler"),
        ),
    )


async def test_what_this_server_writes_holds_before_informers_tell_of_it():
    authorizer = rbac()
    assert not await allowed(authorizer, ask())
    authorizer.policy.written(role("cr", RULE))
    granted = binding("crb", "ClusterRole", "cr", user("alice"))
    authorizer.policy.written(granted)
    assert await allowed(authorizer, ask())
    authorizer.policy.deleted(granted)
    assert not await allowed(authorizer, ask())

"""Nobody grants more than they have."""

import pytest

from miniapi.authz.aggregation import aggregated_rules
from miniapi.authz.escalation import EscalationCheck, missing_rights
from miniapi.authz.interface import Decision
from miniapi.authz.rules import compact, uncovered
from miniapi.errors import ApiError
from miniapi.meta.user import UserInfo

ALICE = UserInfo("alice", groups=("system:authenticated",))
GET = {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]}
ALL = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}


class Grants:
    """Lets pass the questions named verb/name."""

    def __init__(self, *granted):
        self.granted = granted

    async def authorize(self, attributes):
        asked = f"{attributes.verb}/{attributes.resource}/{attributes.name}"
        return Decision("allow" if asked in self.granted else "no_opinion")


class Policy:
    def __init__(self, *rules):
        self.rules = rules

    def grants(self, user, namespace):
        class Grant:
            role_kind, role_name, namespace = "Role", "r", "ns"

        yield Grant, ""

    def rules_of(self, kind, name, namespace):
        return self.rules


def checker(*owned, granted=(), role=None):
    async def get(group, plural, namespace, name):
        return role

    return EscalationCheck(Grants(*granted), Policy(*owned), get)


def role(name, *rules, **more):
    return {"metadata": {"name": name}, "rules": list(rules), **more}


def binding(kind="Role", name="strong"):
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
    return {"metadata": {"name": "rb"}, "roleRef": reference}


async def refused(check, plural, obj, old=None, user=ALICE):
    with pytest.raises(ApiError) as raised:
        await check.check(user, plural, "ns", "", obj, old)
    return raised.value


async def test_role_beyond_own_rights_is_forbidden_in_the_originals_words():
    more = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps", "secrets"]}
    problem = await refused(checker(GET), "roles", role("more", more))
    assert problem.code == 403
    assert problem.message == (
        'roles.rbac.authorization.k8s.io "more" is forbidden: user "alice" (groups=["system:authenticated"]) '
        "is attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["configmaps"], Verbs:["list"]}\n'
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}'
    )


async def test_role_within_own_rights_or_with_escalate_passes():
    await checker(GET).check(ALICE, "roles", "ns", "", role("same", GET), None)
    await checker(granted=["escalate/roles/"]).check(ALICE, "roles", "ns", "", role("all", ALL), None)
    await checker().check(UserInfo("x", groups=("system:masters",)), "roles", "ns", "", role("all", ALL), None)


async def test_binding_needs_the_roles_rights_or_bind():
    strong = role("strong", ALL)
    problem = await refused(checker(GET, role=strong), "rolebindings", binding())
    assert problem.message.endswith('not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}')
    assert (problem.kind, problem.name) == ("rolebindings", "rb")
    await checker(role=strong, granted=["bind/roles/strong"]).check(ALICE, "rolebindings", "ns", "", binding(), None)
    await checker(GET, role=role("weak", GET)).check(ALICE, "rolebindings", "ns", "", binding(), None)


async def test_binding_to_a_missing_role_is_404_of_the_bindings_resource():
    problem = await refused(checker(), "rolebindings", binding(name="missing"))
    assert problem.code == 404
    assert problem.message == 'rolebindings.rbac.authorization.k8s.io "missing" not found'


async def test_aggregation_needs_everything():
    aggregating = role("a", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"x": "y"}}]})
    problem = await refused(checker(GET), "clusterroles", aggregating)
    assert problem.message.endswith("must have cluster-admin privileges to use the aggregationRule")
    everything = {"verbs": ["*"], "nonResourceURLs": ["*"]}
    await checker(ALL, everything).check(ALICE, "clusterroles", "", "", aggregating, None)


async def test_garbage_collector_may_take_finalizers_off_any_role():
    old = {**role("all", ALL), "metadata": {"name": "all", "finalizers": ["a"]}}
    await checker().check(ALICE, "roles", "ns", "all", role("all", ALL), old)
    await refused(checker(), "roles", role("all", ALL, GET), old)


@pytest.mark.parametrize(
    ("owned", "wanted", "covered"),
    [
        ([ALL], [GET], True),
        ([GET], [{**GET, "resourceNames": ["a"]}], True),
        ([{**GET, "resourceNames": ["a"]}], [GET], False),
        ([{**GET, "resourceNames": ["a", "b"]}], [{**GET, "resourceNames": ["a"]}], True),
        ([{**GET, "resources": ["*/scale"]}], [{**GET, "resources": ["deployments/scale"]}], True),
        ([{**GET, "resources": ["*/scale"]}], [{**GET, "resources": ["deployments"]}], False),
        (
            [{"verbs": ["*"], "nonResourceURLs": ["/a/*"]}],
            [{"verbs": ["get"], "nonResourceURLs": ["/a/b", "/a/*"]}],
            True,
        ),
        ([{"verbs": ["*"], "nonResourceURLs": ["/a/*"]}], [{"verbs": ["get"], "nonResourceURLs": ["/b"]}], False),
        ([GET, {**GET, "verbs": ["list"]}], [{**GET, "verbs": ["get", "list"]}], True),
    ],
)
def test_rules_cover_as_in_the_original(owned, wanted, covered):
    assert (not uncovered(owned, wanted)) is covered


def test_compact_joins_verbs_of_simple_rules_and_keeps_the_others_first():
    url = {"verbs": ["get"], "nonResourceURLs": ["/x"]}
    assert compact([GET, url, {**GET, "verbs": ["list"]}]) == [url, {**GET, "verbs": ["get", "list"]}]


def test_unresolved_roles_are_told_with_the_missing_rights():
    message = missing_rights(ALICE, [], [GET], ["a is gone"])
    assert message.endswith('Verbs:["get"]}; resolution errors: [a is gone]')


def test_aggregated_rules_are_collected_by_role_name_without_repetition():
    def labelled(name, *rules):
        return {"metadata": {"name": name, "labels": {"to": "view"}}, "rules": list(rules)}

    whole = role("view", GET, aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"to": "view"}}]})
    others = [labelled("b", GET), labelled("a", ALL, GET), role("other", {**GET, "verbs": ["delete"]}), whole]
    assert aggregated_rules(whole, others) == [ALL, GET]
    assert aggregated_rules(role("plain", GET), others) is None

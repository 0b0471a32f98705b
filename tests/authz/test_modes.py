"""The modes that draw on files and services: ABAC, Webhook, and the file that names them all."""

import pytest

from miniapi.authz.abac import Abac, BadPolicy, read_policies
from miniapi.authz.configuration import BadAuthorization, read_configuration
from miniapi.authz.interface import Attributes
from miniapi.authz.match_conditions import MatchConditions
from miniapi.authz.webhook import Webhook, spec_of
from miniapi.client.review_webhook import WebhookFailed
from miniapi.meta.user import UserInfo

ALICE = UserInfo("alice", "u7", ("devs", "system:authenticated"), {"k": ("v",)})


def ask(verb="get", user=ALICE, **more):
    return Attributes(user, verb, **{"resource": "pods", "namespace": "ns", "version": "v1", **more})


def policies(tmp_path, *specs):
    path = tmp_path / "policy.jsonl"
    head = '{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":'
    path.write_text("# comment\n\n" + "\n".join(head + spec + "}" for spec in specs))
    return read_policies(path)


@pytest.mark.parametrize(
    ("spec", "asked", "verdict"),
    [
        ('{"user":"alice","namespace":"ns","resource":"pods"}', ask("delete"), "allow"),
        ('{"user":"alice","namespace":"ns","resource":"pods","readonly":true}', ask("delete"), "no_opinion"),
        ('{"user":"alice","namespace":"other","resource":"pods"}', ask(), "no_opinion"),
        ('{"group":"devs","namespace":"*","resource":"*","apiGroup":"*"}', ask(group="apps"), "allow"),
        ('{"user":"bob","group":"devs","namespace":"*","resource":"*"}', ask(), "no_opinion"),
        ('{"user":"*","namespace":"*","resource":"pods"}', ask(), "allow"),
        (
            '{"user":"*","namespace":"*","resource":"pods"}',
            ask(user=UserInfo("x", groups=("system:unauthenticated",))),
            "no_opinion",
        ),
        ('{"namespace":"*","resource":"pods"}', ask(), "no_opinion"),
        (
            '{"user":"alice","nonResourcePath":"/logs*"}',
            Attributes(ALICE, "get", "/logs/x", resource_request=False),
            "allow",
        ),
    ],
)
async def test_abac_allows_what_a_line_says(tmp_path, spec, asked, verdict):
    decision = await Abac(policies(tmp_path, spec)).authorize(asked)
    assert decision.verdict == verdict


def test_abac_names_the_line_it_cannot_read(tmp_path):
    with pytest.raises(BadPolicy, match="line 4: unknown field spec.usr"):
        policies(tmp_path, '{"user":"alice"}', '{"usr":"alice"}')


class Service:
    def __init__(self, status=None, failure=""):
        self.status, self.failure, self.asked = status, failure, []

    async def ask(self, review):
        self.asked.append(review)
        if self.failure:
            raise WebhookFailed(self.failure)
        return {**review, "status": self.status}


def webhook(service, **more):
    return Webhook(service, "v1", 300, 30, clock=lambda: 0.0, **more)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [({"allowed": True}, "allow"), ({"denied": True}, "deny"), ({"allowed": False}, "no_opinion")],
)
async def test_webhook_decides_and_is_asked_once(status, verdict):
    service = Service({**status, "reason": "because"})
    authorizer = webhook(service)
    for _ in range(2):
        decision = await authorizer.authorize(ask())
        assert (decision.verdict, decision.reason) == (verdict, "because")
    assert len(service.asked) == 1


async def test_webhook_that_fails_has_no_opinion_or_denies():
    service = Service(failure="away")
    decision = await webhook(service).authorize(ask())
    assert (decision.verdict, decision.error) == ("no_opinion", "away")
    assert (await webhook(service, deny_on_failure=True).authorize(ask())).verdict == "deny"


def test_review_asks_what_is_asked():
    assert spec_of(ask(verb="list", field_selector="spec.nodeName=n1"), "v1") == {
        "resourceAttributes": {
            "namespace": "ns",
            "verb": "list",
            "version": "v1",
            "resource": "pods",
            "fieldSelector": {"requirements": [{"key": "spec.nodeName", "operator": "In", "values": ["n1"]}]},
        },
        "user": "alice",
        "groups": ["devs", "system:authenticated"],
        "extra": {"k": ["v"]},
        "uid": "u7",
    }
    path = Attributes(ALICE, "get", "/x", resource_request=False)
    assert spec_of(path, "v1beta1")["group"] == ["devs", "system:authenticated"]


KUBECONFIG = """
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1/review"}}]
contexts: [{name: a, context: {cluster: a}}]
current-context: a
"""
HOOK = """
  webhook:
    subjectAccessReviewVersion: v1
    failurePolicy: Deny
    authorizedTTL: 1m
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: KUBECONFIG}
"""


def configuration(tmp_path, authorizers):
    (tmp_path / "hook").write_text(KUBECONFIG)
    path = tmp_path / "config.yaml"
    head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n"
    path.write_text(head + authorizers.replace("KUBECONFIG", str(tmp_path / "hook")))
    return read_configuration(str(path))


def test_file_names_authorizers_in_order(tmp_path):
    node, hook, rbac = configuration(tmp_path, f"- type: Node\n- type: Webhook\n  name: h{HOOK}- type: RBAC\n")
    assert [node.type, hook.type, rbac.type] == ["Node", "Webhook", "RBAC"]
    assert hook.webhook is not None
    assert (hook.webhook.allowed_seconds, hook.webhook.denied_seconds) == (60, 30)
    assert hook.webhook.deny_on_failure
    assert hook.webhook.client.host == "https://127.0.0.1:1/review"


@pytest.mark.parametrize(
    ("authorizers", "problem"),
    [
        ("", "at least one authorization mode must be defined"),
        ("- type: Magic", r"authorizers\[0\].type: Magic is not a type"),
        ("- type: RBAC\n- type: RBAC", r"authorizers\[1\].type: RBAC is named twice"),
        ("- type: Webhook", "subjectAccessReviewVersion: use v1"),
        (f"- type: Webhook{HOOK}    matchConditions: [{{expression: '1'}}]", "must evaluate to bool"),
        (f"- type: Webhook{HOOK}    matchConditions: [{{expression: 'request.x'}}]", "undefined field 'x'"),
    ],
)
def test_file_is_refused_in_one_line(tmp_path, authorizers, problem):
    with pytest.raises(BadAuthorization, match=problem) as raised:
        configuration(tmp_path, authorizers)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("expressions", "asked", "verdict"),
    [
        (["has(request.resourceAttributes)"], 1, "allow"),
        (["request.user == 'alice'", "'devs' in request.groups"], 1, "allow"),
        (["request.resourceAttributes.namespace != 'ns'"], 0, "no_opinion"),
        (["request.nonResourceAttributes.path == '/'"], 0, "deny"),
        (["request.nonResourceAttributes.path == '/'", "request.user == 'bob'"], 0, "no_opinion"),
    ],
)
async def test_webhook_is_asked_what_its_conditions_let_through(expressions, asked, verdict):
    service = Service({"allowed": True})
    authorizer = webhook(service, deny_on_failure=True, conditions=MatchConditions(expressions))
    assert (await authorizer.authorize(ask())).verdict == verdict
    assert len(service.asked) == asked

"""Questions of identity and rights: what is answered, what is refused, in the original's words."""

import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import orjson
import pytest
from multidict import CIMultiDict

from miniapi.admission.chain import AdmissionChain
from miniapi.admission.interface import Reinvocation
from miniapi.authn.bearer import BearerAuthenticator
from miniapi.authn.service_account import ServiceAccountTokens
from miniapi.authn.service_account_keys import ServiceAccountKeys, ensure_signing_key
from miniapi.authn.tokens import StaticTokens
from miniapi.authz.interface import Decision
from miniapi.endpoints.context import Context
from miniapi.errors import ApiError
from miniapi.kube.handlers.access_reviews import (
    asked_of,
    local_subject_access_reviews,
    self_subject_access_reviews,
    subject_access_reviews,
)
from miniapi.kube.handlers.identity_reviews import self_subject_reviews, self_subject_rules_reviews, token_reviews
from miniapi.kube.handlers.token_request import TokenRequests
from miniapi.kube.handlers.virtual import Question
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.request_info import parse
from miniapi.meta.user import UserInfo
from miniapi.wire import Request, no_body

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ISSUER = "https://issuer"
ALICE = UserInfo("alice", "u7", ("system:authenticated",), {"k": ("v",)})


def question(obj, path="/apis/x/v1/reviews", kind="Review", user=ALICE):
    context = Context(Request("POST", path, "", CIMultiDict(), no_body), NOW, parse("POST", path, ""), user)
    scope = SimpleNamespace(admission=AdmissionChain(), gvk=GroupVersionKind("x", "v1", kind))
    reviews = SimpleNamespace(gvk=scope.gvk, plural="reviews", namespaced=True)
    write = SimpleNamespace(now=NOW, operation="CREATE", kind=reviews, subresource="", reinvocation=Reinvocation())
    return Question(context, scope, {"metadata": {}, **obj}, write)


async def refusal(handler, asked):
    with pytest.raises(ApiError) as raised:
        await handler.answer(asked)
    return raised.value


class Decides:
    def __init__(self, decision):
        self.decision, self.asked = decision, []

    async def authorize(self, attributes):
        self.asked.append(attributes)
        return self.decision


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        (Decision("allow", "because"), {"allowed": True, "reason": "because"}),
        (Decision("deny", "never"), {"allowed": False, "denied": True, "reason": "never"}),
        (Decision("no_opinion", error="broken"), {"allowed": False, "evaluationError": "broken"}),
    ],
)
async def test_review_tells_the_decision(decision, status):
    authorizer = Decides(decision)
    spec = {"user": "bob", "groups": ["g"], "uid": "7", "extra": {"a": ["b"]}, "resourceAttributes": {"verb": "get"}}
    answer = await subject_access_reviews(authorizer).answer(question({"spec": spec}))
    assert answer["status"] == status
    assert authorizer.asked[0].user == UserInfo("bob", "7", ("g",), {"a": ("b",)})
    assert authorizer.asked[0].version == "*"


async def test_self_review_asks_for_the_requester():
    authorizer = Decides(Decision("allow"))
    spec = {"nonResourceAttributes": {"path": "/x", "verb": "get"}}
    await self_subject_access_reviews(authorizer).answer(question({"spec": spec}))
    assert (authorizer.asked[0].user, authorizer.asked[0].path) == (ALICE, "/x")


ONE_OF = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"


@pytest.mark.parametrize(
    ("make", "review", "causes"),
    [
        (subject_access_reviews, {"spec": {"user": "x"}}, [("spec.resourceAttributes", ONE_OF)]),
        (
            subject_access_reviews,
            {"spec": {"resourceAttributes": {}, "nonResourceAttributes": {"path": "/"}}},
            [
                (
                    "spec.nonResourceAttributes",
                    'Invalid value: {"Path":"/","Verb":""}: cannot be specified in combination with resourceAttributes',
                ),
                ("spec.user", 'Invalid value: "": at least one of user or group must be specified'),
            ],
        ),
        (
            self_subject_access_reviews,
            {"metadata": {"name": "n"}, "spec": {"resourceAttributes": {}}},
            [("metadata", 'Invalid value: {"name":"n"}: must be empty')],
        ),
        (
            local_subject_access_reviews,
            {"metadata": {"namespace": "ns"}, "spec": {"user": "x", "resourceAttributes": {"namespace": "other"}}},
            [("spec.resourceAttributes.namespace", 'Invalid value: "other": must match metadata.namespace')],
        ),
        (
            self_subject_access_reviews,
            {
                "spec": {
                    "resourceAttributes": {
                        "labelSelector": {"requirements": [{"key": "a b", "operator": "In"}]},
                        "fieldSelector": {"rawSelector": "a=b", "requirements": [{"operator": "Later"}]},
                    }
                }
            },
            [
                (
                    "spec.resourceAttributes.fieldSelector.rawSelector",
                    'Invalid value: "a=b": may not specified at the same time as requirements',
                ),
                (
                    "spec.resourceAttributes.fieldSelector.requirements[0].key",
                    "Required value: must be specified",
                ),
                (
                    "spec.resourceAttributes.labelSelector.requirements[0].values",
                    "Required value: must be specified when `operator` is 'In' or 'NotIn'",
                ),
                ("spec.resourceAttributes.labelSelector.requirements[0].key", None),
            ],
        ),
    ],
)
async def test_reviews_are_validated(make, review, causes):
    problem = await refusal(make(Decides(Decision("allow"))), question(review))
    assert (problem.code, problem.kind, problem.group) == (422, "", "authorization.k8s.io")
    found = [(c.field, c.message) for c in problem.causes]
    assert [f for f, _ in found] == [f for f, _ in causes]
    assert all(message in (None, told) for (_, told), (_, message) in zip(found, causes, strict=True))


def test_selectors_are_asked_as_far_as_they_can_be_read():
    resource = {
        "fieldSelector": {
            "requirements": [
                {"key": "spec.nodeName", "operator": "In", "values": ["n1"]},
                {"key": "a", "operator": "Exists"},
            ]
        },
        "labelSelector": {"rawSelector": "a in ("},
    }
    asked, unread = asked_of({"resourceAttributes": resource}, ALICE)
    assert (asked.field_selector, asked.label_selector) == ("spec.nodeName=n1", "")
    assert unread == [
        "spec.resourceAttributes.fieldSelector partially ignored due to parse error",
        "spec.resourceAttributes.labelSelector ignored due to parse error",
    ]


async def test_token_review_tells_whose_a_token_is():
    handler = token_reviews(BearerAuthenticator([StaticTokens({"t": ALICE}, (ISSUER,))], (ISSUER,)))
    known = await handler.answer(question({"spec": {"token": "t"}}))
    assert known["status"] == {"authenticated": True, "user": ALICE.as_dict(), "audiences": [ISSUER]}
    unknown = await handler.answer(question({"spec": {"token": "x"}}))
    assert unknown["status"] == {"user": {}, "error": "invalid bearer token"}
    problem = await refusal(handler, question({}))
    assert (problem.code, problem.message) == (400, "token is required for TokenReview in authentication")


async def test_self_subject_review_shows_the_requester_and_nothing_of_the_body():
    answer = await self_subject_reviews().answer(question({"metadata": {"name": "x"}}, kind="SelfSubjectReview"))
    assert answer == {
        "kind": "SelfSubjectReview",
        "apiVersion": "x/v1",
        "metadata": {"creationTimestamp": "2026-01-02T03:04:05Z"},
        "status": {"userInfo": ALICE.as_dict()},
    }


async def test_rules_review_needs_a_namespace():
    class Rules:
        async def rules_for(self, user, namespace):
            return [{"verbs": ["get"]}], [], True, "partly"

    handler = self_subject_rules_reviews(Rules())
    answer = await handler.answer(question({"spec": {"namespace": "ns"}}))
    assert answer["spec"] == {}
    assert answer["status"] == {
        "resourceRules": [{"verbs": ["get"]}], "nonResourceRules": [], "incomplete": True, "evaluationError": "partly",
    }  # fmt: skip
    assert (await refusal(handler, question({"spec": {}}))).message == "no namespace on request"


class Objects:
    def __init__(self):
        self.known = {
            ("serviceaccounts", "ns", "sa"): {"metadata": {"uid": "sa-uid"}},
            ("secrets", "ns", "s"): {"metadata": {"uid": "s-uid"}},
            ("pods", "ns", "p"): {
                "metadata": {"uid": "p-uid"},
                "spec": {"serviceAccountName": "sa", "nodeName": "n"},
            },
            ("pods", "ns", "other"): {"metadata": {"uid": "o-uid"}, "spec": {"serviceAccountName": "x"}},
            ("nodes", "", "n"): {"metadata": {"uid": "n-uid"}},
        }

    async def get(self, group, plural, namespace, name):
        return self.known.get((plural, namespace, name))


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    return ServiceAccountKeys(ensure_signing_key(tmp_path_factory.mktemp("keys") / "sa.key"))


@pytest.fixture
def requests(keys):
    objects = Objects()
    return TokenRequests(ServiceAccountTokens(keys, [ISSUER], [ISSUER], objects), objects, 0, extend=True)


def token_question(spec=None, meta=None, name="sa"):
    body = {"metadata": meta or {}, "spec": {"expirationSeconds": 3600, **(spec or {})}}
    return question(body, f"/api/v1/namespaces/ns/serviceaccounts/{name}/token")


def claims_of(answer):
    payload = answer["status"]["token"].split(".")[1]
    return orjson.loads(base64.urlsafe_b64decode(payload + "=="))


async def test_token_is_of_the_account_and_names_its_pod_and_node(requests):
    asked = token_question({"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "p-uid"}})
    answer = await requests.handler().answer(asked)
    assert answer["metadata"]["uid"] == "sa-uid"
    assert answer["status"]["expirationTimestamp"] == "2026-01-02T04:04:05Z"
    private = claims_of(answer)["kubernetes.io"]
    assert private == {
        "namespace": "ns",
        "serviceaccount": {"name": "sa", "uid": "sa-uid"},
        "pod": {"name": "p", "uid": "p-uid"},
        "node": {"name": "n", "uid": "n-uid"},
    }
    audited = asked.context.audit_annotations["authentication.kubernetes.io/issued-credential-id"]
    assert audited == f"JTI={claims_of(answer)['jti']}"


async def test_pods_tokens_of_an_hour_live_a_year_and_warn(requests):
    reference = {"apiVersion": "v1", "kind": "Pod", "name": "p"}
    answer = await requests.handler().answer(token_question({"boundObjectRef": reference, "expirationSeconds": 3607}))
    claims = claims_of(answer)
    assert claims["exp"] - claims["iat"] == timedelta(days=365).total_seconds()
    assert claims["kubernetes.io"]["warnafter"] == claims["iat"] + 3607
    assert answer["status"]["expirationTimestamp"] == "2026-01-02T04:04:12Z"


async def test_long_lives_are_shortened_with_a_warning(requests):
    handler = TokenRequests(requests.tokens, requests.objects, 7200, extend=True).handler()
    asked = token_question({"expirationSeconds": 9000})
    answer = await handler.answer(asked)
    assert answer["spec"]["expirationSeconds"] == 7200
    assert asked.context.warnings == ["requested expiration of 9000 seconds shortened to 7200 seconds"]


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        (token_question(name="nobody"), 404, 'serviceaccounts "nobody" not found'),
        (token_question({"expirationSeconds": 599}), 422, "may not specify a duration less than 10 minutes"),
        (token_question({"expirationSeconds": (1 << 32) + 1}), 422, "may not specify a duration larger than 2^32"),
        (token_question(meta={"name": "x"}), 422, "must match the service account name if specified"),
        (token_question(meta={"uid": "x"}), 409, "does not match the UID of the service account"),
        (
            token_question({"boundObjectRef": {"apiVersion": "v1", "kind": "Secret", "name": "s", "uid": "x"}}),
            409,
            'cannot be fulfilled on Secret "s": the UID in the bound object reference',
        ),
        (
            token_question({"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "other"}}),
            400,
            'cannot bind token for serviceaccount "sa" to pod running with different serviceaccount name.',
        ),
        (
            token_question({"boundObjectRef": {"apiVersion": "apps/v1", "kind": "Pod", "name": "p"}}),
            400,
            "cannot bind token to object of type apps/v1, Kind=Pod",
        ),
    ],
)
async def test_what_cannot_be_bound_is_refused(requests, asked, code, message):
    problem = await refusal(requests.handler(), asked)
    assert problem.code == code
    assert message in problem.message

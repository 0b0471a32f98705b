"""Admission webhooks: whom a write concerns, what is asked, what answers mean."""

import asyncio
import base64
import json

import pytest

from miniapi.admission.chain import AdmissionChain
from miniapi.admission.matching.equivalents import Versions
from miniapi.admission.matching.matcher import Matcher
from miniapi.admission.matching.rules import matches
from miniapi.admission.plugins.mutating_webhook import MutatingAdmissionWebhook
from miniapi.admission.plugins.validating_webhook import ValidatingAdmissionWebhook
from miniapi.admission.webhooks.conditions import Conditions
from miniapi.admission.webhooks.hook import Hooks
from miniapi.client.webhooks import WebhookFailed
from miniapi.errors import ApiError
from miniapi.meta.gvk import GroupVersionResource
from tests.admission.world import World, attributes, kind

CONFIG_MAP = kind("configmaps", "ConfigMap")
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}


class Informer:
    def __init__(self, *objects):
        self.objects, self.changes = objects, 1

    def list(self):
        return self.objects


class Webhook:
    """What is called: answers by the name in the URL, remembers the questions."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    async def call(self, client_config, review, timeout_seconds):
        name = client_config["url"]
        self.asked.append((name, review["request"]))
        answer = self.answers.get(name, {})
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(review["request"])
        response = {"uid": review["request"]["uid"], "allowed": True, **answer}
        return {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": response}


def configuration(*names, configured="c", **fields):
    webhooks = [
        {
            "name": name,
            "clientConfig": {"url": name},
            "rules": [RULE],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            **fields,
        }
        for name in names
    ]
    return {"metadata": {"name": configured}, "webhooks": webhooks}


def chain(webhook, *configurations, mutating=False, world=None, kinds=()):
    world = world or World()
    world.add("", "namespaces", "default", {"metadata": {"labels": {"env": "test"}}})
    hooks = Hooks(Informer(*configurations))
    plugin = (MutatingAdmissionWebhook if mutating else ValidatingAdmissionWebhook)(
        hooks, Matcher(world, Versions(kinds)), Conditions(world), webhook
    )
    return AdmissionChain([plugin] if mutating else [], [] if mutating else [plugin])


def write(operation="CREATE", obj=None, **changes):
    found = attributes(CONFIG_MAP, obj or {"metadata": {"name": "a", "namespace": "default"}}, operation=operation)
    for name, value in changes.items():
        setattr(found, name, value)
    found.namespace = "default"
    return found


async def both(chain_, asked):
    await chain_.mutate(asked)
    await chain_.validate(asked)


async def refusal(chain_, asked):
    with pytest.raises(ApiError) as raised:
        await both(chain_, asked)
    return raised.value


def patch(*operations):
    return {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(operations).encode()).decode()}


PODS_STATUS = GroupVersionResource("", "v1", "pods")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"resources": ["*"]}, False),
        ({"resources": ["*/*"]}, True),
        ({"resources": ["pods"]}, False),
        ({"resources": ["pods/*"]}, True),
        ({"resources": ["*/status"]}, True),
        ({"resources": ["pods/status"], "scope": "Cluster"}, False),
        ({"resources": ["pods/status"], "scope": "Namespaced"}, True),
        ({"resources": ["pods/status"], "operations": ["CREATE"]}, False),
        ({"resources": ["pods/status"], "apiVersions": ["v2"]}, False),
    ],
)
def test_rules_mean_operations_and_resources(rule, expected):
    whole = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], **rule}
    assert matches(whole, "UPDATE", PODS_STATUS, "status", namespaced=True) is expected


async def test_a_webhook_is_told_all_of_the_request():
    webhook = Webhook()
    await chain(webhook, configuration("w")).validate(write())
    ((_, request),) = webhook.asked
    assert request["operation"] == "CREATE"
    assert request["resource"] == {"group": "", "version": "v1", "resource": "configmaps"}
    assert request["object"] == {"metadata": {"name": "a", "namespace": "default"}}
    assert (request["oldObject"], request["dryRun"]) == (None, False)
    assert request["userInfo"]["username"] == "alice"


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"namespaceSelector": {"matchLabels": {"env": "test"}}}, 1),
        ({"namespaceSelector": {"matchLabels": {"env": "other"}}}, 0),
        ({"objectSelector": {"matchLabels": {"a": "b"}}}, 0),
        ({"rules": [{**RULE, "resources": ["secrets"]}]}, 0),
        ({"matchConditions": [{"name": "x", "expression": "object.metadata.name == 'b'"}]}, 0),
        ({"matchConditions": [{"name": "x", "expression": "request.operation == 'CREATE'"}]}, 1),
    ],
)
async def test_only_webhooks_that_a_write_concerns_are_asked(fields, asked):
    webhook = Webhook()
    await chain(webhook, configuration("w", **fields)).validate(write())
    assert len(webhook.asked) == asked


async def test_a_no_is_told_in_the_webhooks_words_and_code():
    webhook = Webhook(w={"allowed": False, "status": {"code": 418, "reason": "Teapot", "message": "short and stout"}})
    problem = await refusal(chain(webhook, configuration("w")), write())
    assert (problem.code, problem.reason) == (418, "Teapot")
    assert problem.message == 'admission webhook "w" denied the request: short and stout'
    silent = await refusal(chain(Webhook(w={"allowed": False}), configuration("w")), write())
    assert (silent.code, silent.message) == (400, 'admission webhook "w" denied the request without explanation')


async def test_a_webhook_that_cannot_be_reached_refuses_unless_that_is_to_be_ignored():
    away = Webhook(w=WebhookFailed('Post "w": EOF'))
    problem = await refusal(chain(away, configuration("w")), write())
    assert problem.code == 500
    assert problem.message == (
        'Internal error occurred: failed calling webhook "w": failed to call webhook: Post "w": EOF'
    )
    await chain(away, configuration("w", failurePolicy="Ignore")).validate(write())


async def test_a_webhook_with_side_effects_is_not_asked_about_a_dry_run():
    problem = await refusal(chain(Webhook(), configuration("w", sideEffects="Some")), write(dry_run=True))
    assert (problem.code, problem.message) == (400, 'admission webhook "w" does not support dry run')


async def test_warnings_reach_the_client_and_annotations_the_audit_log():
    asked = write()
    webhook = Webhook(w={"warnings": ["careful"], "auditAnnotations": {"k": "v"}})
    await chain(webhook, configuration("w")).validate(asked)
    assert (asked.warnings, asked.audit_annotations) == (["careful"], {"w/k": "v"})


async def test_patches_change_the_object_one_after_another_by_the_names_of_configurations():
    def add(key):
        return lambda request: patch({"op": "add", "path": f"/{key}", "value": sorted(request["object"])})

    asked = write()
    configurations = configuration("second", configured="b"), configuration("first", configured="a")
    await chain(Webhook(first=add("x"), second=add("y")), *configurations, mutating=True).mutate(asked)
    assert asked.obj["x"] == ["metadata"]
    assert asked.obj["y"] == ["metadata", "x"]


async def test_a_webhook_that_wants_to_sees_what_later_ones_changed():
    first, then = configuration("first", configured="a", reinvocationPolicy="IfNeeded"), configuration("then")
    webhook = Webhook(then=patch({"op": "add", "path": "/x", "value": 1}))
    await chain(webhook, first, then, mutating=True).mutate(write())
    assert [name for name, _ in webhook.asked] == ["first", "then", "first"]
    assert "x" in webhook.asked[-1][1]["object"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"uid": "other"}, "expected response.uid="),
        ({"patch": "e30="}, "webhook returned response.patch but not response.patchType"),
        ({"patchType": "Other", "patch": "e30="}, 'invalid response.patchType "Other"; expected "JSONPatch"'),
    ],
)
async def test_an_answer_that_is_none_is_a_failure(answer, said):
    problem = await refusal(chain(Webhook(w=answer), configuration("w"), mutating=True), write())
    assert "received invalid webhook response: " in problem.message
    assert said in problem.message


async def test_a_validating_webhook_may_not_change_anything():
    problem = await refusal(chain(Webhook(w={"patch": "e30=", "patchType": "JSONPatch"}), configuration("w")), write())
    assert "validating webhook may not return response.patch" in problem.message


async def test_a_patch_that_does_not_apply_is_told_of_in_full():
    answer = patch({"op": "remove", "path": "/nope/x"})
    problem = await refusal(chain(Webhook(w=answer), configuration("w"), mutating=True), write())
    assert problem.message.endswith('remove operation does not apply: doc is missing path: "/nope/x": missing value')


async def test_validating_webhooks_are_asked_at_once():
    both = asyncio.Event()
    waiting = 0

    class Slow(Webhook):
        async def call(self, client_config, review, timeout_seconds):
            nonlocal waiting
            waiting += 1
            if waiting == 2:
                both.set()
            await both.wait()
            return await super().call(client_config, review, timeout_seconds)

    async with asyncio.timeout(5):
        await chain(Slow(), configuration("one", "two")).validate(write())


async def test_an_equivalent_version_is_asked_about_in_its_own_terms():
    from dataclasses import replace

    from miniapi.meta.gvk import GroupVersionKind

    v1 = replace(CONFIG_MAP, storage_prefix="configmaps")
    v2 = replace(v1, gvk=GroupVersionKind("", "v2", "ConfigMap"), from_storage=lambda obj: {**obj, "apiVersion": "v2"})
    webhook = Webhook()
    rule = {**RULE, "apiVersions": ["v2"]}
    asked = write()
    asked.kind = v1
    await chain(webhook, configuration("w", rules=[rule]), kinds=(v1, v2)).validate(asked)
    ((_, request),) = webhook.asked
    assert (request["kind"]["version"], request["requestKind"]["version"]) == ("v2", "v1")
    assert request["object"]["apiVersion"] == "v2"
    exact = Webhook()
    await chain(exact, configuration("w", rules=[rule], matchPolicy="Exact"), kinds=(v1, v2)).validate(asked)
    assert exact.asked == []

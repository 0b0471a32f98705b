"""Admission policies in CEL: what they deny, warn of and change, with and without parameters."""

import asyncio

import pytest

from miniapi.admission.chain import AdmissionChain
from miniapi.admission.expressions import Spending
from miniapi.admission.matching.equivalents import Versions
from miniapi.admission.matching.matcher import Matcher
from miniapi.admission.plugins.mutating_policy import MutatingAdmissionPolicy
from miniapi.admission.plugins.validating_policy import ValidatingAdmissionPolicy
from miniapi.admission.policies.params import Params
from miniapi.admission.policies.source import Policies
from miniapi.errors import ApiError
from tests.admission.test_webhooks import RULE, Informer, write
from tests.admission.world import World


class ParamInformer(Informer):
    def __init__(self, *objects):
        super().__init__(*objects)
        self.synced = asyncio.Event()
        self.synced.set()

    def get(self, namespace, name):
        return next((o for o in self.list(namespace) if o["metadata"]["name"] == name), None)

    def list(self, namespace=""):
        return [o for o in self.objects if namespace in ("", o["metadata"]["namespace"])]


def policy(*validations, name="p", **spec):
    given = [{"expression": v} if isinstance(v, str) else v for v in validations]
    whole = {"matchConstraints": {"resourceRules": [RULE]}, "validations": given, **spec}
    return {"metadata": {"name": name, "resourceVersion": "1"}, "spec": whole}


def binding(name="b", **spec):
    whole = {"policyName": "p", "validationActions": ["Deny"], **spec}
    return {"metadata": {"name": name, "resourceVersion": "1"}, "spec": whole}


def chain(policies, bindings, params=(), world=None, plugin=ValidatingAdmissionPolicy):
    world = world or World()
    world.add("", "namespaces", "default", {"metadata": {"labels": {"env": "test"}}})
    informer = ParamInformer(*params)
    made = plugin(
        Policies(Informer(*policies), Informer(*bindings)),
        Matcher(world, Versions(())),
        Params(lambda gvk: ("configmaps", True) if gvk.kind == "ConfigMap" else None, lambda *_: informer),
        world,
    )
    return AdmissionChain([made]) if plugin is MutatingAdmissionPolicy else AdmissionChain([], [made])


async def both(chain_, asked):
    await chain_.mutate(asked)
    await chain_.validate(asked)


async def refusal(chain_, asked):
    with pytest.raises(ApiError) as raised:
        await both(chain_, asked)
    return raised.value


START = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "


@pytest.mark.parametrize(
    ("rule", "code", "reason", "message"),
    [
        ("object.metadata.name == 'b'", 422, "Invalid", "failed expression: object.metadata.name == 'b'"),
        ({"expression": "false", "message": " no ", "reason": "Forbidden"}, 403, "Forbidden", "no"),
        ({"expression": "false", "messageExpression": "'not ' + object.metadata.name"}, 422, "Invalid", "not a"),
        ({"expression": "false", "messageExpression": "string(object.nope)", "message": "m"}, 422, "Invalid", "m"),
        ("object.data.x == 1", 422, "Invalid", "expression 'object.data.x == 1' resulted in error: no such key: data"),
    ],
)
async def test_what_does_not_hold_is_denied_with_the_rules_reason_and_message(rule, code, reason, message):
    problem = await refusal(chain([policy(rule)], [binding()]), write())
    assert (problem.code, problem.reason) == (code, reason)
    assert problem.message == f'configmaps "a" is forbidden: {START}{message}'
    assert [c.message for c in problem.causes] == [START + message]


@pytest.mark.parametrize(
    "given",
    [
        policy("true"),
        policy("object.nope", failurePolicy="Ignore"),
        policy("false", matchConditions=[{"name": "c", "expression": "request.operation == 'DELETE'"}]),
        policy("false", matchConstraints={"resourceRules": [RULE], "excludeResourceRules": [RULE]}),
        policy("false", matchConstraints={"resourceRules": [{**RULE, "resourceNames": ["b"]}]}),
        policy("namespaceObject.metadata.labels.env == 'test' && request.userInfo.username == 'alice'"),
        policy("!authorizer.group('').resource('secrets').check('get').allowed()"),
        policy("false", name="unbound"),
    ],
)
async def test_what_holds_or_is_not_meant_passes(given):
    await chain([given], [binding()]).validate(write())


async def test_variables_are_evaluated_when_asked_for_and_know_those_before_them():
    variables = [
        {"name": "n", "expression": "object.data.size()"},
        {"name": "twice", "expression": "variables.n * 2"},
        {"name": "boom", "expression": "1/0 == 1"},
    ]
    rule = {"expression": "variables.twice < 4", "messageExpression": "string(variables.twice)"}
    obj = {"metadata": {"name": "a", "namespace": "default"}, "data": {"x": "", "y": ""}}
    problem = await refusal(chain([policy(rule, variables=variables)], [binding()]), write(obj=obj))
    assert problem.message.endswith("denied request: 4")
    boom = await refusal(chain([policy("variables.boom", variables=variables)], [binding()]), write(obj=obj))
    assert boom.message.endswith(
        "expression 'variables.boom' resulted in error: "
        'composited variable "boom" fails to evaluate: division by zero'
    )


async def test_only_plain_values_and_what_is_made_of_them_give_variables_a_type():
    variables = [
        {"name": "n", "expression": "1"},
        {"name": "users", "expression": "[request.userInfo]"},
    ]
    problem = await refusal(chain([policy("variables.n.x", variables=variables)], [binding()]), write())
    assert "type 'int' does not support field selection" in problem.message
    problem = await refusal(chain([policy("variables.users[0].x == 1", variables=variables)], [binding()]), write())
    assert problem.message.endswith("no such key: x")


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("request.subResource == ''", "subResource"),
        ("request.userInfo.uid == ''", "uid"),
        ("namespaceObject.metadata.UID == ''", "UID"),
        ("oldObject.metadata.name == 'a'", "metadata"),
    ],
)
async def test_what_is_empty_in_a_request_is_not_there(expression, missing):
    problem = await refusal(chain([policy(expression)], [binding()]), write())
    assert problem.message.endswith(f"no such key: {missing}")


@pytest.mark.parametrize(
    ("asked_for", "told"),
    [
        ("authorizer.path(' ')", "path must not be empty"),
        ("authorizer.group('').resource(' ')", "resource must not be empty"),
        ("authorizer.serviceAccount('default', 'A').path('/x')", "Invalid service account name"),
        ("authorizer.serviceAccount('a.b', 'a').path('/x')", "Invalid service account namespace"),
    ],
)
async def test_what_cannot_be_asked_of_the_authorizer_is_told(asked_for, told):
    problem = await refusal(chain([policy(f"{asked_for}.check('get').allowed()")], [binding()]), write())
    assert problem.message.endswith(f"resulted in error: {told}")


async def test_a_policy_that_costs_too_much_is_told_of_and_nothing_else(monkeypatch):
    monkeypatch.setattr("miniapi.admission.policies.validating.Spending", lambda: Spending(20))
    costly = "[1, 2, 3].all(x, x > 0)"
    problem = await refusal(chain([policy("false", costly, costly)], [binding()]), write())
    assert problem.message.endswith(
        "validation failed due to running out of cost budget, no further validation rules will be run"
    )


async def test_warnings_and_audit_do_not_deny():
    asked = write()
    await chain([policy("false")], [binding(validationActions=["Warn", "Audit"])]).validate(asked)
    assert asked.warnings == [
        "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': failed expression: false"
    ]
    assert '"binding":"b"' in asked.audit_annotations["validation.policy.admission.k8s.io/validation_failure"]


async def test_audit_annotations_are_noted_by_policy_and_key():
    asked = write()
    annotated = policy("true", auditAnnotations=[{"key": "who", "valueExpression": "request.userInfo.username"}])
    await chain([annotated], [binding()]).validate(asked)
    assert asked.audit_annotations == {"p/who": "alice"}


def limit(name, most, namespace="default", **labels):
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels}, "data": {"max": str(most)}}


@pytest.mark.parametrize(
    ("ref", "passes"),
    [
        ({"name": "high", "parameterNotFoundAction": "Deny"}, True),
        ({"name": "low", "parameterNotFoundAction": "Deny"}, False),
        ({"selector": {}, "parameterNotFoundAction": "Deny"}, False),
        ({"selector": {"matchLabels": {"kind": "high"}}, "parameterNotFoundAction": "Deny"}, True),
        ({"name": "none", "parameterNotFoundAction": "Allow"}, True),
        ({"name": "none", "parameterNotFoundAction": "Deny"}, False),
        ({"name": "low", "namespace": "other", "parameterNotFoundAction": "Deny"}, False),
    ],
)
async def test_policies_are_judged_once_for_each_parameter(ref, passes):
    bound = policy("1 < int(params.data.max)", paramKind={"apiVersion": "v1", "kind": "ConfigMap"})
    params = (limit("high", 9, kind="high"), limit("low", 1))
    judged = chain([bound], [binding(paramRef=ref)], params)
    if passes:
        await judged.validate(write())
    else:
        await refusal(judged, write())


async def test_a_kind_of_parameter_that_is_not_served_is_a_misconfigured_policy():
    bound = policy("true", paramKind={"apiVersion": "x/v1", "kind": "None"})
    problem = await refusal(chain([bound], [binding()]), write())
    assert problem.message.endswith(
        "ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: "
        "failed to find resource referenced by paramKind: 'x/v1, Kind=None'"
    )


def mutation(expression, patch_type="JSONPatch", **spec):
    use = "jsonPatch" if patch_type == "JSONPatch" else "applyConfiguration"
    return policy(mutations=[{"patchType": patch_type, use: {"expression": expression}}], **spec)


async def mutate(given, asked):
    await chain([given], [binding()], plugin=MutatingAdmissionPolicy).mutate(asked)


async def test_json_patches_change_the_object_unless_a_test_is_not_met():
    asked = write()
    await mutate(mutation("[JSONPatch{op: 'add', path: '/data', value: {'who': request.userInfo.username}}]"), asked)
    assert asked.obj["data"] == {"who": "alice"}
    await mutate(
        mutation("[JSONPatch{op: 'test', path: '/data/who', value: 'bob'}, JSONPatch{op: 'remove', path: '/data'}]"),
        asked,
    )
    assert asked.obj["data"] == {"who": "alice"}


async def test_configurations_are_laid_over_the_object():
    asked = write(obj={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}})
    laid = []
    asked.overlay = lambda obj, config: laid.append(config) or {**obj, "data": config["data"]}
    await mutate(mutation("Object{data: {'k': object.metadata.name}}", "ApplyConfiguration"), asked)
    assert laid == [{"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "a"}}]
    assert asked.obj["data"] == {"k": "a"}


async def test_a_mutation_that_fails_refuses_unless_that_is_to_be_ignored():
    failing = "[JSONPatch{op: 'remove', path: '/data/none'}]"
    problem = await refusal(chain([mutation(failing)], [binding()], plugin=MutatingAdmissionPolicy), write())
    assert (problem.code, problem.reason) == (403, "Invalid")
    assert problem.message == (
        "policy 'p' with binding 'b' denied request: JSON Patch: "
        'remove operation does not apply: doc is missing path: "/data/none": missing value'
    )
    await mutate(mutation(failing, failurePolicy="Ignore"), write())


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (
            "Object{metadata: Object.meta{}}",
            'type mismatch: unexpected type name "Object.meta", expected "Object.metadata", '
            "which matches field name path from root Object type",
        ),
        ("Object{data: object.nope}", "expression 'Object{data: object.nope}' resulted in error: no such key: nope"),
    ],
)
async def test_a_configuration_that_cannot_be_made_refuses(expression, told):
    given = mutation(expression, "ApplyConfiguration")
    problem = await refusal(chain([given], [binding()], plugin=MutatingAdmissionPolicy), write())
    assert problem.message == f"policy 'p' with binding 'b' denied request: {told}"


async def test_a_policy_that_cannot_be_configured_is_told_of_without_a_binding():
    given = mutation("[JSONPatch{}]", paramKind={"apiVersion": "v1", "kind": "None"})
    problem = await refusal(chain([given], [binding()], plugin=MutatingAdmissionPolicy), write())
    assert problem.message == (
        'policy "p" denied request: failed to configure policy: '
        "failed to find resource referenced by paramKind: '/v1, Kind=None'"
    )


async def test_times_become_texts_in_json_patches():
    asked = write()
    value = "[dyn(timestamp('2020-01-01T00:00:00Z')), dyn(duration('90s')), dyn(b'ab')]"
    await mutate(mutation(f"[JSONPatch{{op: 'add', path: '/data', value: {value}}}]"), asked)
    assert asked.obj["data"] == ["2020-01-01T00:00:00Z", "90s", "YWI="]


async def test_other_kinds_are_not_asked_about():
    other = policy("false", matchConstraints={"resourceRules": [{**RULE, "resources": ["secrets"]}]})
    await chain([other], [binding()]).validate(write())

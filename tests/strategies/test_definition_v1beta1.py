"""Definitions as kube-apiserver writes them to etcd: what is the same in all versions stands beside the list."""

import copy

import orjson
import pytest

from miniapi.endpoints.documents import storage_hash
from miniapi.kinds.builtin import builtin_kinds
from miniapi.registry.encoding import StoredForm, own_json
from miniapi.strategies.definition_v1beta1 import from_v1beta1, to_v1beta1

SCHEMA = {"openAPIV3Schema": {"type": "object"}}
OTHER = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
COLUMN = {"name": "x", "type": "string", "jsonPath": ".spec.x"}
NAMES = {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"}
CLIENT = {"service": {"namespace": "n", "name": "s", "port": 443}}


def definition(*versions, conversion=None):
    spec = {
        "group": "x.dev",
        "names": NAMES,
        "scope": "Namespaced",
        "versions": [{"name": f"v{n}", "served": True, "storage": n == 1, **v} for n, v in enumerate(versions, 1)],
        "conversion": conversion or {"strategy": "None"},
    }
    v1 = "apiextensions.k8s.io/v1"
    return {"kind": "CustomResourceDefinition", "apiVersion": v1, "metadata": {"name": "foos.x.dev"}, "spec": spec}


@pytest.mark.parametrize(
    ("versions", "beside", "within"),
    [
        ([{"schema": SCHEMA}], {"validation": SCHEMA}, [{}]),
        ([{"schema": SCHEMA}, {"schema": SCHEMA}], {"validation": SCHEMA}, [{}, {}]),
        ([{"schema": SCHEMA}, {"schema": OTHER}], {}, [{"schema": SCHEMA}, {"schema": OTHER}]),
        ([{"subresources": {}}], {"subresources": {}}, [{}]),
        ([{"subresources": {}}, {}], {}, [{"subresources": {}}, {}]),
        (
            [{"additionalPrinterColumns": [COLUMN]}],
            {"additionalPrinterColumns": [{"name": "x", "type": "string", "JSONPath": ".spec.x"}]},
            [{}],
        ),
        ([{"selectableFields": [{"jsonPath": ".spec.x"}]}], {"selectableFields": [{"jsonPath": ".spec.x"}]}, [{}]),
    ],
)
def test_what_is_the_same_in_all_versions_is_stored_once(versions, beside, within):
    obj = definition(*versions)
    given = copy.deepcopy(obj)
    stored = to_v1beta1(obj)
    assert obj == given
    spec = stored["spec"]
    assert (stored["apiVersion"], spec["version"], spec["preserveUnknownFields"]) == (
        "apiextensions.k8s.io/v1beta1",
        "v1",
        False,
    )
    assert {name: spec[name] for name in beside} == beside
    assert not {"validation", "subresources", "additionalPrinterColumns", "selectableFields"} & set(spec) - set(beside)
    assert [
        {k: v for k, v in entry.items() if k not in ("name", "served", "storage")} for entry in spec["versions"]
    ] == (within)
    assert from_v1beta1(stored) == given


def test_a_webhook_converts_without_its_wrapper():
    webhook = {"clientConfig": CLIENT, "conversionReviewVersions": ["v1"]}
    obj = definition({"schema": SCHEMA}, conversion={"strategy": "Webhook", "webhook": webhook})
    stored = to_v1beta1(obj)
    assert stored["spec"]["conversion"] == {
        "strategy": "Webhook",
        "webhookClientConfig": CLIENT,
        "conversionReviewVersions": ["v1"],
    }
    assert from_v1beta1(stored) == obj


def test_what_an_old_server_stored_gets_the_defaults_of_its_version():
    old = {"apiVersion": "apiextensions.k8s.io/v1beta1", "spec": {"group": "x.dev", "version": "v1"}}
    old["spec"] |= {"names": {"plural": "foos", "kind": "Foo"}, "conversion": {"strategy": "Webhook"}}
    spec = from_v1beta1(old)["spec"]
    assert spec == {
        "group": "x.dev",
        "names": NAMES,
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "storage": True}],
        "conversion": {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1beta1"]}},
        "preserveUnknownFields": True,
    }


def test_the_kind_lies_so_in_a_store_of_several_and_is_announced_so():
    (kind,) = [k for k in builtin_kinds() if k.plural == "customresourcedefinitions"]
    assert storage_hash(kind) == "jfWCUB31mvA="
    form = StoredForm(shared=kind.shared_form)
    obj = definition({"schema": SCHEMA})
    at_rest = form.at_rest(obj, own_json(obj))
    assert orjson.loads(at_rest)["spec"]["validation"] == SCHEMA
    assert [form.is_own(value) for value in (at_rest, own_json(obj))] == [False, True]
    assert form.decode(at_rest) == obj
    assert form.decode(own_json(obj)) == obj

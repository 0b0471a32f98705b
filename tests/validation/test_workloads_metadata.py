"""Metadata is judged in the original's order and words."""

from __future__ import annotations

from typing import Any

import pytest

from miniapi.meta import names
from miniapi.validation import field, metadata, objects, selector
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation


def created(**meta: Any) -> ErrorList:
    meta = {"name": "a", "namespace": "ns", **meta}
    return metadata.validate_object_meta(meta, True, names.name_is_dns_subdomain, "metadata")


def told(errors: ErrorList) -> list[tuple[str, str]]:
    return [(e.path, e.message) for e in errors]


def test_a_good_object_has_no_complaints() -> None:
    assert created(labels={"a": "b"}, annotations={"X.io/y": "any\n"}, finalizers=["x.io/a", "x.io/a"]) == []


def test_a_missing_name_is_required() -> None:
    assert told(created(name="")) == [("metadata.name", "Required value: name or generateName is required")]


def test_a_finalizer_is_judged_twice() -> None:
    paths = [p for p, _ in told(created(finalizers=["bad name"]))]
    assert paths == ["metadata.finalizers", "metadata.finalizers[0]"]


def test_one_controller_only() -> None:
    owners = [{"apiVersion": "v1", "kind": "X", "name": n, "uid": n, "controller": True} for n in ("o", "p")]
    (error,) = created(ownerReferences=owners)
    assert error.message == (
        'Invalid value: [{"apiVersion":"v1","kind":"X","name":"o","uid":"o","controller":true},'
        '{"apiVersion":"v1","kind":"X","name":"p","uid":"p","controller":true}]: Only one reference can have '
        'Controller set to true. Found "true" in references for X/o and X/p'
    )


def test_an_immutable_field_that_changed_is_told_twice() -> None:
    old = {"name": "a", "namespace": "ns", "uid": "1", "resourceVersion": "5"}
    new = {**old, "uid": "2"}
    message = ("metadata.uid", 'Invalid value: "2": field is immutable')
    found = told(objects.updated(Validation(), {"metadata": new}, {"metadata": old}, namespaced=True))
    assert found == [message, message]


@pytest.mark.parametrize(
    ("validation", "labels", "finalizers"),
    [
        (Validation(), 3, 1),
        (Validation(update_metadata=("changed", "whole")), 4, 2),
        (Validation(update_metadata=()), 2, 0),
        (Validation(qualified_finalizers=False), 3, 0),
    ],
)
def test_how_often_metadata_is_judged_is_the_kinds(validation: Validation, labels: int, finalizers: int) -> None:
    old = {"name": "a", "namespace": "ns", "uid": "1", "resourceVersion": "5"}

    def count(**fields: Any) -> int:
        return len(objects.updated(validation, {"metadata": {**old, **fields}}, {"metadata": old}, namespaced=True))

    assert (count(labels={"bad key": "x"}), count(finalizers=["x"])) == (labels, finalizers)


def test_a_kind_without_rules_of_its_own_takes_any_name_that_makes_a_path() -> None:
    broken = Validation(lambda _obj: [field.required("spec")], generic_metadata=True)
    obj = {"metadata": {"name": "Bad_Name", "namespace": "ns", "labels": {"bad key": "x"}}}
    assert [e.path for e in objects.created(broken, obj, namespaced=True)] == ["spec"]
    assert [e.path for e in objects.created(Validation(generic_metadata=True), obj, namespaced=True)] == [
        "metadata.labels"
    ]


def test_no_finalizer_is_added_while_deleting() -> None:
    old = {"name": "a", "resourceVersion": "5", "deletionTimestamp": "t"}
    new = {**old, "finalizers": ["x.io/b"]}
    assert told(metadata.object_meta_update(new, old, "metadata"))[0] == (
        "metadata.finalizers",
        "Forbidden: no new finalizers can be added if the object is being deleted, "
        'found new finalizers []string{"x.io/b"}',
    )


def test_a_selector_says_operator_values_and_key() -> None:
    bad = {"matchExpressions": [{"key": "a b", "operator": "Is"}, {"key": "a", "operator": "In"}]}
    assert [e.path for e in selector.label_selector(bad, "spec.selector")] == [
        "spec.selector.matchExpressions[0].operator",
        "spec.selector.matchExpressions[0].key",
        "spec.selector.matchExpressions[1].values",
    ]

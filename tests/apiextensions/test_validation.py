"""Rules of custom objects beside their schema: the status alone, finalizers, nulls that were applied."""

from typing import Any

import pytest

from miniapi.apiextensions.strategy import main_strategy
from miniapi.apiextensions.validation import custom_rules, custom_validation
from miniapi.cel.declared import converter
from miniapi.meta.gvk import GroupVersionKind
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.coerce import coercer
from miniapi.schema.crd import structural
from miniapi.strategies.interface import WriteContext
from miniapi.validation import field
from miniapi.validation.objects import created, updated

META = BuiltinSchemas().definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
GVK = GroupVersionKind("example.com", "v1", "Widget")
PARTS = {
    "spec": {"type": "object", "required": ["a"]},
    "status": {"type": "object", "properties": {"n": {"type": "integer"}}},
}
OPENAPI: dict[str, Any] = {"type": "object", "properties": PARTS}


def widget(**parts: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}, **parts}


def test_a_status_is_judged_alone_and_told_from_its_own_root() -> None:
    rules = custom_rules(GVK, OPENAPI, structural(OPENAPI, META), None, None)
    old = widget(spec={})
    assert [e.path for e in rules.update(widget(spec={}, status={"n": "x"}), widget(spec={"a": 1}))] == [
        "spec.a",
        "status.n",
    ]
    (wrong,) = rules.update_status(widget(spec={}, status={"n": "x"}), old)
    assert wrong.path == "status.n"
    assert wrong.message == 'Invalid value: "string": n in body must be of type integer: "string"'


def test_new_finalizers_without_a_path_are_warned_of_in_order() -> None:
    ctx: WriteContext = None  # type: ignore[assignment]  # it is not asked
    obj = {"metadata": {"finalizers": ["new", "a.b", "orphan", "old", "x.y/z"]}}
    start = "prefer a domain-qualified finalizer name"
    first, second = main_strategy({}, has_status=False).warnings_update(obj, {"metadata": {"finalizers": ["old"]}}, ctx)
    assert first.startswith(f'metadata.finalizers: "a.b": {start} including a path (/) to avoid')
    assert second.startswith(f'metadata.finalizers: "new": {start} to avoid')


def test_nulls_that_were_applied_stay() -> None:
    openapi = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    schema = structural(openapi, META)
    assert coercer(schema, META)(widget(spec={"a": None}))[0]["spec"] == {}
    assert coercer(schema, META, keep_nulls=True)(widget(spec={"a": None}))[0]["spec"] == {"a": None}


def test_a_field_that_is_null_is_not_there_for_rules() -> None:
    convert = converter({"type": "object", "properties": {"a": {"type": "string", "nullable": True}}})
    assert convert is not None
    assert convert({"a": None}) == {}
    assert convert({"a": "x"}) == {"a": "x"}


def test_a_null_status_is_judged_only_where_there_was_another() -> None:
    rules = custom_rules(GVK, OPENAPI, structural(OPENAPI, META), None, None)
    assert rules.update_status(widget(spec={}, status=None), widget(spec={})) == []
    assert rules.update_status(widget(spec={}), widget(spec={}, status={"n": 1})) == []
    (wrong,) = rules.update_status(widget(spec={}, status=None), widget(spec={}, status={"n": 1}))
    assert wrong.path == "status"


def test_rules_are_not_asked_where_metadata_lacks_what_it_must_have() -> None:
    rules = custom_rules(GVK, OPENAPI, structural(OPENAPI, META), None, lambda _obj, _old: pytest.fail("asked"))
    nameless = {**widget(spec={"a": 1}), "metadata": {}}
    lacking, unchecked = created(custom_validation(rules), nameless, namespaced=False)
    assert lacking.path == "metadata.name"
    assert "some validation rules were not checked" in unchecked.message


def test_rules_are_asked_where_a_value_is_wrong_but_there() -> None:
    said = field.invalid("spec", None, "by a rule")
    rules = custom_rules(GVK, OPENAPI, structural(OPENAPI, META), None, lambda _obj, _old: [said])
    misnamed = {**widget(spec={"a": 1}), "metadata": {"name": "a", "labels": {"-": ""}}}
    old = {**widget(spec={"a": 1}), "metadata": {"name": "a"}}
    assert created(custom_validation(rules), misnamed, namespaced=False)[-1] == said
    assert updated(custom_validation(rules), misnamed, old, namespaced=False)[-1] == said

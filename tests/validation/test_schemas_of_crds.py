"""Schemas of CustomResourceDefinitions: what a root may say, metadata, lists, defaults, JSON paths."""

from typing import Any

import pytest

from miniapi.validation.cel_paths import BadPath, field_path
from tests.validation.test_objects_crd import crd, spec_of, told

TEXT = {"type": "string"}
PATHS = {"type": "object", "properties": {"a": TEXT, "m": {"type": "object", "additionalProperties": TEXT}}}


def details(obj: dict[str, Any]) -> list[str]:
    return [text.split(": ", 1)[1] for text in told(obj)]


def test_with_a_status_of_its_own_the_root_may_not_say_all() -> None:
    schema = {"type": "object", "maxProperties": 3}
    assert told(crd(schema)) == []
    (wrong,) = told(crd(schema, subresources={"status": {}}))
    assert wrong.startswith('spec.validation.openAPIV3Schema: Invalid value: {"ID":"","Schema":"","Ref":null,')
    assert '"MaxProperties":3' in wrong
    assert wrong.endswith("fields are allowed at the root of the schema if the status subresource is enabled")


def test_the_root_is_not_nullable() -> None:
    assert details(crd({"type": "object", "nullable": True})) == ["Forbidden: nullable cannot be true at the root"]


def test_metadata_has_no_defaults_at_the_root() -> None:
    name = {"type": "string", "default": "x"}
    schema = {"type": "object", "properties": {"metadata": {"type": "object", "properties": {"name": name}}}}
    assert details(crd(schema)) == ["Forbidden: must not be set in top-level metadata"]


def test_items_of_a_map_are_not_nullable() -> None:
    items = {"type": "object", "nullable": True, "properties": {"a": TEXT}, "required": ["a"]}
    of = {"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]}
    assert details(crd(spec_of(f=of))) == ["Forbidden: cannot be nullable when x-kubernetes-list-type is map"]


def test_an_unknown_dialect_is_told_where_nothing_else_is_wrong() -> None:
    schema = spec_of(f={"type": "string", "$schema": "x"})
    assert told(crd(schema)) == [
        "spec.validation.openAPIV3Schema: Invalid value: \"\": OpenAPIV3Schema 'schema' is not supported"
    ]


def test_a_default_that_is_an_object_has_a_type() -> None:
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    assert told(crd(spec_of(f={**embedded, "default": whole}))) == []
    assert [w.rsplit(".", 1)[1] for w in told(crd(spec_of(f={**embedded, "default": {"kind": "Pod"}})))] == [
        "apiVersion: Required value"
    ]


def test_a_default_in_the_metadata_of_an_object_makes_valid_metadata() -> None:
    meta = {"type": "object", "properties": {"name": {"type": "string", "default": "a/b"}}}
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"metadata": meta}}
    (wrong,) = details(crd(spec_of(f=embedded)))
    assert wrong.startswith('Invalid value: "a/b": must result in valid metadata: metadata.name: Invalid value: "a/b"')


def test_a_default_that_may_be_integer_or_text_may_be_anything() -> None:
    assert told(crd(spec_of(f={"x-kubernetes-int-or-string": True, "default": 1.5}))) == []


def test_rules_of_what_has_no_type_are_an_internal_error() -> None:
    untyped = {"x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-validations": [{"rule": "true"}]}
    (wrong,) = details(crd(spec_of(f=untyped)))
    assert wrong.startswith("Internal error: internal error: failed to construct type information")


def test_short_names_are_not_empty() -> None:
    obj = crd({"type": "object"})
    obj["spec"]["names"]["shortNames"] = [""]
    assert [w.split(":")[0] for w in told(obj)] == ["spec.names.shortNames[0]"]


@pytest.mark.parametrize(
    ("path", "found"),
    [(".a", "a"), (".m.k", "m[k]"), (".m['x.y']", "m[x.y]"), ("['a']", "a"), (".m['it\\'s']", "m[it's]")],
)
def test_a_path_is_written_as_the_schema_has_it(path: str, found: str) -> None:
    assert field_path(path, PATHS)[0] == found


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("a", "expected [ or . but got: a"),
        (".", "unexpected end of JSON path"),
        ("..a", "does not refer to a valid field"),
        (".m[0]", "expected single quoted string but got 0"),
        (".m['a'", "unexpected end of JSON path"),
        (".m['a'.b", "expected ] but got ."),
        (".m['\\x']", "invalid string literal: invalid escape char \\x"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(path: str, why: str) -> None:
    with pytest.raises(BadPath) as problem:
        field_path(path, PATHS)
    assert str(problem.value) == why


def test_selectable_fields_are_not_in_brackets() -> None:
    with pytest.raises(BadPath, match="array notation is not allowed"):
        field_path("['a']", PATHS, array_notation=False)

"""Custom objects: read, defaulted and checked by their CRD's schema."""

import copy
from typing import Any

import pytest

from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.coerce import coercer
from miniapi.schema.convert import ConvertError
from miniapi.schema.crd import structural
from miniapi.schema.default import defaulter
from miniapi.schema.list_types import list_type_validator
from miniapi.schema.validate import validator

OBJECT_META = BuiltinSchemas().definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
Body = dict[str, Any]


def props(**spec: Any) -> Body:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": spec}}}


def read(openapi: Body, **fields: Any) -> tuple[Body, list[str]]:
    schema = structural(openapi, OBJECT_META)
    body = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, **fields}
    before = copy.deepcopy(body)
    obj, complaints = coercer(schema, OBJECT_META)(body)
    assert body == before, "what was given stays as it is"
    defaulter(schema)(obj)
    return obj, complaints


def causes(openapi: Body, spec: Any, old: Any = None) -> list[tuple[str, str]]:
    check = validator(openapi)
    found = check({"spec": spec}, {"spec": old}) if old is not None else check({"spec": spec})
    return [(cause.field, cause.message) for cause in found]


def test_unknown_fields_are_pruned_and_named_in_sorted_order() -> None:
    openapi = props(
        l={"type": "array", "items": {"type": "object", "properties": {"k": {"type": "string"}}}},
        m={"type": "object", "additionalProperties": {"type": "object", "properties": {"v": {"type": "integer"}}}},
    )
    obj, complaints = read(
        openapi, top=1, spec={"zz": 1, "m": {"p": {"v": 1, "w": 2}}, "l": [{"k": "1", "j": {}}]}, metadata={"bogus": 1}
    )
    assert obj["spec"] == {"m": {"p": {"v": 1}}, "l": [{"k": "1"}]}
    assert complaints == [
        f'unknown field "{path}"' for path in ("metadata.bogus", "spec.l[0].j", "spec.m.p.w", "spec.zz", "top")
    ]


def test_preserved_fields_stay_but_specified_children_are_pruned() -> None:
    known = {"type": "object", "properties": {"k": {"type": "string"}}}
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    openapi = props(p={**free, "properties": {"known": known}}, f=free)
    obj, complaints = read(openapi, spec={"p": {"any": {"a": None}, "known": {"k": "v", "z": 1}}, "f": {"x": [1]}})
    assert obj["spec"] == {"p": {"any": {"a": None}, "known": {"k": "v"}}, "f": {"x": [1]}}
    assert complaints == ['unknown field "spec.p.known.z"']


def test_an_embedded_resource_keeps_type_and_metadata() -> None:
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True}
    body = {"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "x", "labels": {}}, "data": 1}
    obj, complaints = read(props(t=embedded), spec={"t": body})
    assert obj["spec"]["t"] == {"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "x"}}
    assert complaints == ['unknown field "spec.t.data"']
    with pytest.raises(ConvertError, match=r"^spec\.t\.kind: Invalid value: 1: must be a string$"):
        read(props(t=embedded), spec={"t": {"kind": 1}})


def test_metadata_of_another_type_is_refused_in_go_s_words() -> None:
    with pytest.raises(ConvertError, match=r"^json: cannot unmarshal number into Go struct field ObjectMeta\.name of"):
        read(props(), metadata={"name": 1})
    with pytest.raises(ConvertError, match=r"^json: cannot unmarshal string into Go value of type v1\.ObjectMeta$"):
        read(props(), metadata="x")


def test_null_gives_way_to_a_default_goes_or_stays() -> None:
    openapi = props(
        n={"type": "integer", "default": 3},
        k={"type": "string", "nullable": True, "default": "x"},
        p={"type": "string"},
        l={"type": "array", "items": {"type": "string"}},
    )
    obj, _ = read(openapi, spec={"n": None, "k": None, "p": None, "l": ["a", None]})
    assert obj["spec"] == {"n": 3, "k": None, "l": ["a", None]}


def test_defaults_reach_into_what_is_there_and_make_no_parents() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "integer", "default": 1}}}
    openapi = props(
        made={**inner, "default": {}},
        missing=inner,
        items={"type": "array", "items": inner},
        map={"type": "object", "additionalProperties": inner},
    )
    obj, _ = read(openapi, spec={"items": [{}], "map": {"a": {}}})
    assert obj["spec"] == {"items": [{"x": 1}], "map": {"a": {"x": 1}}, "made": {"x": 1}}
    assert "spec" not in read(openapi)[0]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "string"}, 1, 'Invalid value: "integer": spec.v in body must be of type string: "integer"'),
        ({"type": "string"}, None, 'Invalid value: "null": spec.v in body must be of type string: "null"'),
        (
            {"x-kubernetes-int-or-string": True},
            1.5,
            'Invalid value: "number": spec.v in body must be of type integer,string: "number"',
        ),
        ({"type": "string", "enum": ["b", "a"]}, "c", 'Unsupported value: "c": supported values: "b", "a"'),
        ({"type": "integer", "enum": [1, 2]}, 3, 'Unsupported value: 3: supported values: "1", "2"'),
        ({"type": "string", "maxLength": 2}, "abc", "Too long: may not be more than 2 bytes"),
        ({"type": "string", "minLength": 2}, "ä", 'Invalid value: "ä": spec.v in body should be at least 2 chars long'),
        ({"type": "string", "pattern": "b+c"}, "x", "Invalid value: \"x\": spec.v in body should match 'b+c'"),
        (
            {"type": "string", "format": "ipv4"},
            "::1",
            'Invalid value: "::1": spec.v in body must be of type ipv4: "::1"',
        ),
        ({"type": "integer", "minimum": 1}, 0, "Invalid value: 0: spec.v in body should be greater than or equal to 1"),
        (
            {"type": "number", "maximum": 5, "exclusiveMaximum": True},
            5,
            "Invalid value: 5: spec.v in body should be less than 5",
        ),
        ({"type": "number", "multipleOf": 0.5}, 1.3, "Invalid value: 1.3: spec.v in body should be a multiple of 0.5"),
        ({"type": "array", "minItems": 1}, [], "Invalid value: 0: spec.v in body should have at least 1 items"),
        ({"type": "array", "maxItems": 1}, [1, 2], "Too many: 2: must have at most 1 item"),
        (
            {"type": "object", "minProperties": 1},
            {},
            "Invalid value: 0: spec.v in body should have at least 1 properties",
        ),
    ],
)
def test_a_bad_value_is_told_with_its_field(schema: Body, value: Any, message: str) -> None:
    assert causes(props(v=schema), {"v": value}) == [("spec.v", message)]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 2.0),
        ({"type": "number"}, 1),
        ({"type": "string", "nullable": True}, None),
        ({"type": "string", "format": "not-known"}, "x"),
        ({"type": "string", "format": "date-time"}, "2024-01-02T03:04:05Z"),
        ({"type": "string", "format": "duration"}, "1h30m"),
        ({"x-kubernetes-int-or-string": True}, "50%"),
    ],
)
def test_a_good_value_passes(schema: Body, value: Any) -> None:
    assert causes(props(v=schema), {"v": value}) == []


def test_a_fraction_is_no_integer_and_out_of_its_range() -> None:
    assert causes(props(v={"type": "integer"}), {"v": 1.5}) == [
        ("spec.v", 'Invalid value: "number": spec.v in body must be of type integer: "number"'),
        ("<nil>", 'Invalid value: "": Checked value must be of type integer (default format) in spec.v'),
    ]


def test_too_many_properties_are_judged_all_the_same() -> None:
    schema: Body = {"type": "object", "maxProperties": 1, "additionalProperties": {"type": "string"}}
    assert causes(props(v=schema), {"v": {"a": 1, "b": "x"}}) == [
        ("spec.v", "Too many: 2: must have at most 1 item"),
        ("spec.v.a", 'Invalid value: "integer": spec.v.a in body must be of type string: "integer"'),
    ]


def test_required_fields_come_after_the_others() -> None:
    item = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 3}}}
    assert causes(props(f={"type": "array", "items": item}), {"f": [{"a": 1}, {}]}) == [
        ("spec.f[0].a", "Invalid value: 1: spec.f[0].a in body should be greater than or equal to 3"),
        ("spec.f[1].a", "Required value"),
    ]


def test_a_failed_one_of_tells_its_best_alternative() -> None:
    one = {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    text = 'Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found '
    assert causes(props(one=one), {"one": {}}) == [("<nil>", text + "none valid"), ("spec.one.a", "Required value")]
    assert causes(props(one=one), {"one": {"a": 1, "b": 1}}) == [("<nil>", text + "2 valid alternatives")]


def test_not_and_any_of_have_no_field() -> None:
    assert causes(props(v={"not": {"enum": ["x"]}}), {"v": "x"}) == [
        ("<nil>", 'Invalid value: "": "spec.v" must not validate the schema (not)')
    ]
    assert causes(props(v={"anyOf": [{"type": "string"}]}), {"v": 1})[0] == (
        "<nil>",
        'Invalid value: "": "spec.v" must validate at least one schema (anyOf)',
    )


def test_what_an_update_leaves_alone_is_not_complained_about() -> None:
    bounded = {"type": "integer", "maximum": 5}
    keyed = {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": bounded}},
    }
    openapi = props(a=bounded, l={"type": "array", "items": bounded}, m=keyed)
    old = {"a": 9, "l": [9], "m": [{"k": "x", "v": 8}]}
    assert causes(openapi, {**old, "b": 1}, old) == []
    assert causes(openapi, {**old, "m": [{"k": "new"}, {"k": "x", "v": 8}]}, old) == []
    assert [field for field, _ in causes(openapi, {**old, "l": [9, 1]}, old)] == ["spec.l[0]"]
    assert [field for field, _ in causes(openapi, {**old, "a": 8}, old)] == ["spec.a"]


def test_sets_and_maps_hold_nothing_twice() -> None:
    openapi = props(
        s={"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        m={
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}}},
        },
    )
    check = list_type_validator(structural(openapi, OBJECT_META))
    spec = {"s": ["a", "b", "a", "a"], "m": [{"k": "x", "v": 1}, {"k": "x"}]}
    assert [(cause.field, cause.message) for cause in check({"spec": spec})] == [
        ("spec.s[2]", 'Duplicate value: "a"'),
        ("spec.m[1]", 'Duplicate value: {"k":"x"}'),
    ]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "number", "maximum": 2.5}, 3, "Invalid value: 3: spec.f in body should be less than or equal to 2"),
        ({"type": "number", "multipleOf": 2.5}, 5, "Invalid value: 5: spec.f in body should be a multiple of 2"),
        ({"type": "integer", "multipleOf": 0.5}, 1, "MultipleOf value must be of type integer (default format)"),
        ({"type": "integer", "minimum": 1.5}, 2, "Minimum boundary value must be of type integer (default format)"),
        ({"type": "integer", "multipleOf": -1}, 1, "Invalid value: -1: factor MultipleOf declared for spec.f must be"),
        ({"type": "integer"}, 2**63, 'Invalid value: "number": spec.f in body must be of type integer: "number"'),
        ({"type": "object", "additionalProperties": False}, {"a": 1}, "spec.f.a in body is a forbidden property"),
        ({"type": "string", "format": "email"}, "a b@c", "must be of type email"),
    ],
)  # fmt: skip
def test_numbers_and_closed_objects_are_judged_as_go_does(schema: Body, value: Any, message: str) -> None:
    assert message in causes(props(f=schema), {"f": value})[0][1]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "number", "minimum": 1.5}, 1),
        ({"type": "number", "multipleOf": 2.5}, 7.5),
        ({"type": "number", "enum": [1, 2]}, 2.9),
        ({"type": "string", "format": "ipv4"}, "01.2.3.4"),
    ],
)
def test_numbers_pass_as_the_type_that_go_makes_of_them(schema: Body, value: Any) -> None:
    assert causes(props(f=schema), {"f": value}) == []

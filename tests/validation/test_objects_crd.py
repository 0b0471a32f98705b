"""CustomResourceDefinitions: names, versions, structural schemas, and where complaints are told."""

from typing import Any

from miniapi.validation.customresourcedefinition import VALIDATION


def crd(schema: dict[str, Any], **version: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "conversion": {"strategy": "None"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}
            ],
        },
        "status": {"storedVersions": ["v1"]},
    }


def told(obj: dict[str, Any]) -> list[str]:
    return [f"{e.path}: {e.message}" for e in VALIDATION.create(obj)]


def spec_of(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}


def test_a_good_definition_passes() -> None:
    assert told(crd({"type": "object", "properties": {"spec": {"type": "object"}}})) == []


def test_a_field_needs_a_type_and_is_told_where_all_versions_agree() -> None:
    assert told(crd({"type": "object", "properties": {"f": {}}})) == [
        "spec.validation.openAPIV3Schema.properties[f].type: Required value: "
        "must not be empty for specified object fields"
    ]


def test_versions_that_differ_are_told_one_by_one() -> None:
    obj = crd({"type": "object"})
    obj["spec"]["versions"].append({"name": "v2", "schema": {"openAPIV3Schema": {"type": "array", "items": {}}}})
    assert [e.split(": ")[0] for e in told(obj)] == [
        "spec.versions[1].schema.openAPIV3Schema.items.type",
        "spec.versions[1].schema.openAPIV3Schema.type",
    ]


def test_selectable_fields_point_to_simple_fields_of_the_schema() -> None:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    paths = [{"jsonPath": p} for p in (".spec.a", ".spec.none", ".spec", "spec.a", "")]
    wrong = told(crd(schema, selectableFields=paths))
    assert wrong[0] == (
        'spec.selectableFields[1].jsonPath: Invalid value: ".spec.none": '
        "is an invalid path: does not refer to a valid field"
    )
    assert "must point to a field of type string" in wrong[1]
    assert wrong[2].endswith("is an invalid path: expected [ or . but got: spec")
    assert wrong[3] == "spec.selectableFields[4].jsonPath: Required value"


def test_the_storage_version_is_one_and_remembered() -> None:
    obj = crd({"type": "object"}, storage=False)
    obj["status"] = {}
    wrong = told(obj)
    assert "must have exactly one version marked as storage version" in wrong[0]
    assert wrong[1] == "status.storedVersions: Invalid value: null: must have at least one stored version"


def test_defaults_are_pruned_and_valid_themselves() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "integer"}}}
    wrong = told(crd(spec_of(f={"type": "integer", "default": "x"}, g={**inner, "default": {"b": 1}})))
    assert [w.split(": ", 1)[1] for w in wrong] == [
        'Invalid value: "string":  in body must be of type integer: "string"',
        'Invalid value: {"b":1}: must not have unknown fields',
    ]


def test_rules_are_compiled_with_the_types_of_the_schema() -> None:
    [wrong] = told(crd(spec_of(f={"type": "integer", "x-kubernetes-validations": [{"rule": "self == 'x'"}]})))
    assert wrong.endswith("found no matching overload for '_==_' applied to '(int, string)'\n | self == 'x'\n | .....^")


def test_a_rule_that_may_cost_too_much_is_refused() -> None:
    rule = {"rule": "self.all(a, self.all(b, a == b))"}
    wrong = told(crd(spec_of(f={"type": "array", "items": {"type": "string"}, "x-kubernetes-validations": [rule]})))
    assert "estimated rule cost exceeds budget by factor of more than 100x" in wrong[0]


def test_what_cannot_be_structural_at_all_is_only_judged_node_by_node() -> None:
    assert told(crd(spec_of(a={}, b={"type": "string", "$ref": "#/x"}))) == [
        "spec.validation.openAPIV3Schema.properties[spec].properties[b].$ref: Forbidden: $ref is not supported"
    ]


def test_groups_of_the_community_need_an_approval() -> None:
    obj = crd({"type": "object"})
    obj["metadata"]["name"], obj["spec"]["group"] = "widgets.x.k8s.io", "x.k8s.io"
    (wrong,) = told(obj)
    assert wrong.startswith("metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must")
    obj["metadata"]["annotations"] = {"api-approved.kubernetes.io": "unapproved, a test"}
    assert told(obj) == []


def test_versions_are_stored_once() -> None:
    obj = crd({"type": "object"})
    obj["status"]["storedVersions"] = ["v0"]
    storage, missing = told(obj)
    assert storage == 'status.storedVersions: Invalid value: ["v0"]: must have the storage version v1'
    assert missing.startswith('status.storedVersions[0]: Invalid value: "v0": missing from spec.versions; v0 was')

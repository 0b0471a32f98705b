"""JSON patch, merge patch and strategic merge patch."""

from __future__ import annotations

import pytest

from miniapi.errors import ApiError
from miniapi.meta.objects import copy
from miniapi.patch import json_patch, merge_patch, strategic


def containers(*items, **spec):
    return {"spec": {"template": {"spec": {"containers": list(items), **spec}}}}


def pod_spec(obj):
    return obj["spec"]["template"]["spec"]


def patched(doc, patch, schema):
    before = copy(doc)
    out = strategic.apply(doc, copy(patch), schema)
    assert doc == before
    return out


def test_json_patch_does_all_operations():
    doc = {"metadata": {"labels": {"l": "one"}}, "data": {"a": "1", "b": "2", "c": "3"}}
    patch = [
        {"op": "test", "path": "/data/a", "value": "1"},
        {"op": "add", "path": "/data/d", "value": "4"},
        {"op": "remove", "path": "/data/b"},
        {"op": "replace", "path": "/data/c", "value": "33"},
        {"op": "copy", "from": "/data/c", "path": "/data/e"},
        {"op": "move", "from": "/data/a", "path": "/data/f"},
        {"op": "add", "path": "/metadata/labels/x~1y", "value": "esc"},
    ]
    out = json_patch.apply(doc, patch)
    assert out == {
        "metadata": {"labels": {"l": "one", "x/y": "esc"}},
        "data": {"c": "33", "d": "4", "e": "33", "f": "1"},
    }


def test_json_patch_of_list_items():
    patch = [
        {"op": "add", "path": "/l/-", "value": "z"},
        {"op": "add", "path": "/l/0", "value": "w"},
        {"op": "remove", "path": "/l/2"},
        {"op": "replace", "path": "/l/-1", "value": "q"},
    ]
    assert json_patch.apply({"l": ["x", "y"]}, patch) == {"l": ["w", "x", "q"]}


@pytest.mark.parametrize(
    ("operation", "works"),
    [
        ({"op": "replace", "path": "/m/none", "value": 1}, True),
        ({"op": "copy", "from": "/none", "path": "/other"}, True),
        ({"op": "test", "path": "/none", "value": None}, True),
        ({"op": "remove", "path": "/m/none"}, False),
        ({"op": "add", "path": "/none/x", "value": 1}, False),
        ({"op": "move", "from": "/none", "path": "/x"}, False),
        ({"op": "test", "path": "/m/a", "value": True}, False),
        ({"op": "remove", "path": "/l/5"}, False),
        ({"op": "add", "path": "/l/9", "value": 1}, False),
        ({"op": "frob", "path": "/l"}, False),
        ({"path": "/l"}, False),
        ({"op": "add", "path": "", "value": {}}, False),
    ],
)
def test_json_patch_of_what_is_not_there(operation, works):
    doc = {"m": {"a": 1}, "l": [1]}
    if works:
        json_patch.apply(doc, [operation])
        return
    with pytest.raises(ApiError) as raised:
        json_patch.apply(doc, [operation])
    assert raised.value.status()["details"] == {}
    assert (raised.value.code, raised.value.reason) == (422, "Invalid")
    assert raised.value.message == "the server rejected our request due to an error in our request"


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"op": "add", "value": 1}, "add operation failed to decode path: missing value"),
        (
            {"op": "add", "path": "/l/x"},
            "error in add for path: '/l/x': value was not a proper array index: 'x': strconv",
        ),
        (
            {"op": "replace", "path": "/l/7"},
            "replace operation does not apply: doc is missing key: /l/7: missing value",
        ),
        (
            {"op": "replace", "path": "/n/a"},
            "replace operation does not apply: doc is missing path: /n/a: missing value",
        ),
        ({"op": "replace", "path": "", "value": 1}, "replace operation value must be object or array: %!w(<nil>)"),
        ({"op": "move", "path": "/x"}, "move operation failed to decode from: operation, missing from field: missing"),
        (
            {"op": "move", "from": "/m/b", "path": "/x"},
            "error in move for path: 'b': Unable to remove nonexistent key: b",
        ),
        (
            {"op": "move", "from": "/m/a", "path": "/n/x"},
            "move operation does not apply: doc is missing destination path",
        ),
        (
            {"op": "copy", "from": "/l/-2", "path": "/x"},
            "error in copy for from: '/l/-2': Unable to access invalid index: -2",
        ),
        (
            {"op": "copy", "from": "/m", "path": "/l/4"},
            "error while adding value during copy: Unable to access invalid",
        ),
        ({"op": "test", "path": "/n/a"}, "test operation does not apply: is missing path: /n/a: missing value"),
        ({"op": "test", "path": "/m/a", "value": 1.0}, "testing value /m/a failed: test failed"),
        ({"op": 5}, "Unexpected kind: unknown"),
    ],
)
def test_json_patches_fail_in_the_words_of_the_library(operation, message):
    with pytest.raises(json_patch.Failed) as raised:
        json_patch.operate({"m": {"a": 1}, "l": [1]}, [operation])
    assert str(raised.value).startswith(message)


def test_json_patches_copy_no_more_than_they_may():
    double = {"op": "copy", "from": "/a", "path": "/b"}
    with pytest.raises(json_patch.Failed, match="is 4000008, exceeding the limit 3145728"):
        json_patch.operate({"a": "x" * 1_000_000}, [double] * 4)


@pytest.mark.parametrize(
    ("parsed", "strict", "code", "message"),
    [
        ({}, False, 400, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"),
        (["x"], False, 400, "json: cannot unmarshal string into Go value of type jsonpatch.Operation"),
        (
            {},
            True,
            400,
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        (
            [{"op": "add", "path": 1}],
            True,
            400,
            "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string",
        ),
        (
            [{}] * 10001,
            False,
            413,
            "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
        ),
    ],
)
def test_json_patches_that_cannot_be_read(parsed, strict, code, message):
    with pytest.raises(ApiError) as raised:
        json_patch.decode(parsed, strict=strict)
    assert (raised.value.code, raised.value.message) == (code, message)


def test_a_json_patch_read_strictly_is_told_its_unknown_fields():
    _, complaints = json_patch.decode([{"op": "test", "path": "/a", "bogus": 1}], strict=True)
    assert complaints == ['unknown field "[0].bogus"']


def test_merge_patch_drops_nulls_and_shares_nothing():
    doc = {"m": {"x": "1", "y": "2"}, "keep": {"a": 1}, "l": [1]}
    patch = {"m": {"x": None, "z": "3"}, "new": {"a": None, "b": [{"c": None}]}, "l": [2]}
    out = merge_patch.apply(doc, patch)
    assert out == {"m": {"y": "2", "z": "3"}, "keep": {"a": 1}, "l": [2], "new": {"b": [{}]}}
    out["keep"]["a"] = out["l"][0] = out["new"]["b"] = "changed"
    assert doc["keep"] == {"a": 1}
    assert patch["l"] == [2]


def test_strategic_merges_items_by_key_and_puts_new_ones_first(deployment):
    doc = containers({"name": "c", "image": "i", "env": [{"name": "A", "value": "1"}]}, {"name": "e", "image": "j"})
    patch = containers({"name": "c", "image": "i2", "env": [{"name": "B", "value": "2"}]}, {"name": "n", "image": "k"})
    out = pod_spec(patched(doc, patch, deployment))["containers"]
    assert [c["name"] for c in out] == ["c", "n", "e"]
    assert out[0]["image"] == "i2"
    assert [e["name"] for e in out[0]["env"]] == ["B", "A"]


def test_strategic_delete_and_replace_directives(deployment):
    doc = containers({"name": "c", "env": [{"name": "A"}, {"name": "B"}]}, {"name": "e"})
    doc["metadata"] = {"labels": {"x": "1", "y": "2"}}
    patch = containers({"name": "e", "$patch": "delete"}, {"name": "c", "env": [{"name": "A", "$patch": "delete"}]})
    assert pod_spec(patched(doc, patch, deployment))["containers"] == [{"name": "c", "env": [{"name": "B"}]}]
    missing = containers({"name": "missing", "$patch": "delete"})
    assert patched(doc, missing, deployment) == doc
    only = containers({"name": "only"}, {"$patch": "replace"})
    assert pod_spec(patched(doc, only, deployment))["containers"] == [{"name": "only"}]
    labels = {"metadata": {"labels": {"z": "3", "$patch": "replace"}}}
    assert patched(doc, labels, deployment)["metadata"]["labels"] == {"z": "3"}
    assert patched(doc, {"metadata": {"labels": {"$patch": "delete"}}}, deployment)["metadata"]["labels"] == {}


def test_strategic_set_element_order(deployment):
    doc = containers({"name": "c"}, {"name": "e"}, {"name": "f"})
    order = [{"name": n} for n in ("f", "n", "c", "e")]
    patch = containers({"name": "n"}, **{"$setElementOrder/containers": order})
    names = [c["name"] for c in pod_spec(patched(doc, patch, deployment))["containers"]]
    assert names == ["f", "n", "c", "e"]


def test_strategic_lists_of_scalars(config_map):
    doc = {"metadata": {"finalizers": ["x.io/a", "x.io/b"]}}

    def finalizers(**patch):
        return patched(doc, {"metadata": patch}, config_map)["metadata"].get("finalizers")

    assert finalizers(finalizers=["x.io/c", "x.io/a"]) == ["x.io/c", "x.io/a", "x.io/b"]
    assert finalizers(**{"$deleteFromPrimitiveList/finalizers": ["x.io/a", "x.io/none"]}) == ["x.io/b"]
    assert finalizers(finalizers=None) is None
    assert finalizers(
        **{
            "$setElementOrder/finalizers": ["x.io/d", "x.io/b"],
            "$deleteFromPrimitiveList/finalizers": ["x.io/a"],
            "finalizers": ["x.io/d"],
        }
    ) == ["x.io/d", "x.io/b"]


def test_strategic_replaces_atomic_lists_and_nulls_delete(deployment):
    doc = containers({"name": "c", "image": "i", "args": ["a", "b"]}, tolerations=[{"key": "t"}], dnsPolicy="x")
    patch = containers({"name": "c", "args": ["z"]}, tolerations=[{"key": "u"}], dnsPolicy=None, restartPolicy=None)
    assert patched(doc, patch, deployment) == containers(
        {"name": "c", "image": "i", "args": ["z"]}, tolerations=[{"key": "u"}]
    )


def test_strategic_takes_a_key_that_is_null_for_one(deployment):
    doc = containers({"name": "c", "image": "i"})
    entry = {"name": None, "image": "n"}
    merged = pod_spec(patched(doc, containers(entry), deployment))["containers"]
    assert sorted(merged, key=str) == sorted([{"name": "c", "image": "i"}, entry], key=str)
    assert patched(doc, containers({"name": None, "$patch": "delete"}), deployment) == doc


def test_strategic_retain_keys_clears_the_others(deployment):
    doc = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert patched(doc, patch, deployment) == {"spec": {"strategy": {"type": "Recreate"}}}


@pytest.mark.parametrize(
    ("patch", "code", "message"),
    [
        (
            containers({"image": "nokey"}),
            500,
            "map: map[image:nokey] does not contain declared merge key: name",
        ),
        ({"spec": {"$patch": "frob"}}, 500, "unknown patch type: frob in map: map[$patch:frob]"),
        (
            containers({"name": "c", "image": "l"}, **{"$setElementOrder/containers": [{"name": "f"}]}),
            500,
            "The order in patch list:\n[map[image:l name:c]]\n doesn't match $setElementOrder list:\n[map[name:f]]\n",
        ),
        ({"spec": {"$retainKeys": "x"}}, 400, "invalid patch format of retainKeys"),
    ],
)
def test_strategic_patches_that_cannot_be_applied(deployment, patch, code, message):
    with pytest.raises(ApiError) as raised:
        patched(containers({"name": "c", "image": "i"}), patch, deployment)
    assert (raised.value.code, raised.value.message) == (code, message)


def test_merge_patch_sorts_what_it_touches_and_leaves_the_rest_in_its_order():
    doc = {"kind": "A", "metadata": {"name": "x", "a": "y"}, "data": {"z": "1", "b": "2"}}
    out = merge_patch.apply(doc, {"foo": 1, "data": {"c": "3"}})
    assert list(out) == ["data", "foo", "kind", "metadata"]
    assert (list(out["data"]), list(out["metadata"])) == (["b", "c", "z"], ["name", "a"])

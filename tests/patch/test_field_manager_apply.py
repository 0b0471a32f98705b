"""Who owns what after applies, and what they change."""

from __future__ import annotations

import pytest

from miniapi.errors import ApiError
from miniapi.meta.objects import copy
from miniapi.patch.field_manager import FieldManager
from tests.patch.ownership import DEPLOY, T0, T1, T2, WIDGET, cm, created, owned, times, updated, widget_of


def test_apply_creates_owns_the_config_and_repeats_without_effect(cms):
    config = cm({"k": "1"}, labels={"x": "y"})
    live = cms.apply(None, config, "m", False, T0)
    assert owned(live) == {"m/Apply": {"f:data": {"f:k": {}}, "f:metadata": {"f:labels": {"f:x": {}}}}}
    assert cms.apply(live, config, "m", False, T1) == live
    changed = cms.apply(live, cm({"k": "2"}, labels={"x": "y"}), "m", False, T1)
    assert changed["data"] == {"k": "2"}
    assert times(changed) == {"m": "2026-01-01T01:00:00Z"}


def test_apply_leaves_live_and_config_alone(cms):
    live = cms.apply(None, cm({"k": "1", "l": "1"}), "m", False, T0)
    config = cm({"k": "2"})
    before = copy(live), copy(config)
    out = cms.apply(live, config, "m", False, T1)
    out["metadata"]["name"] = out["data"]["k"] = "changed"
    assert (live, config) == before


def test_shared_fields_stay_until_the_last_owner_leaves(cms):
    live = cms.apply(None, cm({"k": "1"}), "one", False, T0)
    live = cms.apply(live, cm({"k": "1"}), "two", False, T1)
    assert times(live) == {"one": "2026-01-01T00:00:00Z", "two": None}
    assert [e["manager"] for e in live["metadata"]["managedFields"]] == ["two", "one"]
    live = cms.apply(live, cm(), "one", False, T1)
    assert live["data"] == {"k": "1"}
    live = cms.apply(live, cm(), "two", False, T1)
    assert "data" not in live
    assert "managedFields" not in live["metadata"]


def test_conflict_names_every_manager_and_field(cms):
    live = cms.apply(None, cm({"k": "1"}), "one", False, T0)
    live = cms.apply(live, cm({"k": "1"}), "two", False, T0)
    with pytest.raises(ApiError) as raised:
        cms.apply(live, cm({"k": "9"}), "three", False, T0)
    error = raised.value
    assert (error.code, error.reason) == (409, "Conflict")
    assert error.message == (
        'Apply failed with 2 conflicts: conflicts with "one":\n- .data.k\nconflicts with "two":\n- .data.k'
    )
    assert [(c.reason, c.message, c.field) for c in error.causes] == [
        ("FieldManagerConflict", 'conflict with "one"', ".data.k"),
        ("FieldManagerConflict", 'conflict with "two"', ".data.k"),
    ]


def test_conflict_with_an_updater_tells_its_version_and_subresource(deployment):
    main = FieldManager(deployment, DEPLOY)
    scale = FieldManager(deployment, DEPLOY, "scale")
    pod = {"spec": {"containers": [{"name": "c", "image": "i"}]}}
    base = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}
    live = created(main, {**base, "spec": {"replicas": 1, "template": pod}}, "maker")
    live = updated(scale, live, {**base, "spec": {"replicas": 2, "template": pod}}, "hpa")
    other = {"spec": {"containers": [{"name": "c", "image": "z"}]}}
    with pytest.raises(ApiError) as raised:
        main.apply(live, {**base, "spec": {"replicas": 3, "template": other}}, "applier", False, T2)
    assert raised.value.message == (
        'Apply failed with 2 conflicts: conflicts with "hpa" with subresource "scale" using apps/v1:\n'
        '- .spec.replicas\nconflicts with "maker" using apps/v1:\n'
        '- .spec.template.spec.containers[name="c"].image'
    )


def test_force_takes_fields_from_others(cms):
    live = cms.apply(None, cm({"k": "1", "l": "1"}), "one", False, T0)
    live = cms.apply(live, cm({"k": "2"}), "two", True, T1)
    assert owned(live) == {"one/Apply": {"f:data": {"f:l": {}}}, "two/Apply": {"f:data": {"f:k": {}}}}
    assert cms.apply(live, cm({"l": "1"}), "one", False, T2) == live


def test_apply_and_update_of_one_manager_are_two_entries(cms):
    live = created(cms, cm({"k": "1", "l": "1"}))
    live = cms.apply(live, cm({"k": "1"}), "m", False, T1)
    assert times({"metadata": {"managedFields": live["metadata"]["managedFields"][:1]}}) == {"m": None}
    assert set(owned(live)) == {"m/Apply", "m/Update"}
    with pytest.raises(ApiError, match=r'conflict with "m" using v1: .data.k'):
        cms.apply(live, cm({"k": "2"}), "m", False, T2)


def test_kubectl_takes_over_what_client_side_apply_set(cms):
    annotation = "kubectl.kubernetes.io/last-applied-configuration"
    last = '{"apiVersion":"v1","data":{"k":"1","l":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"a"}}'
    live = created(cms, cm({"k": "1", "l": "1"}, annotations={annotation: last}), "kubectl-client-side-apply")
    live = cms.apply(live, cm({"k": "2"}), "kubectl", False, T1)
    assert live["data"] == {"k": "2", "l": "1"}
    assert live["metadata"]["annotations"][annotation] == (
        '{"apiVersion":"v1","data":{"k":"2"},"kind":"ConfigMap","metadata":{"name":"a"}}\n'
    )
    assert owned(live) == {
        "kubectl/Apply": {"f:data": {"f:k": {}}},
        "kubectl-client-side-apply/Update": {
            "f:data": {".": {}, "f:l": {}},
            "f:metadata": {"f:annotations": {".": {}, "f:" + annotation: {}}},
        },
    }
    with pytest.raises(ApiError, match=r'conflict with "kubectl": .data.k'):
        cms.apply(live, cm({"k": "3"}), "other", False, T2)


@pytest.mark.parametrize(
    ("config", "code", "message"),
    [
        ({"metadata": {"name": "a"}}, 400, "invalid object type: /, Kind="),
        ({"apiVersion": "v1", "kind": "Secret"}, 400, "invalid object type: /v1, Kind=Secret"),
        (cm(managedFields=[]), 400, "metadata.managedFields must be nil"),
        (
            {**cm(), "immutable": "yes"},
            500,
            "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .immutable: expected boolean, got &{yes}",
        ),
        (
            cm({"k": 1}, namespace="n"),
            500,
            "failed to create typed patch object (n/a; /v1, Kind=ConfigMap): .data.k: "
            "expected string, got &value.valueUnstructured{Value:1}",
        ),
        (
            {**cm(), "dat": {}},
            500,
            "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .dat: field not declared in schema",
        ),
    ],
)
def test_configs_that_cannot_be_applied(cms, config, code, message):
    with pytest.raises(ApiError) as raised:
        cms.apply(None, config, "m", False, T0)
    assert (raised.value.code, raised.value.message) == (code, message)


def test_repeated_key_in_a_config_is_an_error(deploys):
    containers = [{"name": "c", "image": "i"}, {"name": "c", "image": "j"}]
    config = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }
    with pytest.raises(ApiError) as raised:
        deploys.apply(None, config, "m", False, T0)
    assert raised.value.message == (
        "failed to create typed patch object (/d; apps/v1, Kind=Deployment): "
        '.spec.template.spec.containers: duplicate entries for key [name="c"]'
    )


def test_apply_owns_items_of_lists_by_their_keys(deploys):
    container = {
        "name": "c",
        "args": ["x"],
        "ports": [{"containerPort": 80}],
        "resources": {"limits": {"cpu": "100m"}},
    }
    config = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "finalizers": ["x.io/keep"], "annotations": {"n": "1"}},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"spec": {"containers": [container], "volumes": [{"name": "v", "emptyDir": {}}]}},
        },
    }
    live = deploys.apply(None, config, "m", False, T0)
    assert owned(live)["m/Apply"] == {
        "f:metadata": {"f:annotations": {"f:n": {}}, "f:finalizers": {'v:"x.io/keep"': {}}},
        "f:spec": {
            "f:selector": {},
            "f:template": {
                "f:spec": {
                    "f:containers": {
                        'k:{"name":"c"}': {
                            ".": {},
                            "f:args": {},
                            "f:name": {},
                            "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
                            "f:resources": {"f:limits": {"f:cpu": {}}},
                        }
                    },
                    "f:volumes": {'k:{"name":"v"}': {".": {}, "f:emptyDir": {}, "f:name": {}}},
                }
            },
        },
    }


def test_apply_merges_keyed_items_and_removes_only_ones_own(widgets):
    live = widgets.apply(None, widget_of({"lm": [{"k": "1", "v": "p"}]}), "one", False, T0)
    live = widgets.apply(live, widget_of({"lm": [{"k": "2", "v": "q"}]}), "two", False, T0)
    assert live["spec"]["lm"] == [{"k": "1", "v": "p"}, {"k": "2", "v": "q"}]
    with pytest.raises(ApiError, match=r'conflict with "one": .spec.lm\[k="1"\].v'):
        widgets.apply(live, widget_of({"lm": [{"k": "1", "v": "z"}]}), "two", False, T0)
    live = widgets.apply(live, widget_of({}), "two", False, T0)
    assert live["spec"] == {"lm": [{"k": "1", "v": "p"}]}


def test_fields_left_out_go_but_what_an_updater_took_stays(widgets):
    live = widgets.apply(None, widget_of({"a": "x", "n": 5, "o": {"x": "1", "y": "2"}}), "one", False, T0)
    live = updated(widgets, live, widget_of({"a": "x", "n": 5, "o": {"x": "1", "y": "3"}}), "other")
    live = widgets.apply(live, widget_of({"a": "x"}), "one", False, T2)
    assert live["spec"] == {"a": "x", "o": {"y": "3"}}
    assert owned(live) == {"one/Apply": {"f:spec": {"f:a": {}}}, "other/Update": {"f:spec": {"f:o": {"f:y": {}}}}}


def test_update_after_apply_splits_ownership(widgets):
    live = widgets.apply(None, widget_of({"a": "x", "lm": [{"k": "1", "v": "p"}]}), "one", False, T0)
    live = updated(widgets, live, widget_of({"a": "y", "lm": [{"k": "1", "v": "q"}, {"k": "2"}]}), "kube")
    assert owned(live) == {
        "one/Apply": {"f:spec": {"f:lm": {'k:{"k":"1"}': {".": {}, "f:k": {}}}}},
        "kube/Update": {
            "f:spec": {"f:a": {}, "f:lm": {'k:{"k":"1"}': {"f:v": {}}, 'k:{"k":"2"}': {".": {}, "f:k": {}}}}
        },
    }


def test_atomic_maps_and_lists_are_taken_whole_and_sets_by_item(widgets):
    config = {"am": {"x": "1"}, "la": ["p"], "ls": ["a", "b"]}
    live = widgets.apply(None, widget_of(config), "one", False, T0)
    assert owned(live)["one/Apply"] == {"f:spec": {"f:am": {}, "f:la": {}, "f:ls": {'v:"a"': {}, 'v:"b"': {}}}}
    live = widgets.apply(live, widget_of({"am": {"y": "2"}, "la": ["q"], "ls": ["c"]}), "two", True, T0)
    assert live["spec"] == {"am": {"y": "2"}, "la": ["q"], "ls": ["a", "b", "c"]}
    assert owned(live)["one/Apply"] == {"f:spec": {"f:ls": {'v:"a"': {}, 'v:"b"': {}}}}


def test_a_kind_without_schema_has_granular_maps_and_atomic_lists():
    fields = FieldManager(None, WIDGET)
    live = fields.apply(None, widget_of({"o": {"x": 1}, "l": [{"k": 1}]}), "one", False, T0)
    assert owned(live)["one/Apply"] == {"f:spec": {".": {}, "f:l": {}, "f:o": {".": {}, "f:x": {}}}}


def test_entries_of_unknown_versions_are_dropped_and_of_known_ones_converted(widget):
    def convert(obj, api_version):
        spec = {("b" if k == "a" else k): v for k, v in obj["spec"].items()}
        return {**obj, "apiVersion": api_version, "spec": spec}

    def schema_of(api_version):
        return {"g.dev/v1": widget, "g.dev/v1beta1": None}[api_version]

    fields = FieldManager(widget, WIDGET, convert=convert, schema_of=schema_of)
    entry = {"operation": "Apply", "fieldsType": "FieldsV1"}
    live = widget_of({"a": "1"})
    live["metadata"]["managedFields"] = [
        {**entry, "manager": "old", "apiVersion": "g.dev/v0", "fieldsV1": {"f:spec": {"f:q": {}}}},
        {**entry, "manager": "beta", "apiVersion": "g.dev/v1beta1", "fieldsV1": {"f:spec": {"f:b": {}}}},
    ]
    with pytest.raises(ApiError, match=r'conflict with "beta": .spec.b'):
        fields.apply(live, widget_of({"a": "2"}), "me", False, T0)
    assert set(owned(fields.apply(live, widget_of({"a": "2"}), "me", True, T0))) == {"me/Apply"}


def test_fields_below_what_has_become_atomic_are_owned_as_one(widgets):
    entry = {"manager": "old", "operation": "Apply", "apiVersion": "g.dev/v1", "fieldsType": "FieldsV1"}
    live = widget_of({"am": {"x": "1", "y": "1"}, "o": {}})
    live["metadata"]["managedFields"] = [{**entry, "fieldsV1": {"f:spec": {"f:am": {"f:x": {}}, "f:o": {}}}}]
    with pytest.raises(ApiError, match=r'conflict with "old": .spec.am$'):
        widgets.apply(live, widget_of({"am": {"y": "2"}}), "new", False, T0)
    out = widgets.apply(live, widget_of({"o": {"x": "1"}}), "new", False, T0)
    assert owned(out)["old/Apply"] == {"f:spec": {"f:am": {}, "f:o": {}}}


def test_objects_that_no_longer_fit_are_owned_by_nobody_and_not_applied(widget):
    fields = FieldManager(widget, WIDGET)
    live = created(fields, widget_of({"a": "a"}))
    live["spec"] = {"a": 1}
    config = {**widget_of({}), "metadata": {"name": "a", "labels": {"x": "y"}}}
    for managed, why in (
        (live["metadata"]["managedFields"], "failed to create typed live object (/a; g.dev/v1, Kind=Widget)"),
        ([], "failed to create manager for existing fields: failed to convert new object (/a; g.dev/v1, Kind=Widget)"),
    ):
        live["metadata"]["managedFields"] = managed
        with pytest.raises(ApiError) as raised:
            fields.apply(live, config, "m", False, T0)
        assert raised.value.code == 500
        assert raised.value.message.startswith(why)
        assert ".spec.a: expected string, got" in raised.value.message
        assert "managedFields" not in updated(fields, live, widget_of({"a": "b"}), "m")["metadata"]

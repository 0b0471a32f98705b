"""Who owns what after creates and updates."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from miniapi.errors import ApiError
from miniapi.patch.field_manager import FieldManager
from tests.patch.ownership import DEPLOY, T0, T2, cm, created, owned, times, updated, widget_of


def test_create_owns_every_field_but_those_that_the_server_sets(cms):
    obj = created(
        cms,
        {
            **cm(finalizers=["x.io/a"], ownerReferences=[{"apiVersion": "v1", "kind": "C", "name": "o", "uid": "1"}]),
            "binaryData": {"b": "AAE="},
            "immutable": False,
        },
    )
    assert obj["metadata"]["managedFields"] == [
        {
            "manager": "m",
            "operation": "Update",
            "apiVersion": "v1",
            "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:binaryData": {".": {}, "f:b": {}},
                "f:immutable": {},
                "f:metadata": {
                    "f:finalizers": {".": {}, 'v:"x.io/a"': {}},
                    "f:ownerReferences": {".": {}, 'k:{"uid":"1"}': {}},
                },
            },
        }
    ]


def test_create_of_a_go_type_does_not_own_structs_that_are_always_written(deploys):
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"a": "b"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "c", "image": "i", "resources": {}}], "securityContext": {}},
        },
    }
    obj = created(
        deploys,
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec, "status": {}},
    )
    assert owned(obj)["m/Update"] == {
        "f:spec": {
            "f:replicas": {},
            "f:selector": {},
            "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}}, "f:type": {}},
            "f:template": {
                "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
                "f:spec": {
                    "f:containers": {'k:{"name":"c"}': {".": {}, "f:image": {}, "f:name": {}, "f:resources": {}}},
                    "f:securityContext": {},
                },
            },
        }
    }


def test_create_of_a_custom_resource_owns_spec_itself(widgets):
    assert owned(created(widgets, widget_of({"a": "x"})))["m/Update"] == {"f:spec": {".": {}, "f:a": {}}}


def test_entries_are_written_in_path_element_order(widgets):
    obj = created(widgets, widget_of({"ls": ["b", "a"], "lm": [{"k": "z"}, {"k": "b"}], "a": "1"}))
    text = json.dumps(obj["metadata"]["managedFields"][0]["fieldsV1"])
    assert text == json.dumps(json.loads(text), sort_keys=True)


def test_object_created_without_fields_stays_untracked_until_apply(cms):
    live = created(cms, cm())
    assert "managedFields" not in live["metadata"]
    live = updated(cms, live, cm({"k": "1", "l": "1"}), "two")
    assert "managedFields" not in live["metadata"]
    with pytest.raises(ApiError, match=r'conflict with "before-first-apply" using v1: .data.k'):
        cms.apply(live, cm({"k": "2"}), "three", False, T2)
    live = cms.apply(live, cm({"k": "2"}), "three", True, T2)
    assert owned(live) == {
        "three/Apply": {"f:data": {"f:k": {}}},
        "before-first-apply/Update": {"f:data": {".": {}, "f:l": {}}},
    }
    live = updated(cms, live, cm({"k": "2", "l": "1", "m": "1"}), "two")
    assert owned(live)["two/Update"] == {"f:data": {"f:m": {}}}


def test_update_moves_ownership_of_changed_fields(cms):
    live = created(cms, cm({"k": "1", "l": "1"}, labels={"x": "1"}), "m1")
    live = updated(cms, live, cm({"k": "2", "l": "1", "m": "1"}, labels={"x": "1"}), "m2")
    assert owned(live) == {
        "m1/Update": {"f:data": {".": {}, "f:l": {}}, "f:metadata": {"f:labels": {".": {}, "f:x": {}}}},
        "m2/Update": {"f:data": {"f:k": {}, "f:m": {}}},
    }
    assert times(live) == {"m1": "2026-01-01T00:00:00Z", "m2": "2026-01-01T01:00:00Z"}
    live = updated(cms, live, cm({"m": "1"}), "m3")
    assert owned(live) == {"m1/Update": {"f:data": {}}, "m2/Update": {"f:data": {"f:m": {}}}}


def test_update_without_a_change_keeps_all_entries(cms):
    live = created(cms, cm({"k": "1"}))
    assert updated(cms, live, cm({"k": "1"}), "other") == live


def test_update_through_a_subresource_owns_only_what_it_may_write(deployment):
    status = FieldManager(deployment, DEPLOY, "status", frozenset({"spec", "metadata"}))
    main = FieldManager(deployment, DEPLOY, reset_fields=frozenset({"status"}))
    base = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 1}}
    live = created(main, {**base, "status": {"replicas": 9}})
    assert owned(live) == {"m/Update": {"f:spec": {"f:replicas": {}}}}
    live = updated(status, live, {**base, "spec": {"replicas": 2}, "status": {"replicas": 1}}, "ctl")
    assert owned(live) == {
        "m/Update": {"f:spec": {"f:replicas": {}}},
        "ctl/Update/status": {"f:status": {"f:replicas": {}}},
    }


@pytest.mark.parametrize("reset", [[], [{}]])
def test_empty_managed_fields_of_an_update_forget_all_managers(cms, reset):
    live = created(cms, cm({"k": "1"}))
    live = updated(cms, live, cm({"k": "1"}, managedFields=reset), "two")
    assert "managedFields" not in live["metadata"]


def test_malformed_managed_fields_of_an_update_are_ignored(cms):
    live = created(cms, cm({"k": "1"}))
    bad = [{"manager": "x", "operation": "Sideways", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}]
    assert updated(cms, live, cm({"k": "1"}, managedFields=bad), "two") == live


def test_good_managed_fields_of_an_update_are_taken_over(cms):
    live = created(cms, cm({"k": "1"}))
    sent = [
        {
            "manager": "x",
            "operation": "Apply",
            "apiVersion": "v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {"f:k": {}}},
        }
    ]
    assert owned(updated(cms, live, cm({"k": "1"}, managedFields=sent), "two")) == {"x/Apply": {"f:data": {"f:k": {}}}}


def test_eleventh_updater_merges_the_two_oldest(cms):
    live = created(cms, cm({"k0": "0"}), "m0")
    for i in range(1, 12):
        new = cm({**live["data"], f"k{i}": "1"}, uid="u", managedFields=live["metadata"]["managedFields"])
        cms.update(live, new, f"m{i}", T0 + timedelta(seconds=i))
        live = new
    managers = [e["manager"] for e in live["metadata"]["managedFields"]]
    assert len(managers) == 10
    assert managers[0] == "ancient-changes"
    assert owned(live)["ancient-changes/Update"] == {"f:data": {".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}}}

"""Laws that hold for every object: sets of paths, apply, and the patches."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from miniapi.errors import ApiError
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import copy
from miniapi.patch import fieldpath, json_patch, managed_fields, merge_patch
from miniapi.patch.field_manager import FieldManager
from miniapi.schema.model import Field, Schema

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 2, 1, tzinfo=UTC)
few = settings(max_examples=80, deadline=None)

NAMES = st.sampled_from(["a", "b", "c d", 'q"', "é", "<x>"])
SCALARS = st.one_of(NAMES, st.integers(-5, 200), st.booleans())
ELEMENTS = st.one_of(
    NAMES.map("f:".__add__),
    SCALARS.map(fieldpath.value_element),
    st.integers(0, 120).map(lambda n: fieldpath.key_element([("n", n)])),
)
SETS = st.recursive(st.just({}), lambda below: st.dictionaries(ELEMENTS, below, max_size=4), max_leaves=12).flatmap(
    lambda raw: st.just(fieldpath.decode(raw))
)

TEXT = Schema("string")
SPEC = Schema(
    "object",
    fields={
        "a": Field("a", TEXT),
        "m": Field("m", Schema("map", values=TEXT)),
        "s": Field("s", Schema("array", items=TEXT, list_type="set")),
        "l": Field(
            "l",
            Schema(
                "array",
                items=Schema("object", fields={"k": Field("k", TEXT), "v": Field("v", TEXT), "w": Field("w", TEXT)}),
                list_type="map",
                list_keys=("k",),
            ),
        ),
        "x": Field("x", Schema("array", items=TEXT)),
        "any": Field("any", Schema("any")),
    },
)
GVK = GroupVersionKind("g.dev", "v1", "Widget")
FIELDS = FieldManager(Schema("object", fields={"spec": Field("spec", SPEC)}), GVK)
WORDS = st.sampled_from(["p", "q", "r"])
JSON = st.recursive(st.one_of(WORDS, st.integers(0, 3)), lambda v: st.dictionaries(WORDS, v, max_size=3), max_leaves=6)


def _items(pairs: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    return [{"k": k, **v} for k, v in pairs.items()]


SPECS = st.fixed_dictionaries(
    {},
    optional={
        "a": WORDS,
        "m": st.dictionaries(WORDS, WORDS, min_size=1, max_size=3),
        "s": st.lists(WORDS, unique=True, min_size=1, max_size=3),
        "l": st.dictionaries(
            WORDS, st.fixed_dictionaries({}, optional={"v": WORDS, "w": WORDS}), min_size=1, max_size=3
        ).map(_items),
        "x": st.lists(WORDS, max_size=2),
        "any": JSON,
    },
)


def widget(spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "g.dev/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}


def members(fields: dict[str, Any]) -> set[tuple[str, ...]]:
    return set(fieldpath.walk(fields))


@few
@given(SETS, SETS)
def test_sets_behave_as_sets_of_paths(left, right):
    assert members(fieldpath.union(left, right)) == members(left) | members(right)
    assert members(fieldpath.intersection(left, right)) == members(left) & members(right)
    assert members(fieldpath.difference(left, right)) == members(left) - members(right)
    kept = {p for p in members(left) if not any(p[: i + 1] in members(right) for i in range(len(p)))}
    assert members(fieldpath.recursive_difference(left, right)) == kept


@few
@given(SETS)
def test_fields_v1_round_trips_and_keeps_its_order(fields):
    text = json.dumps(fields)
    assert json.dumps(fieldpath.decode(json.loads(text))) == text
    assert json.dumps(fieldpath.ordered(dict(reversed(list(fields.items()))))) == text
    assert all(fieldpath.has(fields, path) for path in members(fields))
    assert fieldpath.of(*members(fields)) == fields


@few
@given(SETS, WORDS)
def test_managed_fields_round_trip(fields, manager):
    managed = {
        managed_fields.manager_id(manager, op, "v1", sub): managed_fields.Owned(fields, "v1", time)
        for op, sub, time in [("Apply", "", None), ("Update", "", "2026-01-01T00:00:00Z"), ("Update", "status", None)]
    }
    entries = managed_fields.encode(managed)
    assert managed_fields.decode(entries, trusted=False) == managed
    assert managed_fields.encode(managed_fields.decode(entries, trusted=True)) == entries


@few
@given(SPECS, SPECS)
def test_apply_is_idempotent_and_forced_apply_sets_what_it_says(live_spec, spec):
    live = FIELDS.apply(None, widget(live_spec), "one", False, NOW)
    once = FIELDS.apply(live, widget(spec), "two", True, NOW)
    assert FIELDS.apply(once, widget(spec), "two", False, LATER) == once
    root = FIELDS.root
    assert root.merge(once, widget(spec))["spec"] == once["spec"]


@few
@given(SPECS, SPECS)
def test_what_one_manager_alone_applied_goes_with_its_next_apply(first, second):
    live = FIELDS.apply(None, widget(first), "one", False, NOW)
    live = FIELDS.apply(live, widget(second), "one", False, NOW)
    fresh = FIELDS.apply(None, widget(second), "one", False, NOW)
    assert live["metadata"]["managedFields"] == fresh["metadata"]["managedFields"]
    assert members(FIELDS.root.field_set(live) or {}) == members(FIELDS.root.field_set(fresh) or {})


@few
@given(SPECS, SPECS)
def test_leaving_gives_back_the_object_as_it_was_without_the_leaver(ours, theirs):
    # A value without a schema may turn from a map into something else; what was in the map is gone for good.
    assume(isinstance(ours.get("any"), dict) == isinstance(theirs.get("any"), dict))
    live = FIELDS.apply(None, widget(ours), "one", False, NOW)
    try:
        both = FIELDS.apply(live, widget(theirs), "two", False, NOW)
    except ApiError:  # a conflict: nothing to leave
        return
    left = FIELDS.apply(both, widget({}), "two", False, NOW)
    assert members(FIELDS.root.field_set(left) or {}) == members(FIELDS.root.field_set(live) or {})


@few
@given(SPECS, SPECS)
def test_update_owns_exactly_what_it_changed(before, after):
    live = widget(before)
    FIELDS.update(None, live, "one", NOW)
    live["metadata"]["uid"] = "u"
    new = widget(after)
    new["metadata"]["uid"] = "u"
    untouched = copy(new)
    FIELDS.update(live, new, "two", LATER)
    entries = new["metadata"].pop("managedFields", [])
    assert new == untouched
    decoded = managed_fields.decode(entries, trusted=False)
    held = [members(owned.fields) for owned in decoded.values()]
    assert sum(map(len, held)) == len(set().union(*held))
    if before == after:
        assert {key[0] for key in decoded} <= {"one"}


@few
@given(JSON, JSON)
def test_merge_patch_of_a_difference_gives_the_target(source, target):
    def diff(old, new):
        out = {k: None for k in old if k not in new}
        for key, value in new.items():
            if key not in old:
                out[key] = value
            elif isinstance(value, dict) and isinstance(old[key], dict):
                out[key] = diff(old[key], value)
            elif value != old[key]:
                out[key] = value
        return out

    source, target = {"v": source}, {"v": target}
    before = copy(source)
    assert merge_patch.apply(source, diff(source, target)) == target
    assert source == before


@few
@given(st.dictionaries(WORDS, JSON), WORDS, JSON)
def test_json_patch_add_then_test_then_remove(doc, key, value):
    before = copy(doc)
    added = json_patch.apply(doc, [{"op": "add", "path": f"/{key}", "value": value}])
    assert added == {**doc, key: value}
    assert json_patch.apply(added, [{"op": "test", "path": f"/{key}", "value": value}]) == added
    assert json_patch.apply(added, [{"op": "remove", "path": f"/{key}"}]) == {k: v for k, v in doc.items() if k != key}
    assert doc == before

"""Ownership of a first write, and what is remembered of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from miniapi.meta.gvk import GroupVersionKind
from miniapi.patch import first_write
from miniapi.patch.field_manager import FieldManager
from miniapi.schema.builtin import BuiltinSchemas

POD = GroupVersionKind("", "v1", "Pod")


@pytest.fixture
def manager() -> FieldManager:
    return FieldManager(BuiltinSchemas().schema(POD), POD, reset_fields=frozenset({"status"}))


def pod(*containers: str, image: str = "x", labels: dict[str, str] | None = None) -> dict[str, object]:
    spec = {"containers": [{"name": name, "image": image} for name in containers]}
    meta = {"name": "a", **({"labels": labels} if labels else {})}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": spec, "status": {"phase": "Pending"}}


def owned(manager: FieldManager, obj: dict[str, object]) -> object:
    manager.update(None, obj, "m", datetime(2026, 1, 1, tzinfo=UTC))
    (entry,) = obj["metadata"]["managedFields"]  # type: ignore[index]
    return entry["fieldsV1"]


def spec_of(*containers: str) -> dict[str, object]:
    each = {f'k:{{"name":"{name}"}}': {".": {}, "f:image": {}, "f:name": {}} for name in containers}
    return {"f:containers": each}


def test_the_creator_owns_what_he_set_but_neither_its_name_nor_what_is_reset(manager: FieldManager) -> None:
    assert owned(manager, pod("c")) == {"f:spec": spec_of("c")}
    assert owned(manager, pod("c", labels={"b": "", "a": ""})) == {
        "f:metadata": {"f:labels": {".": {}, "f:a": {}, "f:b": {}}},
        "f:spec": spec_of("c"),
    }


def test_the_same_spec_again_is_owned_alike_and_another_one_in_its_own_way(manager: FieldManager) -> None:
    first = owned(manager, pod("c"))
    assert owned(manager, pod("c")) == first
    assert owned(manager, pod("c", image="y")) == first
    assert owned(manager, pod("c", "d")) == {"f:spec": spec_of("c", "d")}


@pytest.mark.parametrize("bound", ["REMEMBERED", "LONGEST_BYTES"])
def test_what_is_not_remembered_is_owned_all_the_same(
    manager: FieldManager, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(first_write, bound, 1)
    for names in (("c",), ("d",), ("c",)):
        assert owned(manager, pod(*names)) == {"f:spec": spec_of(*names)}

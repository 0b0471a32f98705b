"""The graph of owners and dependents."""

from typing import Any

from miniapi.controllers.ownership import Ownership, Place, node

PLACE = Place("", "v1", "configmaps", True)


def obj(uid: str, *owners: str, **meta: Any) -> Any:
    refs = [{"uid": owner, "blockOwnerDeletion": True} for owner in owners]
    return node(PLACE, {"metadata": {"uid": uid, "name": uid, "namespace": "ns", "ownerReferences": refs, **meta}})


def test_an_owner_that_goes_has_its_dependents_looked_at_even_where_it_was_never_seen() -> None:
    graph = Ownership()
    assert graph.put(obj("b", "a")) == ["b"]
    assert graph.drop("a") == ["b"]


def test_an_owner_that_waits_is_looked_at_when_a_dependent_goes_or_leaves_it() -> None:
    graph = Ownership()
    waiting = {"deletionTimestamp": "t", "finalizers": ["foregroundDeletion"]}
    assert graph.put(obj("a", **waiting)) == ["a"]
    graph.put(obj("b", "a"))
    assert graph.put(obj("b")) == ["a"]
    graph.put(obj("b", "a"))
    assert graph.drop("b") == ["a"]
    assert list(graph.dependents("a")) == []


def test_an_object_blocks_only_the_owner_that_it_names() -> None:
    assert obj("b", "a").blocks("a")
    assert not obj("b", "a").blocks("c")

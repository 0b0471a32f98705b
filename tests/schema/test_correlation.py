"""Which parts of two objects belong together, and which of them are the same."""

from __future__ import annotations

from typing import Any

import pytest

from miniapi.schema.correlation import ABSENT, MapList, unchanged

NUMBER: dict[str, Any] = {"type": "integer"}
PAIR: dict[str, Any] = {"type": "object", "properties": {"k": {"type": "string"}, "v": NUMBER}}
KEYED = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": PAIR}


def pair(k: str, v: int = 1) -> dict[str, Any]:
    return {"k": k, "v": v}


@pytest.mark.parametrize(
    ("schema", "value", "old", "same"),
    [
        (NUMBER, 1, 1, True),
        (NUMBER, 1, True, False),
        (NUMBER, 1, 1.0, False),
        (NUMBER, None, None, True),
        (NUMBER, 1, None, False),
        (PAIR, pair("a"), {"v": 1, "k": "a"}, True),
        (PAIR, pair("a"), {"k": "a"}, False),
        (PAIR, {"k": "a", "v": None}, {"k": "a", "w": None}, False),
        (PAIR, {"not described": 1}, {"not described": 1}, False),
        ({"additionalProperties": NUMBER}, {"a": 1}, {"a": 1}, True),
        ({"additionalProperties": NUMBER}, {"a": 1}, {"a": 2}, False),
        ({"additionalProperties": True}, {"a": 1}, {"a": 1}, False),
        ({"items": PAIR}, [{"x": 1}], [{"x": 1}], True),
        ({"items": PAIR}, [pair("a"), pair("b")], [pair("b"), pair("a")], False),
        (KEYED, [pair("a"), pair("b")], [pair("b"), pair("a")], True),
        (KEYED, [pair("a"), pair("b")], [pair("b"), pair("a", 2)], False),
        (KEYED, [pair("a")], [pair("a"), pair("b")], False),
        (KEYED, [{"v": 1}], [{"v": 1}], False),
        (KEYED, [], [], True),
    ],
)
def test_same_is_what_the_schema_can_tell_to_be_the_same(schema: Any, value: Any, old: Any, same: bool) -> None:
    assert unchanged(schema, value, old) is same


def test_items_are_found_by_their_keys_and_the_first_of_two_counts() -> None:
    items = MapList(["k", "v"], [pair("a", 1), {**pair("a", 1), "second": True}, {"k": "a", "v": True}, "none"])
    assert items.get({"k": "a", "v": 1, "w": 2}) == pair("a", 1)
    assert items.get({"k": "a", "v": True}) == {"k": "a", "v": True}
    for nowhere in ({"k": "a"}, {"k": "a", "v": [1]}, {"k": "b", "v": 1}, "none"):
        assert items.get(nowhere) is ABSENT

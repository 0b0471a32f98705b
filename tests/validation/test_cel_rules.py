"""Rules of schemas on changed objects: what is tolerated, which old value they see, when they end."""

from __future__ import annotations

from typing import Any

import pytest

from miniapi.validation.cel_rules import rule_validator
from miniapi.validation.field import ErrorList

NUMBER = {"type": "integer"}


def judged(schema: Any, value: Any, old: Any) -> ErrorList:
    judge = rule_validator({"type": "object", "properties": {"p": schema, "q": {"type": "string"}}})
    assert judge is not None
    return judge({"p": value, "q": "new"}, {"p": old, "q": "old"} if old is not None else None)


def ruled(schema: Any, rule: str, **more: Any) -> Any:
    return schema | {"x-kubernetes-validations": [{"rule": rule, **more}]}


SMALL = ruled(NUMBER, "self < 5")
SHORT = ruled({"type": "string", "maxLength": 9}, "self.size() < 2")
ITEM = {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}, "v": SMALL}}
KEYED = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k"],
    "items": ITEM,
}


@pytest.mark.parametrize(
    ("schema", "value", "old", "tolerated"),
    [
        (SMALL, 9, 9, [True]),
        (SMALL, 9, 8, [False]),
        (SMALL, 9, None, [False]),
        ({"type": "array", "items": SHORT}, ["aa"], ["aa"], [True]),
        ({"type": "array", "items": SHORT}, ["aa", "b"], ["b", "aa"], [False]),
        (KEYED, [{"k": "b"}, {"k": "a", "v": 9}], [{"k": "a", "v": 9}, {"k": "b"}], [True]),
        (KEYED, [{"k": "b", "v": 8}, {"k": "a", "v": 9}], [{"k": "a", "v": 9}, {"k": "b", "v": 9}], [False, True]),
        # A rule that sees the old value is never tolerated, nor is one that has no answer.
        (ruled(NUMBER, "self > oldSelf"), 9, 9, [False]),
        (ruled({"type": "object", "properties": {"a": NUMBER}}, "self.a > 1"), {}, {}, [False]),
    ],
)
def test_what_was_wrong_before_is_tolerated(schema: Any, value: Any, old: Any, tolerated: list[bool]) -> None:
    assert [e.tolerated for e in judged(schema, value, old)] == tolerated


def test_the_root_is_never_the_same() -> None:
    judge = rule_validator(ruled({"type": "object", "properties": {"a": NUMBER}}, "self.a > 5"))
    assert judge is not None
    obj = {"apiVersion": "g/v1", "kind": "W", "metadata": {"name": "w"}, "a": 1}
    assert [e.tolerated for e in judge(obj, obj)] == [False]


def test_members_of_an_atomic_map_have_old_values() -> None:
    inner = ruled(NUMBER, "self >= oldSelf")
    schema = {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": inner}}
    assert judged(schema, {"a": 2}, {"a": 1}) == []
    assert len(judged(schema, {"a": 1}, {"a": 2})) == 1


def test_a_message_sees_the_plain_old_value() -> None:
    rule = "!oldSelf.hasValue() || self >= oldSelf.value()"
    said = ruled(NUMBER, rule, optionalOldSelf=True, messageExpression="'was ' + string(oldSelf.value())", message="m")
    (wrong,) = judged(said, 1, 2)
    assert wrong.message == "Invalid value: 1: m"


def test_a_message_that_costs_too_much_ends_it_all() -> None:
    lists = {"type": "array", "maxItems": 2000, "items": {"type": "integer"}}
    dear = "string(self.filter(a, self.exists(b, a + b == -1)).size())"
    schema = lists | {
        "x-kubernetes-validations": [{"rule": "self.size() == 0", "messageExpression": dear}, {"rule": "false"}]
    }
    (wrong,) = judged(schema, list(range(2000)), None)
    assert wrong.path == "p"
    assert wrong.message.endswith(
        "no further validation rules will be run due to call cost exceeds limit for messageExpression: " + f'"{dear}"'
    )

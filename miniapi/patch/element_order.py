"""The order of list items after a strategic merge.

Items of the patch keep the patch's order, items only the server has keep the server's; the two are
interleaved by the server's order. After strategicpatch (normalizeElementOrder, mergeSortedSlice).
"""

from __future__ import annotations

from typing import Any

from miniapi import errors
from miniapi.errors import ApiError
from miniapi.patch.go_format import plain, type_name


def bad_type(expected: str, value: Any) -> ApiError:
    """mergepatch.ErrBadArgType."""
    return errors.server_error(f"expected a {expected}, but received a {type_name(value)}")


def no_merge_key(item: dict[str, Any], merge_key: str) -> ApiError:
    """mergepatch.ErrNoMergeKey."""
    return errors.server_error(f"map: {plain(item)} does not contain declared merge key: {merge_key}")


def element_kind(*lists: list[Any]) -> type:
    """The one type of all items; dict, or that of the scalars."""
    kinds = list(dict.fromkeys(type(item) for items in lists for item in items))
    if not kinds:
        raise errors.server_error("no elements in any of the given slices")
    if kinds[0] is list:
        raise errors.ApiError(422, "Invalid", "the server rejected our request due to an error in our request")
    if len(kinds) > 1:
        raise errors.server_error(f"list element types are not identical: {plain(list(lists))}")
    return kinds[0]


def find(items: list[Any], merge_key: str, value: Any) -> int | None:
    """Index of the item with this key."""
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise errors.server_error(f"value for key {index} is not a map.")
        if merge_key in item and item[merge_key] == value:
            return index
    return None


def unique(items: list[Any]) -> list[Any]:
    """Scalars without repetitions, with the original's way of filling the gaps from the end."""
    out = list(items)
    last = len(out) - 1
    i = 0
    while i < last:
        j = i + 1
        while j <= last:
            if out[i] == out[j]:
                out[j] = out[last]
                out.pop()
                last -= 1
                j -= 1
            j += 1
        i += 1
    return out


def check(patch: list[Any], order: list[Any], merge_key: str) -> None:
    """Items of the patch must occur in `order`, in the same relative order."""
    if not patch or not order:
        return
    wanted = [item for item in patch if not _deletes(item, merge_key)]
    index = 0
    for place in order:
        while index < len(wanted) and isinstance(wanted[index], dict) and "$patch" in wanted[index]:
            index += 1
        if index == len(wanted):
            return
        if _key(wanted[index], merge_key) == _key(place, merge_key):
            index += 1
    if index < len(wanted):
        raise errors.server_error(
            f"The order in patch list:\n{plain(patch)}\n doesn't match $setElementOrder list:\n{plain(order)}\n"
        )


def _deletes(item: Any, merge_key: str) -> bool:
    if not merge_key:
        return False
    if not isinstance(item, dict):
        raise bad_type("map[string]interface {}", item)
    return item.get("$patch") == "delete"


def _key(item: Any, merge_key: str) -> Any:
    if not merge_key:
        return item
    if not isinstance(item, dict):
        raise bad_type("map[string]interface {}", item)
    if merge_key not in item:
        raise no_merge_key(item, merge_key)
    return item[merge_key]


def arrange(merged: list[Any], order: list[Any], live: list[Any], merge_key: str, mapped: bool) -> list[Any]:
    """`merged` in its final order: items named in `order` by it, the others by `live`."""
    key = merge_key if mapped else ""
    wanted = [_key(item, key) for item in order]
    server = [_key(item, key) for item in live]
    ours = [item for item in merged if _key(item, key) in wanted]
    theirs = [item for item in merged if _key(item, key) not in wanted]
    ours.sort(key=lambda item: wanted.index(_key(item, key)))
    theirs.sort(key=lambda item: server.index(k) if (k := _key(item, key)) in server else -1)
    out = []
    i = j = 0
    while i < len(theirs) and j < len(ours):
        left, right = _key(theirs[i], key), _key(ours[j], key)
        if left in server and right in server and server.index(left) < server.index(right):
            out.append(theirs[i])
            i += 1
        else:
            out.append(ours[j])
            j += 1
    return out + ours[j:] + theirs[i:]

"""What an applier stops applying goes away, unless somebody else owns it too.

After structured-merge-diff/merge/update.go (prune, addBackOwnedItems, addBackDanglingItems).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from miniapi.meta.objects import Object
from miniapi.patch import fieldpath
from miniapi.patch.fieldpath import Set
from miniapi.patch.managed_fields import Owned
from miniapi.patch.node import Node


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a kind: its compiled schema, and objects as that version shows them."""

    root: Node
    convert: Callable[[Object], Object]


def prune(
    merged: Object, last: Owned, owners: Iterable[Owned], api_version: str, version_of: Callable[[str], Version]
) -> Object:
    """`merged` without the fields of `last` that none of `owners` has (the applier's new set among them).

    `version_of` and its conversions raise LookupError for a version that is not known; `api_version` is
    that of the result.
    """
    owned: dict[str, Set] = {}
    for owner in owners:
        owned[owner.api_version] = fieldpath.union(owned.get(owner.api_version, {}), owner.fields)
    if not fieldpath.difference(last.fields, owned.get(last.api_version, {})):
        return merged
    try:
        at_last = version_of(last.api_version)
        converted = at_last.convert(merged)
    except LookupError:
        return merged
    root = at_last.root
    disowned = root.ensure_named(last.fields)
    pruned: Object = root.remove(converted, disowned)
    # The version of the last set goes first: a conversion may need fields that were just pruned.
    for version in sorted(owned, key=lambda v: (v != last.api_version, v)):
        try:
            seen = version_of(version)
            pruned = _add_back(seen.root, seen.convert(merged), seen.convert(pruned), owned[version])
        except LookupError:
            continue
    pruned = at_last.convert(pruned)
    gone = fieldpath.difference(_named(root, converted), _named(root, pruned))
    result: Object = root.remove(converted, fieldpath.intersection(gone, disowned))
    return version_of(api_version).convert(result)


def _add_back(root: Node, merged: Object, pruned: Object, owned: Set) -> Object:
    kept = fieldpath.union(_named(root, pruned), root.ensure_named(owned))
    result: Object = root.remove(merged, fieldpath.difference(_named(root, merged), kept))
    return result


def _named(root: Node, obj: Object) -> Set:
    return root.ensure_named(root.field_set(obj) or {})

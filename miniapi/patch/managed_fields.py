"""`metadata.managedFields`: entries decoded into sets by manager, and written back.

After k8s.io/apimachinery/pkg/util/managedfields/internal (managedfields, capmanagers, stripmeta, conflict).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.errors import Cause
from miniapi.meta.objects import Object, metadata
from miniapi.patch import fieldpath
from miniapi.patch.fieldpath import Set
from miniapi.patch.go_format import quote

APPLY = "Apply"
UPDATE = "Update"
MAX_UPDATE_MANAGERS = 10
ANCIENT = "ancient-changes"
BEFORE_FIRST_APPLY = "before-first-apply"
STRIPPED: Set = fieldpath.of(
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(
        ("f:metadata", "f:" + name)
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    ),
)
"""Fields that nobody owns."""

ManagerId = tuple[str, str, str, str]
"""(manager, operation, apiVersion - empty for appliers -, subresource)."""


@dataclass(slots=True)
class Owned:
    """What one manager owns."""

    fields: Set
    api_version: str
    time: str | None = None


Managed = dict[ManagerId, Owned]


def manager_id(manager: str, operation: str, api_version: str, subresource: str) -> ManagerId:
    """Appliers are the same manager in every version."""
    return manager, operation, "" if operation == APPLY else api_version, subresource


def decode(entries: Any, trusted: bool) -> Managed:
    """Entries by manager. Trusted ones are the server's own; else ValueError where malformed."""
    out: Managed = {}
    for index, entry in enumerate(entries or ()):
        operation = entry.get("operation", "")
        api_version = entry.get("apiVersion", "")
        fields = entry.get("fieldsV1")
        if not trusted:
            _check(index, operation, api_version, entry.get("fieldsType", ""))
            fields = fieldpath.decode(fields if fields is not None else {})
        key = manager_id(entry.get("manager", ""), operation, api_version, entry.get("subresource", ""))
        out[key] = Owned(fields or {}, api_version, entry.get("time"))
    return out


def _check(index: int, operation: str, api_version: str, fields_type: str) -> None:
    if operation not in (APPLY, UPDATE):
        raise ValueError("operation must be `Apply` or `Update`")
    if not api_version:
        raise ValueError("apiVersion must not be empty")
    if not fields_type:
        raise ValueError(f"missing fieldsType in managed fields entry {index}")
    if fields_type != "FieldsV1":
        raise ValueError(f"invalid fieldsType {quote(fields_type)} in managed fields entry {index}")


def is_reset(entries: Any) -> bool:
    """An empty list, or one with one empty entry, asks to forget all managers."""
    return entries is not None and (len(entries) == 0 or (len(entries) == 1 and not any(entries[0].values())))


def encode(managed: Managed) -> list[Object]:
    """Entries in the original's order: appliers first, then by time, manager, version, subresource."""
    entries = []
    for (manager, operation, _, subresource), owned in sorted(managed.items(), key=_order):
        entry: Object = {"manager": manager} if manager else {}
        entry |= {"operation": operation, "apiVersion": owned.api_version}
        if owned.time:
            entry["time"] = owned.time
        entry["fieldsType"] = "FieldsV1"
        entry["fieldsV1"] = owned.fields
        if subresource:
            entry["subresource"] = subresource
        entries.append(entry)
    return entries


def _order(item: tuple[ManagerId, Owned]) -> tuple[str, str, str, str, str]:
    (manager, operation, _, subresource), owned = item
    return operation, owned.time or "", manager, owned.api_version, subresource


def write(obj: Object, managed: Managed) -> None:
    """Sets or drops metadata.managedFields."""
    meta = metadata(obj)
    if managed:
        meta["managedFields"] = encode(managed)
    else:
        meta.pop("managedFields", None)


def cap_updaters(managed: Managed) -> None:
    """Joins the oldest entries of updates, by version, while there are too many."""
    updaters = [(owned.time or "", key) for key, owned in managed.items() if key[1] != APPLY]
    excess = len(updaters) - MAX_UPDATE_MANAGERS
    if excess <= 0:
        return
    first_of: dict[str, ManagerId] = {}
    for _, key in sorted(updaters):
        if excess <= 0:
            return
        owned = managed[key]
        version = owned.api_version
        first = first_of.setdefault(version, key)
        if first == key:
            continue
        bucket = manager_id(ANCIENT, UPDATE, version, "")
        if bucket not in managed:
            managed[bucket] = managed.pop(first)
        joined = fieldpath.ordered(fieldpath.union(owned.fields, managed[bucket].fields))
        del managed[key]
        # The later of the two is the time of the bucket.
        managed[bucket] = Owned(joined, version, owned.time)
        excess -= 1


def conflict_error(conflicts: Mapping[ManagerId, Set]) -> errors.ApiError:
    """409 with a cause per field and manager."""
    found = [
        (_shown(key), fieldpath.text(path)) for key in sorted(conflicts) for path in fieldpath.walk(conflicts[key])
    ]
    causes = [Cause("FieldManagerConflict", f"conflict with {who}", where) for who, where in found]
    if len(found) == 1:
        who, where = found[0]
        return errors.apply_conflict(causes, f"Apply failed with 1 conflict: conflict with {who}: {where}")
    lines: list[str] = []
    for who in dict.fromkeys(who for who, _ in found):
        lines.append(f"conflicts with {who}:")
        lines += [f"- {where}" for other, where in found if other == who]
    text = "\n".join(lines)
    return errors.apply_conflict(causes, f"Apply failed with {len(found)} conflicts: {text}")


def _shown(key: ManagerId) -> str:
    manager, operation, api_version, subresource = key
    shown = quote(manager)
    if subresource:
        shown += f" with subresource {quote(subresource)}"
    return f"{shown} using {api_version}" if operation == UPDATE else shown


def reset_set(paths: Iterable[str]) -> Set:
    """The set of dotted field names."""
    return fieldpath.of(*(tuple("f:" + name for name in path.split(".")) for path in sorted(paths)))


def _untimed(entries: list[Object]) -> dict[tuple[str, ...], Object]:
    names = ("manager", "operation", "apiVersion", "subresource")
    return {tuple(e.get(n, "") for n in names): {k: v for k, v in e.items() if k != "time"} for e in entries}


def _without_entries(obj: Object) -> Object:
    meta = {k: v for k, v in obj["metadata"].items() if k not in ("managedFields", "resourceVersion")}
    return {**obj, "metadata": meta}

"""What available remote servers say that they serve, as rows: so that discovery shows it beside the server's own."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.kinds.kind import Kind, Subresource
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object


class RemoteKinds:
    """By group and version; told by the availability checks."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[Kind]] = {}
        self._places: set[tuple[str, str]] = set()
        self.changes = 0

    def kinds(self) -> Sequence[Kind]:
        """All that is available now."""
        return [kind for rows in self._rows.values() for kind in rows]

    def places(self) -> Sequence[tuple[str, str]]:
        """Groups and versions that somebody is said to serve, whether available or not."""
        return sorted(self._places)

    def put(self, group: str, version: str, rows: list[Kind]) -> None:
        """What the group and version now serve; nothing where it is away."""
        if rows != self._rows.get((group, version), []):
            self._rows[group, version] = rows
            self.changes += 1

    def keep(self, places: set[tuple[str, str]]) -> None:
        """These are all that there are: forgets the others."""
        for gone in self._rows.keys() - places:
            del self._rows[gone]
        self.changes += places != self._places
        self._places = places


def rows_of(group: str, version: str, resource_list: Object) -> list[Kind]:
    """The kinds of an APIResourceList."""
    entries: list[Object] = resource_list.get("resources") or []
    below: dict[str, dict[str, Subresource]] = {}
    for entry in entries:
        plural, _, name = entry["name"].partition("/")
        if name:
            found = Subresource(name, tuple(entry.get("verbs") or ()), _gvk(group, version, entry))
            below.setdefault(plural, {})[name] = found
    return [
        Kind(
            gvk=_gvk(group, version, entry),
            plural=entry["name"],
            singular=entry.get("singularName", ""),
            namespaced=bool(entry.get("namespaced")),
            verbs=tuple(entry.get("verbs") or ()),
            short_names=tuple(entry.get("shortNames") or ()),
            categories=tuple(entry.get("categories") or ()),
            subresources=below.get(entry["name"], {}),
            custom=True,
        )
        for entry in entries
        if "/" not in entry["name"]
    ]


def _gvk(group: str, version: str, entry: Object) -> GroupVersionKind:
    return GroupVersionKind(entry.get("group") or group, entry.get("version") or version, entry.get("kind", ""))

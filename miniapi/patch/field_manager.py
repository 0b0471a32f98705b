"""Field ownership of one kind: what an update or an apply does to an object and its managedFields.

After k8s.io/apimachinery/pkg/util/managedfields (FieldManager and the managers it wraps) and
structured-merge-diff/merge (Updater).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from miniapi import errors
from miniapi.clock import rfc3339
from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.meta.objects import Object, metadata
from miniapi.patch import fieldpath, last_applied, managed_fields
from miniapi.patch.fieldpath import Set
from miniapi.patch.first_write import FirstWrites
from miniapi.patch.granular import BadItem
from miniapi.patch.managed_fields import Managed, ManagerId, Owned
from miniapi.patch.node import Node
from miniapi.patch.prune import Version, prune
from miniapi.patch.typed import Compiler, misfit
from miniapi.schema.model import Schema

Convert = Callable[[Object, str], Object]
SchemaOf = Callable[[str], Schema | None]
Compared = dict[str, tuple[Set, Set] | None]
"""By apiVersion: what changed and vanished between two objects; None for a version that is not known."""
_LIVE = "failed to create typed live object ({})"
_EXISTING = "failed to create manager for existing fields: failed to convert new object ({}) to smd typed"
KUBECTL = "kubectl"
"""The manager whose applies take over what client-side apply left behind."""


class FieldManager:
    """Tracks managers of one kind, or of one subresource of it.

    `convert(obj, api_version)` gives the object in another version of the kind and `schema_of` that
    version's schema; both raise LookupError for a version that is not known, whose entries are then
    dropped. Without `convert` all versions are taken to look alike. `compiler` may be shared by kinds.
    """

    def __init__(
        self,
        schema: Schema | None,
        gvk: GroupVersionKind,
        subresource: str = "",
        reset_fields: frozenset[str] = frozenset(),
        convert: Convert | None = None,
        schema_of: SchemaOf | None = None,
        compiler: Compiler | None = None,
    ) -> None:
        self._schema = schema
        self._gvk = gvk
        self._api_version = gvk.api_version
        self._subresource = subresource
        self._reset = managed_fields.reset_set(reset_fields)
        self._convert = convert
        self._schema_of = schema_of
        self._compiler = compiler or Compiler()
        self._root: Node | None = None
        self._first_writes = FirstWrites(lambda: self.root, self._reset)

    @property
    def root(self) -> Node:
        """The kind's schema, compiled on first use."""
        if self._root is None:
            self._root = self._compiler.root(self._schema)
        return self._root

    def update(self, live: Object | None, new: Object, manager: str, now: datetime) -> None:
        """Sets `new`'s managedFields after a create (`live` is None), update or non-apply patch.

        Nothing else of `new` changes; entries keep their times where the request changed nothing. Where an object
        does not fit the schema, nobody is known to own anything.
        """
        managed = self._entries(live, new)
        new["metadata"].pop("managedFields", None)
        if live is not None and (not managed or self._misfit(live)):
            return
        with suppress(BadItem):
            managed_fields.write(new, self._updated(live, new, managed, manager, rfc3339(now)))

    def apply(self, live: Object | None, config: Object, manager: str, force: bool, now: datetime) -> Object:
        """`config` applied to `live` (None: created), a new object with its managedFields, not defaulted.

        Equal to `live` where the apply changes nothing. Raises 409 with the conflicts, 400 for a config
        of another type or with managedFields, 500 for one that does not fit the schema or where `live` does not.
        """
        time = rfc3339(now)
        self._check_type(config)
        managed = managed_fields.decode(live["metadata"].get("managedFields"), trusted=True) if live else {}
        if live is not None and not managed:
            managed = self._owned_before(live, time)
        self._check_config(config)
        if live is not None and self._misfit(live):
            raise self._unfit(live, _LIVE)
        if live is not None:
            meta = {k: v for k, v in live["metadata"].items() if k != "managedFields"}
            live = {**live, "metadata": meta}
        try:
            merged, after, conflicts = self._applied(live, config, managed, manager, force)
            if conflicts:
                self._check_conflicts(conflicts, live, manager)
                merged, after, _ = self._applied(live, config, managed, manager, True)
        except BadItem:
            raise self._unfit(live or {}, _LIVE) from None
        owned = after.get(self._id(manager, managed_fields.APPLY))
        if owned is not None and merged != live:
            owned.time = time
        if manager == KUBECTL:
            last_applied.refresh(merged, config)
        managed_fields.write(merged, after)
        return merged

    def _owned_before(self, live: Object, time: str) -> Managed:
        """Who owns an object that nobody is known to own any part of, before it is first applied."""
        if self._misfit(live):
            raise self._unfit(live, _EXISTING)
        try:
            return self._updated(None, live, {}, managed_fields.BEFORE_FIRST_APPLY, time)
        except BadItem:
            raise self._unfit(live, _EXISTING) from None

    def _misfit(self, live: Object) -> bool:
        """Whether the schema has changed under an object. One of Go's types is not looked at: it may only have items
        that cannot be told from each other, which whoever compares them finds out (BadItem).
        """
        return not (self._schema and self._schema.name) and bool(misfit(self.root, live, repeated=True))

    def _unfit(self, live: Object, why: str) -> errors.ApiError:
        """500 that tells where `live` does not fit the schema; `why` has a place for its name."""
        return errors.server_error(f"{why.format(self.told(live))}: {misfit(self.root, live, repeated=True)}")

    def _check_conflicts(self, conflicts: dict[ManagerId, Set], live: Object | None, manager: str) -> None:
        """409, except for conflicts of kubectl with what client-side apply set."""
        if manager == KUBECTL and live is not None:
            allowed = last_applied.owned(self.root, live, self._api_version)
            conflicts = {k: rest for k, v in conflicts.items() if (rest := fieldpath.difference(v, allowed))}
        if conflicts:
            raise managed_fields.conflict_error(conflicts)

    def _entries(self, live: Object | None, new: Object) -> Managed:
        """Managers to start from: the client's own list if it sent a good one, else those of `live`."""
        before = live["metadata"].get("managedFields") if live is not None else None
        sent = metadata(new).get("managedFields")
        if not self._subresource and sent is not None and sent != before:
            if managed_fields.is_reset(sent):
                return {}
            try:
                managed = managed_fields.decode(sent, trusted=False)
            except (ValueError, AttributeError, TypeError):
                managed = {}
            if managed:
                return managed
        return managed_fields.decode(before, trusted=True)

    def _updated(self, live: Object | None, new: Object, managed: Managed, manager: str, time: str) -> Managed:
        if not managed and live is None:
            fields = self._first_writes.fields(new)
            return {self._id(manager, managed_fields.UPDATE): Owned(fields, self._api_version, time)} if fields else {}
        base = live or {}
        managed = self._reconciled(managed)
        compared: Compared = {}
        changed = self._changed(base, new, compared)
        managed = self._take(base, new, managed, None, compared)
        if changed:
            taken = fieldpath.recursive_difference(changed, self._reset) if self._reset else changed
            taken = fieldpath.difference(taken, managed_fields.STRIPPED)
            if taken:
                key = self._id(manager, managed_fields.UPDATE)
                before = managed.get(key)
                joined = fieldpath.union(taken, before.fields) if before else taken
                managed[key] = Owned(fieldpath.ordered(joined), self._api_version, time)
        managed_fields.cap_updaters(managed)
        return managed

    def _applied(
        self, live: Object | None, config: Object, managed: Managed, manager: str, force: bool
    ) -> tuple[Object, Managed, dict[ManagerId, Set]]:
        """(merged, managers afterwards, conflicts); managers are as before where there are conflicts."""
        root = self.root
        key = self._id(manager, managed_fields.APPLY)
        mine = root.field_set(config) or {}
        if self._reset:
            mine = fieldpath.recursive_difference(mine, self._reset)
        merged: Object = root.merge(live or {}, config)
        after = self._reconciled(managed)
        last = after.get(key)
        after[key] = Owned(mine, self._api_version, last.time if last else None)
        if last is not None:
            merged = prune(merged, last, after.values(), self._api_version, self._version)
        if live is not None and len(after) > 1:
            compared: Compared = {}
            conflicts = {} if force else self._conflicts(live, merged, after, key, compared)
            if conflicts:
                return merged, managed, conflicts
            after = self._take(live, merged, after, key, compared)
        stripped = fieldpath.difference(mine, managed_fields.STRIPPED)
        if not stripped:
            after.pop(key, None)
        elif last is not None and stripped == last.fields:
            after[key].fields = last.fields
        else:
            after[key].fields = fieldpath.ordered(stripped)
        return merged, after, {}

    def _conflicts(
        self, live: Object, merged: Object, managed: Managed, mine: ManagerId, compared: Compared
    ) -> dict[ManagerId, Set]:
        out = {}
        for key, owned in managed.items():
            if key == mine:
                continue
            differences = self._compared(live, merged, owned.api_version, compared)
            if differences is not None and differences[0]:
                common = fieldpath.intersection(owned.fields, differences[0])
                if common:
                    out[key] = common
        return out

    def _take(self, live: Object, new: Object, managed: Managed, mine: ManagerId | None, compared: Compared) -> Managed:
        """Managers other than `mine` lose what changed or vanished."""
        after: Managed = {}
        for key, owned in managed.items():
            if key == mine:
                after[key] = owned
                continue
            differences = self._compared(live, new, owned.api_version, compared)
            if differences is None:
                continue
            changed, removed = differences
            rest = fields = owned.fields
            if changed:
                rest = fieldpath.difference(rest, fieldpath.intersection(fields, changed))
            if removed:
                rest = fieldpath.difference(rest, removed)
            if rest is fields or rest == fields:
                if fields:
                    after[key] = owned
            elif rest:
                after[key] = Owned(fieldpath.ordered(rest), owned.api_version, owned.time)
        return after

    def _changed(self, live: Object, new: Object, compared: Compared) -> Set | None:
        """What changed in this version; that and what vanished is kept for `_compared`."""
        changed, removed = self.root.compare(live, new)
        compared[self._api_version] = self._kept(changed), self._kept(removed)
        return changed

    def _compared(self, live: Object, new: Object, api_version: str, compared: Compared) -> tuple[Set, Set] | None:
        """What changed and vanished as one version sees it; None for a version that is not known."""
        if api_version not in compared:
            try:
                version = self._version(api_version)
                changed, removed = version.root.compare(version.convert(live), version.convert(new))
                compared[api_version] = self._kept(changed), self._kept(removed)
            except LookupError:
                compared[api_version] = None
        return compared[api_version]

    def _kept(self, fields: Set | None) -> Set:
        return fieldpath.recursive_difference(fields, self._reset) if fields else {}

    def _reconciled(self, managed: Managed) -> Managed:
        """Sets written under an older schema, as the present one sees them."""
        out: Managed = {}
        for key, owned in managed.items():
            try:
                fields = self._version(owned.api_version).root.reconcile(owned.fields)
            except LookupError:
                continue
            out[key] = owned if fields is owned.fields else Owned(fields, owned.api_version, owned.time)
        return out

    def _version(self, api_version: str) -> Version:
        """How to see an object in a version; LookupError."""
        convert = self._convert
        if convert is None:
            return Version(self.root, _as_it_is)
        if api_version == self._api_version:
            return Version(self.root, lambda obj: convert(obj, api_version))
        schema = self._schema_of(api_version) if self._schema_of else self._schema
        return Version(self._compiler.root(schema), lambda obj: convert(obj, api_version))

    def _id(self, manager: str, operation: str) -> ManagerId:
        return managed_fields.manager_id(manager or "unknown", operation, self._api_version, self._subresource)

    def _check_type(self, config: Object) -> None:
        try:
            group, version = parse_api_version(_text(config.get("apiVersion")))
        except ValueError:
            group, version = "", ""
        kind = _text(config.get("kind"))
        if (group, version, kind) != self._gvk:
            raise errors.bad_request(f"invalid object type: {group}/{version}, Kind={kind}")

    def _check_config(self, config: Object) -> None:
        meta = config.get("metadata")
        meta = meta if isinstance(meta, dict) else {}
        if meta.get("managedFields") is not None:
            raise errors.bad_request("metadata.managedFields must be nil")
        if why := misfit(self.root, config):
            raise errors.server_error(f"failed to create typed patch object ({self.told(config)}): {why}")

    def told(self, config: Object) -> str:
        """How messages name a configuration (objectGVKNN)."""
        meta, gvk = config.get("metadata"), self._gvk
        meta = meta if isinstance(meta, dict) else {}
        name = f"{_text(meta.get('namespace'))}/{_text(meta.get('name'))}"
        return f"{name}; {gvk.group}/{gvk.version}, Kind={gvk.kind}"


def _as_it_is(obj: Object) -> Object:
    return obj


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

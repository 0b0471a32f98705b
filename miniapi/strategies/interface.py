"""What a kind does differently when it is written: a value made of pure functions.

Mirrors k8s.io/apiserver/pkg/registry/rest (RESTCreateStrategy and its siblings). Functions change
`obj` in place; `old` must not be touched. What needs I/O is a Mutator, Validator or ResourceHandler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from miniapi.meta.objects import Object
from miniapi.meta.user import UserInfo


@dataclass(frozen=True, slots=True)
class WriteContext:
    """What a strategy may know of the request."""

    user: UserInfo
    namespace: str
    name: str
    now: datetime
    subresource: str = ""
    dry_run: bool = False
    warn: Callable[[str], None] = lambda _text: None
    """Sends a warning whatever becomes of the write."""
    path_name: str = ""
    """The name in the request's path; empty where a collection is posted to."""


def _nothing_on_default(_obj: Object) -> None:
    return None


def _nothing_on_create(_obj: Object, _ctx: WriteContext) -> None:
    return None


def _nothing_on_update(_obj: Object, _old: Object, _ctx: WriteContext) -> None:
    return None


def _no_warnings_create(_obj: Object, _ctx: WriteContext) -> list[str]:
    return []


def _no_warnings_update(_obj: Object, _old: Object, _ctx: WriteContext) -> list[str]:
    return []


def _no_grace(_obj: Object, _grace_seconds: int | None, _ctx: WriteContext) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Strategy:
    """Do-nothing defaults: a kind names only what it does differently."""

    default: Callable[[Object], None] = _nothing_on_default
    """Defaults that are not data, applied to every decoded body after the schema's own defaults."""
    prepare_create: Callable[[Object, WriteContext], None] = _nothing_on_create
    """Before admission's validation: drop status, set what the server owns."""
    prepare_update: Callable[[Object, Object, WriteContext], None] = _nothing_on_update
    """(obj, old, ctx): keep status, keep what the request may not change."""
    canonicalize: Callable[[Object], None] = _nothing_on_default
    """After validation, before storing."""
    warnings_create: Callable[[Object, WriteContext], list[str]] = _no_warnings_create
    warnings_update: Callable[[Object, Object, WriteContext], list[str]] = _no_warnings_update
    grace_seconds: Callable[[Object, int | None, WriteContext], int | None] = _no_grace
    """(obj, asked for or None, ctx) -> the period of a graceful deletion, None for a kind that has none."""
    refuses_deletion: Callable[[str], str] = lambda _name: ""
    """Why the object of that name is not deleted by itself; empty where it is."""
    holds_deletion: Callable[[Object], bool] | None = None
    """Whether something beside metadata.finalizers keeps a marked object. Kinds that have it are marked first
    and removed later, whatever they hold (namespaces)."""
    marked: Callable[[Object], None] = _nothing_on_default
    """What a first mark for deletion says in the object besides its time."""
    allow_create_on_update: bool = False
    """PUT of an object that does not exist creates it."""
    allow_unconditional_update: bool = True
    """PUT may leave out metadata.resourceVersion."""
    tracks_generation: bool = False
    """metadata.generation starts at 1 and rises when `generation_of` changes."""
    generation_of: Callable[[Object], object] = field(default=lambda obj: obj.get("spec"))
    """The part of the object whose change raises the generation (compared with ==)."""
    selectable_fields: Mapping[str, Callable[[Object], str]] = field(default_factory=dict)
    """Field selector paths besides metadata.name and metadata.namespace."""
    unknown_field: str = "field label not supported: {field}"
    """What a field selector with another path is told, where there are selectable fields."""
    garbage_collected: bool = True
    """Deletion heeds dependents: False for kinds that never have any (the Unsupported policy)."""
    generate_name_max_chars: int = 63 - 5
    """Longest base that generateName keeps (maxGeneratedNameLength)."""
    orphans_by_default: bool = False
    """DELETE without propagationPolicy and orphanDependents orphans the dependents (DefaultGarbageCollectionPolicy)."""
    orphan_warning: str = ""
    """Sent with such a DELETE."""
    deletes_to_status: bool = True
    """DELETE answers a Status (with details.uid); False: the deleted object."""
    raw_members: tuple[str, ...] = ()
    """Members that the original keeps as the text they were sent in (runtime.RawExtension)."""
    reset_fields: frozenset[str] = frozenset({"status"})
    """Top-level (dotted) fields that a write through this endpoint never owns (GetResetFields)."""

"""The split between what users want and what controllers report, which most kinds share."""

from __future__ import annotations

from collections.abc import Callable

from miniapi.meta.objects import Object, copy
from miniapi.strategies.interface import Strategy, WriteContext

Update = Callable[[Object, Object, WriteContext], None]
_OF_METADATA = ("labels", "annotations", "finalizers", "ownerReferences")


def drop_status(obj: Object, _ctx: WriteContext) -> None:
    """prepare_create: a new object has no status."""
    obj["status"] = {}


def keep(*fields: str) -> Update:
    """prepare_update that puts these top-level fields back to what they were."""

    def prepare(obj: Object, old: Object, _ctx: WriteContext) -> None:
        for name in fields:
            if name in old:
                obj[name] = copy(old[name])
            else:
                obj.pop(name, None)

    return prepare


keep_status = keep("status")
keep_spec = keep("spec")


def keep_metadata(obj: Object, old: Object) -> None:
    """metav1.ResetObjectMetaForStatus: a status write changes no labels, annotations, finalizers or owners."""
    meta, old_meta = obj["metadata"], old["metadata"]
    for name in _OF_METADATA:
        if name in old_meta:
            meta[name] = copy(old_meta[name])
        else:
            meta.pop(name, None)


def keep_spec_and_metadata(obj: Object, old: Object, ctx: WriteContext) -> None:
    """prepare_update of a status endpoint that changes nothing but the status."""
    keep_spec(obj, old, ctx)
    keep_metadata(obj, old)


STATUS = Strategy(prepare_update=keep_spec, reset_fields=frozenset({"spec"}))
"""A status endpoint that lets metadata change."""
STATUS_ONLY = Strategy(prepare_update=keep_spec_and_metadata, reset_fields=frozenset({"metadata", "spec"}))
"""A status endpoint that does not."""

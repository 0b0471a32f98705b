"""Leases: what belongs to coordinated leader election, which is off, is not taken in."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext

_COORDINATED = ("strategy", "preferredHolder")


def prepare_create(obj: Object, _ctx: WriteContext) -> None:
    """Drops strategy and preferred holder."""
    for name in _COORDINATED:
        (obj.get("spec") or {}).pop(name, None)


def prepare_update(obj: Object, old: Object, ctx: WriteContext) -> None:
    """Drops them unless they were there."""
    if not any(name in (old.get("spec") or {}) for name in _COORDINATED):
        prepare_create(obj, ctx)


STRATEGY = Strategy(
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    allow_create_on_update=True,
    allow_unconditional_update=False,
)

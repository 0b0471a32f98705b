"""ServiceAccounts: of a secret they name, only the name is kept."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext


def prepare_create(obj: Object, _ctx: WriteContext) -> None:
    """cleanSecretReferences."""
    if obj.get("secrets"):
        obj["secrets"] = [{"name": secret["name"]} if secret.get("name") else {} for secret in obj["secrets"]]


def prepare_update(obj: Object, _old: Object, ctx: WriteContext) -> None:
    """cleanSecretReferences."""
    prepare_create(obj, ctx)


STRATEGY = Strategy(prepare_create=prepare_create, prepare_update=prepare_update, deletes_to_status=False)
